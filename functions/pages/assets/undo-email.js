// The page that brings an account's former address back.

import { T, post } from "./api.js";
import { choose, unlessDead } from "./choose.js";
import { $, linkToken, onSubmit, show } from "./form.js";

const token = linkToken();
let reset;
onSubmit($("[data-form='undo']"), () =>
  unlessDead(post(`${T}/email/undo`, { token }), ({ reset_token }) => {
    reset = reset_token;
    show("choose");
  }),
);
choose(() => reset);
