// A password to be chosen with a token.

import { T, post } from "./api.js";
import { $, leadBack, onSubmit, show } from "./form.js";

/** Chooses the password that is typed with the token that is there then, and leads on to where `back` says, if it does. */
export const choose = (token, back = () => undefined) =>
  onSubmit($("[data-form='choose']"), async ({ new_password }) => {
    const chosen = post(`${T}/password/reset`, { token: token(), new_password });
    await unlessDead(chosen, ({ redirect_uri }) => toSignIn("done", redirect_uri ?? back()));
  });

/** Shows a step that leads to the sign-in, and from there to where the person was to go. */
export const toSignIn = (name, redirect_uri) => leadBack(show(name), redirect_uri);

/** Goes on with what is answered; shows instead that the link is dead, if that is what was refused. */
export async function unlessDead(asked, goOn) {
  const answer = await asked.catch((refusal) => {
    if (refusal.code !== "token_invalid") throw refusal;
    show("dead");
  });
  return answer && goOn(answer);
}
