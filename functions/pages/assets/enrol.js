// Enrolling a second factor: while signing in, and on "my account".

import { Refusal, post, signedIn, words } from "./api.js";
import { arrive } from "./arrive.js";
import { $, $$, busy, fill, leadBack, onPress, onSubmit, refuse, show } from "./form.js";
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
    const within = step.contains(document.activeElement);
    choices.hidden = Boolean(method);
    for (const [name, form] of Object.entries(forms)) {
      form.hidden = name !== method;
      form.reset();
    }
    if (method) $("input", forms[method]).focus();
    else if (within) $("[data-enrol]:not([hidden])", choices)?.focus();
  }

  // The backup codes are shown once: nothing goes on before they are kept.
  const finish = (answer) => {
    open();
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
      return finish(await send("/mfa/webauthn/register/finish", proof));
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
    const confirm = ({ code }) =>
      send(`/mfa/${method}/confirm`, { code }).catch((refusal) => {
        if (refusal.code === "nothing_begun") open();
        throw refusal;
      });
    onSubmit(form, async (typed) => finish(await confirm(typed)));
    onPress($("[data-action='leave']", form), async () => open());
  }
  const offered = document.body.dataset.offers.split(" ");
  for (const button of $$("[data-enrol]", step)) {
    const method = button.dataset.enrol;
    button.hidden = !offered.includes(method) || (method === "webauthn" && !passkeys.offered());
  }
  open();
}

/** Enrols with the token of a sign-in that has to have a second factor; the first one completes it. */
export function enrolToArrive(token, asked) {
  const send = (path, body) => post(`/api/v1/me${path}`, body, token);
  enrolment(document, { send, done: (answer) => (signedIn(answer), arrive(asked)) });
  const step = show("enrol");
  leadBack(step, asked);
  if (!$("[data-enrol]:not([hidden])", step)) refuse(step, new Refusal("nothing_to_enrol"));
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
  const download = $("[data-download]", step);
  download.href = `data:text/plain,${encodeURIComponent(text)}`;
  const status = $("[data-status]", step);
  status.textContent = "";
  $("[data-action='copy']", step).onclick = async () => {
    status.textContent = await navigator.clipboard.writeText(text).then(
      () => words.copied,
      () => words.failed,
    );
  };
  const button = $("[data-action='kept']", step);
  button.onclick = () =>
    busy(button, () => {
      list.replaceChildren();
      download.removeAttribute("href");
      step.hidden = true;
      return kept();
    });
}
