// The page for who has forgotten the password.

import { T, post } from "./api.js";
import { withCaptcha } from "./captcha.js";
import { $, onSubmit, show } from "./form.js";

onSubmit($("[data-form='forgot']"), async ({ email }) => {
  const redirect_uri = new URLSearchParams(location.search).get("redirect_uri") ?? undefined;
  const send = (captcha_token) => post(`${T}/forgot-password`, { email, captcha_token, redirect_uri });
  await withCaptcha(send, false);
  show("done");
});
