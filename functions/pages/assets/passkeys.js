// What the browser's authenticators are asked, by its own JSON forms (WebAuthn Level 3).

import { Refusal } from "./api.js";

export const available = () => Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);
/** Whether they can be used on this tenant's pages. */
export const offered = () => available() && document.body.dataset.offers.split(" ").includes("webauthn");

const failed = (error) => {
  throw new Refusal(error.name === "InvalidStateError" ? "in_use" : "cancelled");
};

// A browser answers one request at a time: what it offers by itself gives way to what is asked for.
let offering;

/** Makes a credential for a challenge of ours. @throws {Refusal} */
export async function create({ challenge_id, public_key }) {
  if (!available()) throw new Refusal("cancelled");
  offering?.abort();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const credential = await navigator.credentials.create({ publicKey }).catch(failed);
  return { challenge_id, credential: credential.toJSON() };
}

/** Has a credential sign a challenge of ours. @throws {Refusal} */
export async function get({ challenge_id, public_key }, more = {}) {
  if (!available()) throw new Refusal("cancelled");
  offering?.abort();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  const credential = await navigator.credentials.get({ publicKey, ...more }).catch(failed);
  return { challenge_id, credential: credential.toJSON() };
}

// A challenge of ours lives five minutes.
const OFFERED_FOR = 4 * 60 * 1000;

/** The same, offered among what the browser fills in by itself; nothing where it does not, or nobody takes it. */
export async function offer(begin) {
  if (!(await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.())) return undefined;
  for (;;) {
    const challenge = await begin().catch(() => undefined);
    if (!challenge) return undefined;
    const mine = new AbortController();
    const stale = AbortSignal.timeout(OFFERED_FOR);
    const taken = get(challenge, { mediation: "conditional", signal: AbortSignal.any([mine.signal, stale]) });
    offering = mine;
    const proof = await taken.catch(() => undefined);
    if (proof || !stale.aborted || mine.signal.aborted || document.hidden) return proof;
  }
}
