// Signing in: a password and what follows from it, or a passkey alone. A page and a dialog do it alike.

import { Refusal, T, post, signedIn, words } from "./api.js";
import { withCaptcha } from "./captcha.js";
import { $, $$, busy, fill, onPress, onSubmit, refuse, show, wait } from "./form.js";
import * as passkeys from "./passkeys.js";

// A wrong proof is an answer, and said like a refusal.
words.problems.push(["invalid_code", words.invalid_code], ["invalid_credential", words.invalid_credential]);

const DAY = 24 * 3600;

/**
 * @param {ParentNode} root what holds the steps
 * @param {object} how
 * @param {(answer: any) => void} how.done
 * @param {(token: string) => void} how.enrol what to do where a factor has to be enrolled first
 * @param {() => {user_id: string, remembered: boolean}} [how.again] whom a page knows already, and has sign in once more
 */
export function signIn(root, { done, enrol, again }) {
  const factor = $("[data-step='factor']", root);
  const form = (name) => $(`[data-form="${name}"]`, root);
  const remember_me = () => again?.().remembered ?? $("[name='remember_me']", root).checked;
  let due;

  function finish(answer) {
    // Somebody else's passkey is a sign-in as well, and not what was asked for.
    if (again && answer.user_id && answer.user_id !== again().user_id) return location.reload();
    return done(signedIn(answer));
  }

  onSubmit(form("password"), async ({ email, password }) => {
    const typed = { email, password, remember_me: remember_me(), reauthenticate: Boolean(again) };
    const login = (captcha_token) => post(`${T}/login`, { ...typed, captcha_token });
    const answer = await withCaptcha(login, false).catch((refusal) => {
      // No wait that a person would wait: a new password opens it at once.
      throw refusal.retryAfter > DAY ? new Refusal("account_closed") : refusal;
    });
    if (answer.mfa_required) return ask(answer);
    if (answer.enrollment_token) return enrol(answer.enrollment_token);
    return finish(answer);
  });

  function ask(answer) {
    const usable = (method) => method !== "webauthn" || passkeys.offered();
    const ways = answer.available_methods.filter(usable);
    due = { ...answer, ways };
    for (const way of $$("form", factor)) way.reset();
    show("factor", root);
    return busy(factor, () => use(ways[0] ?? answer.default_method));
  }

  // One way is open; the others are offered below it.
  async function use(method) {
    for (const way of $$("[data-method]", factor)) way.hidden = way.dataset.method !== method;
    for (const way of $$("[data-use]", factor)) {
      way.hidden = way.dataset.use === method || !due.ways.includes(way.dataset.use);
    }
    $("input, button", form(method)).focus();
    if (method === "email" && !due.mailed) await mail();
  }

  const handle = () => ({ mfa_token: due.mfa_token, user_id: due.user_id });

  async function mail() {
    const again = [$("[data-action='send']", factor), $("[data-timer]", factor)];
    const sent = await post(`${T}/mfa/email/send`, handle()).catch((refusal) => {
      if (refusal.retryAfter) wait(...again, refusal.retryAfter);
      throw refusal;
    });
    due.mailed = true;
    const about = $("[data-destination]", form("email"));
    about.textContent = fill(about.dataset.destination, sent.destination);
    wait(...again, sent.resend_after);
  }

  async function prove(method, shown) {
    const trust_device = $("[name='trust_device']", factor).checked;
    // Who stays signed in here is not mailed about a new device the next time.
    const remember_device = !again && !trust_device && remember_me();
    const asked = { ...handle(), method, trust_device, remember_device, ...shown };
    const answer = await post(`${T}/mfa/verify`, asked);
    if (answer.status !== "authenticated") throw new Refusal(answer.error);
    return finish(answer);
  }

  /** Where the handle is spent, it begins again, and why is said there. */
  const orAgain = (act) => (typed) =>
    act(typed).catch((refusal) => {
      if (refusal.code !== "mfa_token_invalid") throw refusal;
      show("password", root);
      refuse(form("password"), refusal);
    });

  for (const way of $$("[data-use]", factor)) onPress(way, orAgain(() => use(way.dataset.use)));
  for (const way of $$("[data-method]", factor)) {
    const method = way.dataset.method;
    const act = async ({ code }) => {
      if (method !== "webauthn") return prove(method, { code });
      return prove(method, await passkeys.get(await post(`${T}/mfa/webauthn/begin`, handle())));
    };
    onSubmit(way, orAgain(act));
  }
  onPress($("[data-action='send']", factor), orAgain(mail));
  onPress($("[data-action='back']", factor), async () => show("password", root));

  // A passkey alone: by its button, or offered by the browser in the address field.
  const button = $("[data-action='passkey']", root);
  if (!button || !passkeys.available()) return;
  button.hidden = false;
  const begin = () => post(`${T}/passkey/begin`);
  const withPasskey = (proof) =>
    post(`${T}/passkey/finish`, { ...proof, remember_me: remember_me() }).then(finish, (refusal) => {
      throw refusal.code === "invalid_credentials" ? new Refusal("invalid_credential") : refusal;
    });
  onPress(button, async () => withPasskey(await passkeys.get(await begin())));
  if (!again) passkeys.offer(begin).then((taken) => taken && busy(form("password"), () => withPasskey(taken)));
}
