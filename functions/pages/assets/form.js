// Forms: what is typed is sent by a script, and what is wrong is said beside its field.

import { Refusal, words } from "./api.js";

/** @returns {any} */
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const fill = (text, value) => text.replace("{}", value);
export const on = (element, act) => element?.addEventListener("click", act);

/** Shows one step of several, and takes a reader there. */
export function show(name, root = document) {
  for (const step of $$("[data-step]", root)) step.hidden = step.dataset.step !== name;
  for (const beside of $$("[data-beside]", root)) beside.hidden = beside.dataset.beside !== name;
  const step = $(`[data-step="${name}"]`, root);
  $("[tabindex='-1'], input:not([hidden])", step)?.focus();
  return step;
}

/** What was pressed is gone: a reader goes on at the heading of its section. */
export function toHeading(within) {
  const heading = $("h2", within.closest("section"));
  heading.tabIndex = -1;
  heading.focus();
}

/** Has the links of a step know where the person is to go in the end, if that is said. */
export function leadBack(step, redirect_uri) {
  for (const link of redirect_uri ? $$("a", step) : []) {
    const url = new URL(link.href);
    url.searchParams.set("redirect_uri", redirect_uri);
    link.href = url;
  }
}

const tokenIn = (hash) => new URLSearchParams(hash.slice(1)).get("token");

/**
 * The token that a mailed link carries: taken out of the address bar at once, and not sent until a button is pressed. A
 * page that is loaded again has it still.
 */
export function linkToken() {
  const token = tokenIn(location.hash) ?? history.state?.token ?? "";
  history.replaceState({ token }, "", location.pathname + location.search);
  // Another link, opened in the same tab, is another page.
  addEventListener("hashchange", () => {
    if (tokenIn(location.hash)) location.reload();
    // A place on this page is an entry of its own.
    else history.replaceState({ token }, "");
  });
  if (!token) show("dead");
  for (const link of $$(".languages a")) {
    on(link, () => {
      link.hash = new URLSearchParams({ token }).toString();
    });
  }
  return token;
}

/** What a person reads of a refusal that is about no field. */
function sentence(refusal) {
  const known = Object.fromEntries(words.problems);
  const said = known[refusal.code] ?? words.failed;
  if (!(refusal.retryAfter > 0)) return said;
  const minutes = Math.ceil(refusal.retryAfter / 60);
  const wait = minutes > 1 ? fill(words.wait_minutes, minutes) : fill(words.wait_seconds, refusal.retryAfter);
  return `${said} ${wait}`;
}

function ofField(message) {
  const [, said] = words.faults.find(([begins]) => message.startsWith(begins)) ?? [undefined, message];
  return fill(said, message.match(/\d+/)?.[0] ?? "");
}

// The timers of buttons that may not be pressed yet. They can be focused all the same, and who does stays there.
const waiting = new Map();

/** Says under the form, or above it, what was refused. */
export function refuse(form, error) {
  const refusal = error instanceof Refusal ? error : new Refusal("internal");
  if (!(error instanceof Refusal)) console.error(error);
  const about = refusal.faults.filter(({ field, message }) => mark(form, field, ofField(message)));
  if (about.length === 0) alertOf(form).textContent = refusal.faults.map((fault) => ofField(fault.message)).join(" ") || sentence(refusal);
  $("[aria-invalid]", form)?.focus();
}

/** The form's own alert, or the nearest around it. */
function alertOf(form) {
  for (let around = form; around; around = around.parentElement) {
    const alert = $(":scope > [data-alert]", around);
    if (alert) return alert;
  }
  return $("main > [data-alert]");
}

function mark(form, field, message) {
  const error = $(`[data-error-of="${field}"]`, form);
  const input = form.elements?.namedItem(field);
  if (!error || !input) return false;
  error.textContent = message;
  input.setAttribute("aria-invalid", "true");
  return true;
}

export function clear(form) {
  for (const error of $$("[data-error-of]", form)) error.textContent = "";
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
  alertOf(form).textContent = "";
  // What was done before is not said beside what is refused now.
  $("main > [data-status]")?.replaceChildren();
}

function values(form) {
  const given = {};
  for (const input of form.elements) {
    if (input.name && input.name !== "username") given[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  return given;
}

/** Does `act` with what was typed; once at a time, and nothing typed is lost on a refusal. */
export function onSubmit(form, act) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    clear(form);
    const empty = $$("input[required]", form).filter((input) => input.value.trim() === "");
    for (const input of empty) mark(form, input.name, ofField("Field required"));
    if (empty.length > 0) return empty[0].focus();
    await busy(form, () => act(values(form)));
  });
}

/** Does something for a button or a form, which waits meanwhile. */
export async function busy(element, act) {
  element.ariaBusy = "true";
  const buttons = $$("button", element).concat(element.matches("button") ? element : []);
  for (const button of buttons) button.ariaDisabled = "true";
  clear(element);
  try {
    await act();
  } catch (error) {
    refuse(element, error);
  } finally {
    element.ariaBusy = "false";
    for (const button of buttons) button.ariaDisabled = waiting.has(button) ? "true" : null;
  }
}

/** As [busy], at each press of a button. */
export const onPress = (button, act) =>
  on(button, () => {
    if (button.ariaBusy !== "true" && !waiting.has(button)) return busy(button, act);
  });

/** Counts down beside a button that may not be pressed until then. */
export function wait(button, timer, seconds) {
  const until = Date.now() + seconds * 1000;
  clearInterval(waiting.get(button));
  button.ariaDisabled = "true";
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    timer.textContent = left > 0 ? fill(words.wait_seconds, left) : "";
    if (left <= 0) {
      button.ariaDisabled = null;
      waiting.delete(button);
      clearInterval(ticking);
    }
  };
  const ticking = setInterval(tick, 1000);
  waiting.set(button, ticking);
  tick();
}

for (const button of $$("[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals);
  const say = (word) => {
    button.textContent = word;
    button.ariaLabel = `${word}: ${input.labels[0].textContent}`;
  };
  button.hidden = false;
  say(words.show);
  on(button, () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    say(shown ? words.hide : words.show);
  });
}

// A password is measured as the service does: in code points, in its normal form.
for (const rule of $$("[data-rule='length']")) {
  const input = rule.closest("form").querySelector("[autocomplete='new-password']");
  const measure = () => {
    const met = [...input.value.normalize("NFC")].length >= Number(rule.dataset.least);
    rule.classList.toggle("met", met);
  };
  input.addEventListener("input", measure);
}
