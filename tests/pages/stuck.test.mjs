// Where people would be stuck: what a page says there, and where it leads on.

import assert from "node:assert/strict";
import { house, journey } from "./journey.mjs";

const APP = "https://app.example.com/arrived";
const TO_APP = `?redirect_uri=${encodeURIComponent(APP)}`;
const leadsToApp = (person) => new URL(person.page.url()).searchParams.get("redirect_uri") === APP;

journey("whoever mistyped the password at the confirmation, and loads the page again, can choose another", async (person) => {
  const ada = await person(await house.tenant("mistyped", { redirect_uris: [APP] }));
  await ada.page.route(APP, (route) => route.fulfill({ body: "arrived" }));
  await ada.open("register", TO_APP);
  await ada.registersHere();
  ada.password = "this has been mistyped";
  await ada.confirms();
  await ada.reads("Choose the password of your account");
  await ada.page.reload();
  await ada.fill("Password", ada.password);
  await ada.press("Confirm and sign in");
  await ada.reads("This address was confirmed before.");
  await ada.page.getByRole("link", { name: "Forgot password?" }).click();
  await ada.arrives("forgot");
  assert.ok(leadsToApp(ada), ada.page.url());
  await ada.fill("E-mail address", ada.email);
  await ada.press("Send the link");
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/reset#token=\S+/));
  await ada.fill("New password", ada.password);
  await ada.press("Save the password");
  await ada.page.getByRole("link", { name: "Sign in" }).click();
  await ada.types();
  await ada.page.waitForURL(APP);
});

journey("the mail after a registration is sent again", async (person) => {
  const ada = await person(await house.tenant("unread"));
  await ada.registers();
  const back = ada.page.getByRole("link", { name: "Back to sign-in" });
  await back.waitFor();
  await house.mailed(ada.email, /\/verify#token=/);
  await fetch(`${house.mail}/clear-store`, { method: "POST" });
  const refused = { status: 429, headers: { "retry-after": "90" }, json: { code: "too_many_attempts" } };
  await ada.page.route("**/verify-email/resend", (route) => route.fulfill(refused), { times: 1 });
  await ada.press("Send the mail again");
  await ada.reads("Too many tries. Wait 2 min.");
  await ada.press("Send the mail again");
  await ada.reads("a mail is on its way");
  assert.match(await ada.focused(), /a mail is on its way/);
  await back.waitFor();
  await ada.confirms();
  await ada.arrives("account");
});

journey("where a captcha is another's, a page says that it cannot make the check", async (person) => {
  const tenant = await house.tenant("elsewhere");
  const set = house.admin("tenant", "set", tenant, "captcha.provider=turnstile", "captcha.site_key=0x4AAA", "captcha.secret=-");
  set.child.stdin.end("a secret");
  await set;
  const ada = await person(tenant);
  await ada.open("register");
  await ada.registersHere("This page cannot make the check");
  const asked = { status: 403, json: { code: "captcha_required", captcha: { provider: "turnstile", site_key: "0x4AAA" } } };
  await ada.page.route("**/login", (route) => route.fulfill(asked));
  await ada.signsIn();
  await ada.reads("This page cannot make the check");
});

journey("where no factor that is required can be enrolled, the page says so, and leads back", async (person) => {
  const settings = { redirect_uris: [APP], "mfa.policy": "required", "mfa.methods": ["webauthn", "backup_code"] };
  const ada = await person(await house.tenant("keyless", settings));
  await ada.context.addInitScript(() => {
    delete PublicKeyCredential.parseRequestOptionsFromJSON;
  });
  await ada.open("register", TO_APP);
  await ada.registersHere();
  await ada.confirms();
  await ada.reads("This page cannot set up a second factor");
  assert.equal(await ada.focused(), "Protect your account");
  await ada.page.getByRole("link", { name: "Back to sign-in" }).click();
  await ada.arrives("sign-in");
  assert.ok(leadsToApp(ada), ada.page.url());
  await ada.types();
  await ada.reads("This page cannot set up a second factor");
});

journey("an enrolment that is over says so, and leads back on the same way", async (person) => {
  const tenant = await house.tenant("overtaken", { redirect_uris: [APP], "mfa.policy": "required" });
  const [ada, laptop] = [await person(tenant), await person(tenant)];
  await ada.open("register", TO_APP);
  await ada.registersHere();
  await ada.confirms();
  await ada.reads("A password alone is not enough here.");
  laptop.email = ada.email;
  await laptop.signsIn();
  await laptop.enrolsApp();
  await laptop.arrives("account");
  await ada.press("Add an authenticator app");
  await ada.reads("This took too long, or too many tries. Sign in again.");
  await ada.page.getByRole("link", { name: "Back to sign-in" }).click();
  await ada.arrives("sign-in");
  assert.ok(leadsToApp(ada), ada.page.url());
  await ada.types();
  await ada.reads("One more step");
});

journey("whoever signs in again for the account comes back there, in another language as well", async (person) => {
  const ada = await person(await house.tenant("bilingual", { redirect_uris: [APP], default_redirect_uri: APP }));
  await ada.page.route(APP, (route) => route.fulfill({ body: "arrived" }));
  await ada.registers();
  await ada.confirms();
  await ada.page.waitForURL(APP);
  await ada.context.clearCookies();
  await ada.open("account");
  await ada.arrives("sign-in");
  for (const [language, tag] of [["Deutsch", "de"], ["English", "en"]]) {
    await ada.page.getByRole("link", { name: language }).click();
    await ada.page.waitForURL((url) => url.searchParams.get("lang") === tag);
  }
  await ada.types();
  await ada.arrives("account");
});
