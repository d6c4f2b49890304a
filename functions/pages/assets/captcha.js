// ALTCHA's proof of work (version 1): the number whose SHA-256, after the salt, is the challenge.

import { Refusal, T, call } from "./api.js";
import { $ } from "./form.js";

async function solve() {
  const { algorithm, challenge, maxnumber, salt, signature } = await call("GET", `${T}/captcha`);
  const encoder = new TextEncoder();
  const wanted = challenge.match(/../g).map((byte) => Number.parseInt(byte, 16));
  // The browser hashes beside the page, a hundred thousand times a second.
  for (let number = 0; number <= maxnumber; number++) {
    const hash = new Uint8Array(await crypto.subtle.digest(algorithm, encoder.encode(salt + number)));
    if (hash.every((byte, at) => byte === wanted[at])) {
      return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    }
  }
  throw new Refusal("captcha_refused");
}

async function solved(provider) {
  // The others' widgets are scripts of theirs, which these pages do not load.
  if (provider !== "altcha") throw new Refusal("captcha_elsewhere");
  const status = $("[data-captcha-status]");
  if (status) status.textContent = status.dataset.captchaStatus;
  try {
    return await solve();
  } finally {
    if (status) status.textContent = "";
  }
}

// Once asked for, it is asked for again: a try without one would count, and be for nothing.
let due;

/** Sends with a solved captcha: at once where one is asked for, else when it turns out to be. */
export async function withCaptcha(send, always) {
  if (always) due ??= document.body.dataset.captcha;
  if (due) return send(await solved(due));
  return send().catch(async (refusal) => {
    if (refusal.code !== "captcha_required") throw refusal;
    due = refusal.captcha.provider;
    return send(await solved(due));
  });
}
