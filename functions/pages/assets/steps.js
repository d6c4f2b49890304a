// Signing in: a password and what follows from it, or a passkey alone. A page and a dialog do it alike.

import { Refusal, T, post, signedIn, words } from "./api.js";
import { withCaptcha } from "./captcha.js";
import { $, $$, busy, fill, onPress, onSubmit, refuse, show, wait } from "./form.js";
import * as passkeys from "./passkeys.js";

/**
 * @param {ParentNode} root what holds the steps
 * @param {{done: (answer: any) => void, enrol: (token: string) => void, reauthenticate?: boolean}} how
 */
export function signIn(root, { done, enrol, reauthenticate = false }) {
  const factor = $("[data-step='factor']", root);
  const form = (name) => $(`[data-form="${name}"]`, root);
  let due;

  const finish = (answer) => done(signedIn(answer));

  onSubmit(form("password"), async (typed) => {
    const send = (captcha_token) => post(`${T}/login`, { ...typed, reauthenticate, captcha_token });
    const answer = await withCaptcha(send, false);
    if (answer.mfa_required) return ask(answer);
    if (answer.enrollment_token) return enrol(answer.enrollment_token);
    finish(answer);
  });

  function ask(answer) {
    due = answer;
    show("factor", root);
    return busy(factor, () => use(answer.default_method));
  }

  // One way is open; the others are offered below it.
  async function use(method) {
    for (const way of $$("[data-method]", factor)) way.hidden = way.dataset.method !== method;
    for (const way of $$("[data-use]", factor)) {
      way.hidden = way.dataset.use === method || !due.available_methods.includes(way.dataset.use);
    }
    $("input", form(method))?.focus();
    if (method === "email" && !due.mailed) await mail();
  }

  async function mail() {
    const { mfa_token, user_id } = due;
    const way = form("email");
    try {
      const sent = await post(`${T}/mfa/email/send`, { mfa_token, user_id });
      due.mailed = true;
      const about = $("[data-destination]", way);
      about.textContent = fill(about.dataset.destination, sent.destination);
      wait($("[data-action='send']", way), $("[data-timer]", way), sent.resend_after);
    } catch (refusal) {
      if (refusal.retryAfter) wait($("[data-action='send']", way), $("[data-timer]", way), refusal.retryAfter);
      throw refusal;
    }
  }

  async function prove(method, shown) {
    const { mfa_token, user_id } = due;
    const trust_device = $("[name='trust_device']", factor).checked;
    // Who stays signed in here is not mailed about a new device the next time.
    const remember_device = !trust_device && $("[name='remember_me']", root).checked;
    const asked = { mfa_token, user_id, method, trust_device, remember_device, ...shown };
    const answer = await post(`${T}/mfa/verify`, asked).catch(
      (refusal) => {
        if (refusal.code !== "mfa_token_invalid") throw refusal;
        // The handle is spent: begin again, and say why there.
        show("password", root);
        refuse(form("password"), refusal);
      },
    );
    if (answer?.status === "authenticated") return finish(answer);
    if (answer) throw new Refusal(answer.error);
  }

  for (const way of $$("[data-use]", factor)) onPress(way, () => use(way.dataset.use));
  for (const way of $$("[data-method]", factor)) {
    const method = way.dataset.method;
    onSubmit(way, async ({ code }) => {
      if (method !== "webauthn") return prove(method, { code });
      const challenge = await post(`${T}/mfa/webauthn/begin`, { mfa_token: due.mfa_token, user_id: due.user_id });
      await prove(method, await passkeys.get(challenge));
    });
  }
  onPress($("[data-action='send']", factor), mail);

  // A passkey alone: by its button, or offered by the browser in the address field.
  const button = $("[data-action='passkey']", root);
  if (button && passkeys.available()) {
    button.hidden = false;
    const begin = () => post(`${T}/passkey/begin`);
    const withPasskey = async (proof) => {
      const remember_me = $("[name='remember_me']", root).checked;
      finish(await post(`${T}/passkey/finish`, { ...proof, remember_me }));
    };
    onPress(button, async () => withPasskey(await passkeys.get(await begin())));
    if (!reauthenticate) passkeys.offer(begin).then((taken) => taken && busy(form("password"), () => withPasskey(taken)));
  }
}

// A wrong proof is an answer, and said like a refusal.
words.problems.push(["invalid_code", words.invalid_code], ["invalid_credential", words.invalid_credential]);
