// What the browser's authenticators are asked, by its own JSON forms (WebAuthn Level 3).

import { Refusal } from "./api.js";

export const available = () => Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);

const failed = (error) => {
  throw new Refusal(error.name === "InvalidStateError" ? "in_use" : "cancelled");
};

/** Makes a credential for a challenge of ours. @throws {Refusal} */
export async function create({ challenge_id, public_key }) {
  if (!available()) throw new Refusal("cancelled");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const credential = await navigator.credentials.create({ publicKey }).catch(failed);
  return { challenge_id, credential: credential.toJSON() };
}

// A browser answers one request at a time: what it offers by itself gives way to what is asked for.
let offering;

/** Has a credential sign a challenge of ours. @throws {Refusal} */
export async function get({ challenge_id, public_key }, more = {}) {
  if (!available()) throw new Refusal("cancelled");
  offering?.abort();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  const credential = await navigator.credentials.get({ publicKey, ...more }).catch(failed);
  return { challenge_id, credential: credential.toJSON() };
}

/** The same, offered among what the browser fills in by itself; nothing where it does not, or nobody takes it. */
export async function offer(begin) {
  if (!(await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.())) return undefined;
  const challenge = await begin().catch(() => undefined);
  if (!challenge) return undefined;
  const mine = new AbortController();
  const taken = get(challenge, { mediation: "conditional", signal: mine.signal });
  offering = mine;
  return taken.catch(() => undefined);
}
