// The page where a stranger makes an account.

import { T, page, post } from "./api.js";
import { withCaptcha } from "./captcha.js";
import { $, onPress, onSubmit, show } from "./form.js";

let email;

onSubmit($("[data-form='register']"), async (typed) => {
  const redirect_uri = new URLSearchParams(location.search).get("redirect_uri") ?? undefined;
  const send = (captcha_token) => post(`${T}/register`, { ...typed, captcha_token, redirect_uri });
  const { status } = await withCaptcha(send, true);
  // Where addresses are not proven, the account is there at once.
  if (status === "active") location.assign(page("sign-in"));
  else show("done");
  email = typed.email;
});
onPress($("[data-action='resend']"), async () => {
  await post(`${T}/verify-email/resend`, { email });
  show("sent");
});
