// "My account".

import { T, asUser, me, page, resume, words } from "./api.js";
import { enrolment, showCodes } from "./enrol.js";
import { $, $$, busy, fill, on, onPress, onSubmit, refuse, show } from "./form.js";
import { device, fillList } from "./list.js";
import { signIn } from "./steps.js";

const main = $("main");
const dialog = $("dialog");
const form = (name) => $(`[data-form="${name}"]`);
const action = (name, root = main) => $(`[data-action="${name}"]`, root);
const say = (text) => {
  $("[data-status]", main).textContent = text;
};

const elsewhere = () => location.assign(page("sign-in", { next: "account" }));

// What needs a fresh sign-in asks for one in a dialog, and is done then: nothing that was typed is lost.
async function sure(ask) {
  return ask().catch(async (refusal) => {
    if (refusal.code !== "reauthentication_required") throw refusal;
    await new Promise((again, given_up) => {
      confirmed = again;
      dialog.onclose = () => given_up(refusal);
      show("password", dialog);
      dialog.showModal();
      $("[name='password']", dialog).focus();
    });
    return ask();
  });
}
let confirmed;

signIn(dialog, {
  done() {
    dialog.onclose = null;
    dialog.close();
    $("[name='password']", dialog).value = "";
    confirmed();
  },
  enrol: elsewhere,
  reauthenticate: true,
});
on(action("cancel", dialog), () => dialog.close());

function showProfile({ email, first_name, last_name }) {
  $("[data-email]").textContent = email;
  $("[data-username]").value = email;
  const { elements } = form("profile");
  elements.namedItem("first_name").value = first_name;
  elements.namedItem("last_name").value = last_name;
  const address = $("[name='email']", dialog);
  address.value = email;
  address.readOnly = true;
}

async function showFactors() {
  const { factors, backup_codes } = await me("GET", "/mfa");
  const names = { totp: words.app, webauthn: words.passkey, email: words.email };
  fillList(
    $("[data-list='factors']"),
    factors.map((factor) => ({
      title: factor.name ?? names[factor.method],
      about: [factor.name && names[factor.method], factor.disabled && words.disabled],
      usedAt: factor.last_used_at,
      acts: [[words.remove, () => remove(factor)]],
    })),
  );
  const left = $("[data-backup-codes]");
  left.hidden = factors.length === 0;
  const about = backup_codes?.disabled ? words.disabled : fill(words.backup_codes_left, backup_codes?.remaining ?? 0);
  $("span", left).textContent = `${words.backup_codes}: ${about}.`;
}

async function remove(factor) {
  const path = factor.method === "email" ? ["POST", "/mfa/email/disable", {}] : ["DELETE", `/mfa/${factor.factor_id}`];
  await sure(() => me(...path));
  say(words.removed);
  await Promise.all([showFactors(), showSessions()]);
}

async function showDevices() {
  const { devices } = await me("GET", "/devices");
  fillList(
    $("[data-list='devices']"),
    devices.map((one) => ({
      title: device(one),
      about: [words[one.kind], one.network],
      usedAt: one.last_used_at,
      acts: [[words.remove, () => forget(`/devices/${one.device_id}`, showDevices)]],
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
      acts: one.current ? [] : [[words.end, () => forget(`/sessions/${one.session_id}`, showSessions)]],
    })),
  );
}

async function forget(path, again) {
  await me("DELETE", path);
  say(words.removed);
  await again();
}

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
  say(words.saved);
  await load();
});
onSubmit(form("change-password"), async ({ current_password, new_password }) => {
  // Who has forgotten it shows a second factor instead.
  await sure(() => me("POST", "/password", { current_password: current_password || undefined, new_password }));
  form("change-password").reset();
  say(words.saved);
  await Promise.all([showSessions(), showDevices()]);
});

enrolment($("[data-factors]"), {
  send: (path, body = {}) => sure(() => me("POST", path, body)),
  async done() {
    enrolling();
    say(words.saved);
    await Promise.all([showFactors(), showSessions()]);
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
    return showFactors();
  });
});
onPress(action("end-others"), () => forget("/sessions", showSessions));
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
  location.assign(page("register"));
});
onPress(action("sign-out"), async () => {
  await asUser("POST", `${T}/logout`, {});
  location.assign(page("sign-in"));
});

async function load() {
  showProfile(await me("GET", ""));
  $("[data-account]").hidden = false;
  enrolling();
  await Promise.all([showFactors(), showDevices(), showSessions()]);
}

resume().then(
  () => busy(main, load),
  (refusal) => (refusal.code === "session_invalid" ? elsewhere() : refuse(main, refusal)),
);
