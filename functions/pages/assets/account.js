// "My account".

import { T, asUser, me, page, resume, session, signInAgain, words } from "./api.js";
import { enrolment, showCodes } from "./enrol.js";
import { $, $$, busy, clear, fill, on, onPress, onSubmit, refuse, show, toHeading } from "./form.js";
import { device, fillList } from "./list.js";
import { signIn } from "./steps.js";

const main = $("main");
const dialog = $("dialog");
const form = (name) => $(`[data-form="${name}"]`);
const action = (name, root = main) => $(`[data-action="${name}"]`, root);
const say = (text) => {
  $("[data-status]", main).textContent = text;
};

/** Whose account this is, as the last answer had it. */
let owner;

// What needs a fresh sign-in asks for one in a dialog, and is done then: nothing that was typed is lost.
const sure = (ask) =>
  ask().catch(async (refusal) => {
    if (refusal.code !== "reauthentication_required") throw refusal;
    await confirmed(refusal);
    return ask();
  });

let confirming;

/** Has the person sign in again, once for all that waits for it; refused where they do not. */
function confirmed(refusal) {
  confirming ??= new Promise((done, given_up) => {
    for (const form of $$("form", dialog)) {
      form.reset();
      clear(form);
    }
    show("password", dialog);
    dialog.onclose = () => given_up(refusal);
    [onConfirmed, replaced] = [done, session];
    dialog.showModal();
    $("[name='password']", dialog).focus();
  }).finally(() => {
    confirming = undefined;
  });
  return confirming;
}
let onConfirmed, replaced;

signIn(dialog, {
  again: () => ({ user_id: owner.user_id, remembered: owner.session.remembered }),
  // The new session takes the place of the one that asked.
  async done() {
    dialog.onclose = null;
    dialog.close();
    await me("DELETE", `/sessions/${replaced}`).catch(() => {});
    onConfirmed();
  },
  enrol: signInAgain,
});
on(action("cancel", dialog), () => dialog.close());

function showProfile(profile) {
  owner = profile;
  const { email, first_name, last_name } = profile;
  $("[data-email]").textContent = email;
  $("[data-username]").value = email;
  const { elements } = form("profile");
  elements.namedItem("first_name").value = first_name;
  elements.namedItem("last_name").value = last_name;
  const address = $("[name='email']", dialog);
  address.defaultValue = email;
  address.readOnly = true;
}

async function showFactors() {
  const { factors, backup_codes, offered_methods } = await me("GET", "/mfa");
  const names = { totp: words.app, webauthn: words.passkey, email: words.email };
  fillList(
    $("[data-list='factors']"),
    factors.map((factor) => ({
      title: factor.name ?? names[factor.method],
      about: [factor.name && names[factor.method], factor.disabled && words.disabled],
      madeAt: factor.created_at,
      usedAt: factor.last_used_at,
      acts: [[words.remove, () => remove(factor)]],
    })),
  );
  const left = $("[data-backup-codes]");
  const strong = factors.some(({ method }) => method !== "email");
  left.hidden = !strong || !offered_methods.includes("backup_code");
  const about = backup_codes?.disabled ? words.disabled : fill(words.backup_codes_left, backup_codes?.remaining ?? 0);
  $("span", left).textContent = `${words.backup_codes}: ${about}.`;
  // A second app takes the place of the first; codes by e-mail are on or off.
  const has = (wanted) => factors.some(({ method }) => method === wanted);
  $("[data-enrol='totp']").textContent = has("totp") ? words.replace_app : words.add_app;
  $("[data-enrol='email']").hidden = has("email") || !offered_methods.includes("email");
}

async function remove(factor) {
  const path = factor.method === "email" ? ["POST", "/mfa/email/disable", {}] : ["DELETE", `/mfa/${factor.factor_id}`];
  await sure(() => me(...path));
  say(words.removed);
  await showAll();
}

async function showDevices() {
  const { devices } = await me("GET", "/devices");
  fillList(
    $("[data-list='devices']"),
    devices.map((one) => ({
      title: device(one),
      about: [words[one.kind], one.network],
      usedAt: one.last_used_at,
      acts: [[words.remove, () => forget(`/devices/${one.device_id}`, words.removed, showDevices)]],
    })),
  );
}

async function showSessions() {
  const { sessions } = await me("GET", "/sessions");
  fillList(
    $("[data-list='sessions']"),
    sessions.map((one) => ({
      title: device(one),
      about: [one.current && words.this_one, one.network],
      usedAt: one.last_used_at,
      acts: one.current ? [] : [[words.end, () => forget(`/sessions/${one.session_id}`, words.ended, showSessions)]],
    })),
  );
}

async function forget(path, done, again) {
  await me("DELETE", path);
  say(done);
  await again();
}

const showAll = () => Promise.all([showFactors(), showDevices(), showSessions()]);

onSubmit(form("profile"), async (typed) => {
  showProfile(await me("PATCH", "", typed));
  say(words.saved);
});
onSubmit(form("new-email"), async ({ email }) => {
  const { destination } = await sure(() => me("POST", "/email", { email }));
  const confirm = form("confirm-email");
  const about = $("[data-destination]", confirm);
  about.textContent = fill(about.dataset.destination, destination);
  confirm.hidden = false;
  $("input", confirm).focus();
});
onSubmit(form("confirm-email"), async ({ code }) => {
  await sure(() => me("POST", "/email/confirm", { code }));
  for (const done of [form("new-email"), form("confirm-email")]) done.reset();
  form("confirm-email").hidden = true;
  toHeading(form("confirm-email"));
  say(words.saved);
  await load();
});
onSubmit(form("change-password"), async ({ current_password, new_password }) => {
  await me("POST", "/password", { current_password, new_password });
  form("change-password").reset();
  say(words.saved);
  await load();
});

enrolment($("[data-factors]"), {
  send: (path, body = {}) => sure(() => me("POST", path, body)),
  async done() {
    enrolling();
    toHeading($("[data-factors]"));
    say(words.saved);
    await load();
  },
});
// Here the ways to enrol are always open, and nobody is made to.
function enrolling() {
  const step = $("[data-step='enrol']");
  step.hidden = false;
  for (const told of $$("h2, [data-forced]", step)) told.hidden = true;
}

onPress(action("new-codes"), async () => {
  const { backup_codes } = await sure(() => me("POST", "/mfa/backup-codes/regenerate", {}));
  showCodes($("[data-factors]"), backup_codes, () => {
    enrolling();
    toHeading($("[data-factors]"));
    return showFactors();
  });
});
onPress(action("end-others"), () => forget("/sessions", words.ended, showSessions));
onPress(action("export"), async () => {
  const held = await me("GET", "/export");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(held, null, 2)], { type: "application/json" }));
  link.download = "account.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
onPress(action("delete"), async () => {
  await sure(() => me("DELETE", ""));
  for (const over of [$("[data-account]"), action("sign-out")]) over.hidden = true;
  show("deleted");
});
onPress(action("sign-out"), async () => {
  await asUser("POST", `${T}/logout`, {});
  location.assign(page("sign-in"));
});

async function load() {
  showProfile(await me("GET", ""));
  $("[data-account]").hidden = false;
  enrolling();
  await showAll();
}

resume().then(
  () => busy(main, load),
  (refusal) => (refusal.code === "session_invalid" ? signInAgain() : refuse(main, refusal)),
);
