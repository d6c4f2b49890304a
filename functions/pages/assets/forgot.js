// The page for who has forgotten the password.

import { T, post } from "./api.js";
import { withCaptcha } from "./captcha.js";
import { $, onSubmit, show } from "./form.js";

onSubmit($("[data-form='forgot']"), async ({ email }) => {
  await withCaptcha((captcha_token) => post(`${T}/forgot-password`, { email, captcha_token }), false);
  show("done");
});
