// A password to be chosen with a token.

import { T, post } from "./api.js";
import { $, onSubmit, show } from "./form.js";

/** Chooses the password that is typed with the token that is there then. */
export const choose = (token) =>
  onSubmit($("[data-form='choose']"), async ({ new_password }) => {
    await unlessDead(post(`${T}/password/reset`, { token: token(), new_password }), () => show("done"));
  });

/** Goes on with what is answered; shows instead that the link is dead, if that is what was refused. */
export async function unlessDead(asked, goOn) {
  const answer = await asked.catch((refusal) => {
    if (refusal.code !== "token_invalid") throw refusal;
    show("dead");
  });
  return answer && goOn(answer);
}
