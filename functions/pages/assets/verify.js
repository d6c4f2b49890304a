// The page that the mail after a registration leads to: with the password chosen there, it ends signed in.

import { T, post, signedIn } from "./api.js";
import { arrive } from "./arrive.js";
import { choose, toSignIn, unlessDead } from "./choose.js";
import { enrolToArrive } from "./enrol.js";
import { $, linkToken, onSubmit, show } from "./form.js";

const token = linkToken();
let reset, back;

onSubmit($("[data-form='verify']"), ({ password }) =>
  unlessDead(post(`${T}/verify-email`, { token, password }), (answer) => {
    if (answer.status === "already_verified") return toSignIn("already", answer.redirect_uri);
    if (answer.enrollment_token) return enrolToArrive(answer.enrollment_token, answer.redirect_uri);
    if (answer.tokens) return arrive(signedIn(answer).redirect_uri);
    // The mailbox is theirs, whoever chose the password: they choose now.
    [reset, back] = [answer.reset_token, answer.redirect_uri];
    $("[name='username']").value = answer.email;
    show("choose");
  }),
);
choose(
  () => reset,
  () => back,
);
onSubmit($("[data-form='resend']"), async ({ email }) => {
  await post(`${T}/verify-email/resend`, { email });
  show("sent");
});
