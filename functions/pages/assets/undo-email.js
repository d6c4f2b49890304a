// The page that brings an account's former address back.

import { T, post } from "./api.js";
import { choose, unlessDead } from "./choose.js";
import { $, linkToken, onSubmit, show } from "./form.js";

const token = linkToken();
let reset;
onSubmit($("[data-form='undo']"), () =>
  unlessDead(post(`${T}/email/undo`, { token }), ({ reset_token, email }) => {
    reset = reset_token;
    $("[name='username']").value = email;
    show("choose");
  }),
);
choose(() => reset);
