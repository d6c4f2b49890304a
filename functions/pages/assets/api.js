// What the pages ask of the service, and what it refuses. Everything goes to the page's own origin.

const { tenant, lang } = document.body.dataset;

/** The tenant's endpoints. */
export const T = `/api/v1/auth/tenants/${tenant}`;
/** What the scripts say, in the page's language. */
export const words = JSON.parse(document.getElementById("words").textContent);

/** A request that was not done, and why. */
export class Refusal extends Error {
  /** @param {string} code @param {number} status @param {any} answer @param {number} retryAfter seconds, or 0 */
  constructor(code, status = 0, answer = {}, retryAfter = 0) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    /** @type {{field: string, message: string}[]} */
    this.faults = (answer.detail instanceof Array ? answer.detail : []).map(({ loc, msg }) => ({
      field: String(loc.at(-1)),
      message: msg,
    }));
    /** @type {{provider: string}|undefined} */
    this.captcha = answer.captcha;
  }
}

/** Another page of the tenant, in this language, that knows where the person is to go in the end. */
export function page(name, query = {}) {
  const back = new URLSearchParams(location.search).get("redirect_uri");
  return `/t/${tenant}/${name}?${new URLSearchParams({ lang, ...(back && { redirect_uri: back }), ...query })}`;
}

/** Sends JSON, and gives what the answer holds. @throws {Refusal} */
export async function call(method, path, body, token) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token) headers.authorization = `Bearer ${token}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(path, { method, headers, body: text, redirect: "error" }).catch(() => {
    throw new Refusal("offline");
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer.data ?? answer;
  const code = answer.code ?? byStatus[response.status] ?? "internal";
  throw new Refusal(code, response.status, answer, Number(response.headers.get("retry-after")));
}

// What API Gateway answers by itself has no code.
const byStatus = { 422: "invalid", 429: "too_many_attempts", 503: "unavailable" };

export const post = (path, body = {}, token) => call("POST", path, body, token);

// The access token lives as long as the page; the refresh token is in a cookie that no script can read.
let access;
/** The session that the page acts in. */
export let session;

/** Takes the tokens of an answer that opened or renewed the session. */
export function signedIn(answer) {
  if (answer.tokens) {
    access = answer.tokens.access_token;
    session = answer.session_id;
  }
  return answer;
}

/** Who is signed in by an access token. */
const subject = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;

/** Waits for what comes instead of this page: nothing goes on here. */
const never = () => new Promise(() => {});

// The cookie is the browser's: in another tab somebody else may have signed in. What this page shows is not theirs, and what
// is pressed on it is not to be done to them.
function ofTheSame(answer) {
  if (!access || subject(answer.tokens.access_token) === subject(access)) return answer;
  location.reload();
  return never();
}

// A token that is exchanged twice ends its session: so one call at a time does it, in all tabs.
let resuming;
const alone = (act) => navigator.locks?.request(`latchkey ${tenant}`, act) ?? act();

/** Resumes the session of the cookie. @throws {Refusal} */
export function resume() {
  resuming ??= alone(() => post(`${T}/session/refresh`).then(ofTheSame).then(signedIn)).finally(() => {
    resuming = undefined;
  });
  return resuming;
}

/** Calls an endpoint of the own account. @throws {Refusal} */
export const me = (method, path, body) => asUser(method, `/api/v1/me${path}`, body);

/** Has the person sign in, and come back to "my account". */
export function signInAgain() {
  location.assign(page("sign-in", { next: "account" }));
  return never();
}

/**
 * Calls an endpoint as the person signed in; a token that has run out is renewed once, and where the session is over they
 * sign in again. @throws {Refusal}
 */
export async function asUser(method, path, body) {
  const ask = async () => signedIn(await call(method, path, body, access));
  return ask().catch(async (refusal) => {
    if (refusal.code !== "bearer_invalid") throw refusal;
    await resume().catch((over) => {
      if (over.code === "session_invalid") return signInAgain();
      throw over;
    });
    return ask();
  });
}
