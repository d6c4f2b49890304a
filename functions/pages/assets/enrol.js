// Enrolling a second factor: while signing in, and on "my account".

import { call, signedIn, words } from "./api.js";
import { arrive } from "./arrive.js";
import { $, $$, fill, onPress, onSubmit, show } from "./form.js";
import * as passkeys from "./passkeys.js";

/**
 * @param {ParentNode} root what holds the steps
 * @param {{send: (path: string, body?: any) => Promise<any>, done: (answer: any) => void}} how
 */
export function enrolment(root, { send, done }) {
  const step = $("[data-step='enrol']", root);
  const choices = $("[data-choices]", step);
  const forms = { totp: $("[data-form='enrol-totp']", step), email: $("[data-form='enrol-email']", step) };

  function open(method) {
    choices.hidden = Boolean(method);
    for (const [name, form] of Object.entries(forms)) form.hidden = name !== method;
    if (method) $("input", forms[method]).focus();
  }

  // The backup codes are shown once: nothing goes on before they are kept.
  const finish = (answer) => {
    open();
    for (const form of Object.values(forms)) form.reset();
    return answer.backup_codes ? showCodes(root, answer.backup_codes, () => done(answer)) : done(answer);
  };

  const begin = {
    async totp() {
      const { secret, qr_svg } = await send("/mfa/totp/enroll");
      $("[data-secret]", step).textContent = secret.match(/.{1,4}/g).join(" ");
      $("[data-qr]", step).src = `data:image/svg+xml,${encodeURIComponent(qr_svg)}`;
      open("totp");
    },
    async webauthn() {
      const proof = await passkeys.create(await send("/mfa/webauthn/register/begin"));
      finish(await send("/mfa/webauthn/register/finish", proof));
    },
    async email() {
      const { destination } = await send("/mfa/email/enable");
      const about = $("[data-destination]", step);
      about.textContent = fill(about.dataset.destination, destination);
      open("email");
    },
  };
  for (const button of $$("[data-enrol]", step)) onPress(button, begin[button.dataset.enrol]);
  for (const [method, form] of Object.entries(forms)) {
    onSubmit(form, async ({ code }) => finish(await send(`/mfa/${method}/confirm`, { code })));
  }
  const offered = document.body.dataset.offers.split(" ");
  for (const button of $$("[data-enrol]", step)) {
    const method = button.dataset.enrol;
    button.hidden = !offered.includes(method) || (method === "webauthn" && !passkeys.available());
  }
  open();
}

/** Enrols with the token of a sign-in that has to have a second factor; the first one completes it. */
export function enrolToArrive(token) {
  const send = (path, body = {}) => call("POST", `/api/v1/me${path}`, body, token);
  enrolment(document, { send, done: (answer) => arrive(signedIn(answer)) });
  show("enrol");
}

/** Shows backup codes until the person says that they are kept. */
export function showCodes(root, codes, kept) {
  const step = show("codes", root);
  const list = $("[data-codes]", step);
  list.replaceChildren(
    ...codes.map((code) => {
      const item = document.createElement("li");
      item.textContent = code;
      return item;
    }),
  );
  const text = codes.join("\n") + "\n";
  $("[data-download]", step).href = `data:text/plain,${encodeURIComponent(text)}`;
  const status = $("[data-status]", step);
  $("[data-action='copy']", step).onclick = async () => {
    await navigator.clipboard.writeText(text);
    status.textContent = words.copied;
  };
  $("[data-action='kept']", step).onclick = () => {
    list.replaceChildren();
    step.hidden = true;
    kept();
  };
}
