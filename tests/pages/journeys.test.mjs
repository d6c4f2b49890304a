// What people do on the pages to get in.

import assert from "node:assert/strict";
import { CODE, totp } from "./house.mjs";
import { house, journey } from "./journey.mjs";

journey("somebody registers, confirms the address with the password, and is signed in", async (person) => {
  const ada = await person(await house.tenant("first"));
  await ada.registers();
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/verify#token=\S+/));
  assert.equal(new URL(ada.page.url()).hash, "", "the token is out of the address bar");
  await ada.fill("Password", ada.password);
  await ada.press("Confirm and sign in");
  await ada.arrives("account");
  await ada.reads(ada.email);
  await ada.signsOut();
  await ada.signsIn();
  await ada.arrives("account");
});

journey("whoever did not choose the password of the registration chooses one at the confirmation", async (person) => {
  const ada = await person(await house.tenant("squatted"));
  await ada.registers();
  ada.password = "another long password of the owner";
  await ada.confirms();
  await ada.reads("Choose the password of your account");
  await ada.chooses(ada.password);
});

journey("a dead link offers another", async (person) => {
  const ada = await person(await house.tenant("late"));
  await ada.registers();
  await ada.open("verify", "#token=lk_vfy_nothing");
  await ada.fill("Password", ada.password);
  await ada.press("Confirm and sign in");
  await ada.reads("This link is not valid any more.");
  await ada.page.getByRole("link", { name: "Create account" }).waitFor();
  await ada.fill("E-mail address", ada.email);
  await ada.press("Send the link");
  await ada.reads("a mail is on its way");
  await ada.confirms();
  await ada.arrives("account");
});

journey("what is wrong is said beside its field, and nothing typed is lost", async (person) => {
  const ada = await person(await house.tenant("errors"));
  await ada.open("register");
  await ada.press("Create account");
  assert.equal(await ada.page.locator("[data-error-of]:visible").count(), 4);
  assert.equal(await ada.page.evaluate(() => document.activeElement.name), "email");
  await ada.fill("E-mail address", "ada@");
  await ada.fill("First name", "Ada");
  await ada.fill("Last name", "Lovelace");
  await ada.fill("Password", "short");
  await ada.press("Create account");
  await ada.reads("This is no e-mail address.");
  const password = ada.page.getByLabel("Password", { exact: true });
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  const [error, rules] = (await password.getAttribute("aria-describedby")).split(" ");
  assert.equal(await ada.page.locator(`#${error}`).innerText(), "15 characters at least.");
  assert.match(await ada.page.locator(`#${rules}`).innerText(), /none that is common/);
  assert.equal(await password.inputValue(), "short");
  await ada.fill("Password", "q1w2e3r4t5y6u7i8o9p0");
  assert.equal(await ada.page.locator(".rules .met").count(), 1, "the length is met");
  await ada.fill("E-mail address", ada.email);
  await ada.press("Create account");
  await ada.reads("This password is common, or was part of a breach.");
  await ada.fill("E-mail address", "jürgen@example.com");
  await ada.fill("Password", "long ".repeat(300));
  await ada.press("Create account");
  await ada.reads("Before the @, only letters from a to z without accents");
  await ada.reads("This is too long.");
});

journey("a wrong password is refused, the right one let in", async (person) => {
  const ada = await person(await house.tenant("wrong"));
  await ada.hasAccount();
  await ada.signsOut();
  await ada.open("sign-in");
  await ada.fill("E-mail address", ada.email);
  await ada.fill("Password", "not the right one at all");
  await ada.press("Sign in");
  await ada.reads("The e-mail address or the password is not right.");
  await ada.fill("Password", ada.password);
  await ada.page.keyboard.press("Enter");
  await ada.arrives("account");
});

journey("where a factor is required, an app is enrolled on the way in; it, a backup code, and a trusted device sign in", async (person) => {
  const ada = await person(await house.tenant("strict", { "mfa.policy": "required" }));
  await ada.registers();
  await ada.confirms();
  await ada.reads("A password alone is not enough here.");
  const { secret, codes } = await ada.enrolsApp();
  assert.equal(codes.length, 10);
  await ada.arrives("account");
  await ada.signsOut();

  await ada.signsIn();
  await ada.fill("Code of your authenticator app", "000000");
  await ada.press("Confirm");
  await ada.reads("This code is not right.");
  await ada.fill("Code of your authenticator app", totp(secret, 1));
  await ada.press("Confirm");
  await ada.arrives("account");
  await ada.signsOut();

  await ada.signsIn();
  await ada.press("Use a backup code");
  await ada.fill("Backup code", codes[0]);
  await ada.page.getByLabel("Do not ask for this again on this device").check();
  await ada.press("Confirm");
  await ada.arrives("account");
  await ada.reads("9 left");
  await ada.signsOut();

  await ada.signsIn();
  await ada.arrives("account");
  const stored = await ada.page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]);
  assert.deepEqual(stored, ["", 0, 0], "no script can read what is kept");

  // What only a second factor allows asks for it, trusted device or not, and goes on then.
  await ada.page.getByRole("button", { name: "Make new backup codes" }).click();
  const dialog = ada.page.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(ada.password);
  await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await dialog.getByRole("button", { name: "Use a backup code" }).click();
  await dialog.getByLabel("Backup code").fill(codes[1]);
  await dialog.getByRole("button", { name: "Confirm", exact: true }).and(dialog.locator(":visible")).click();
  assert.equal((await ada.keepsCodes()).length, 10);
  await ada.reads("10 left");
  assert.equal(await ada.focused(), "factors", "who has kept them goes on where they were");
  assert.equal(await ada.page.locator("[data-list='sessions'] li").count(), 1, "the new session took the old one's place");
});

journey("a passkey is enrolled, is a second factor, and signs in alone", async (person) => {
  const ada = await person(await house.tenant("keys"));
  // The other test looks at what a browser offers by itself: this one's does not.
  await ada.context.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await ada.hasAuthenticator();
  await ada.hasAccount();
  await ada.press("Add a passkey or security key");
  await ada.keepsCodes();
  await ada.reads("Passkey or security key");
  await ada.signsOut();

  await ada.signsIn();
  await ada.reads("One more step");
  await ada.press("Use a passkey or security key");
  await ada.arrives("account");
  await ada.press("Add a passkey or security key");
  await ada.reads("This device has a passkey here already.");
  await ada.signsOut();

  await ada.press("Sign in with a passkey");
  await ada.arrives("account");
});

journey("the browser offers a passkey in the address field by itself; a person who types is asked for it later", async (person) => {
  const ada = await person(await house.tenant("autofill"));
  const { client, authenticatorId } = await ada.hasAuthenticator();
  const presses = (enabled) => client.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
  await ada.hasAccount();
  await ada.press("Add a passkey or security key");
  await ada.keepsCodes();
  await presses(false);
  await ada.signsOut();
  await ada.types();
  await ada.reads("One more step");
  await presses(true);
  await ada.press("Use a passkey or security key");
  await ada.arrives("account");
  // Whoever takes the offer is in.
  await ada.press("Sign out");
  await ada.arrives("account");
});

journey("a code comes by mail, and another only after a while", async (person) => {
  const methods = ["totp", "email", "backup_code"];
  const ada = await person(await house.tenant("mailed", { "mfa.methods": methods }));
  await ada.hasAccount();
  await ada.press("Turn on codes by e-mail");
  const code = () => house.mailed(ada.email, CODE);
  await ada.page.getByLabel("Code from the mail").and(ada.page.locator(":visible")).fill(await code());
  await ada.press("Confirm");
  await ada.reads("Codes by e-mail");
  await ada.signsOut();
  await fetch(`${house.mail}/clear-store`, { method: "POST" });
  await ada.signsIn();
  await ada.reads("We mail a code to");
  const again = ada.page.getByRole("button", { name: "Send another" });
  assert.equal(await again.getAttribute("aria-disabled"), "true");
  assert.match(await ada.page.getByRole("timer").innerText(), /^Wait \d+ s\.$/);
  await ada.fill("Code from the mail", await code());
  await ada.press("Confirm");
  await ada.arrives("account");
});

journey("a forgotten password is reset, and the old session is gone", async (person) => {
  const tenant = await house.tenant("forgetful");
  const [ada, elsewhere] = [await person(tenant), await person(tenant)];
  await ada.hasAccount();
  elsewhere.email = ada.email;
  await elsewhere.open("sign-in");
  await elsewhere.page.getByRole("link", { name: "Forgot password?" }).click();
  await elsewhere.fill("E-mail address", ada.email);
  await elsewhere.press("Send the link");
  await elsewhere.reads("a mail is on its way");
  await elsewhere.page.goto(await house.mailed(ada.email, /http\S+\/reset#token=\S+/));
  elsewhere.password = "the owner has another one now";
  await elsewhere.fill("New password", elsewhere.password);
  await elsewhere.press("Save the password");
  await elsewhere.reads("you are signed out everywhere");
  await elsewhere.page.getByRole("link", { name: "Sign in" }).click();
  await elsewhere.types();
  await elsewhere.arrives("account");
  await ada.page.reload();
  await ada.arrives("sign-in");
});

journey("whoever forgot the password on the way to an app is led there", async (person) => {
  const app = "https://app.example.com/arrived";
  const ada = await person(await house.tenant("led", { redirect_uris: [app] }));
  await ada.hasAccount();
  await ada.signsOut();
  await ada.open("sign-in", `?redirect_uri=${encodeURIComponent(app)}`);
  await ada.page.getByRole("link", { name: "Forgot password?" }).click();
  await ada.fill("E-mail address", ada.email);
  await ada.press("Send the link");
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/reset#token=\S+/));
  ada.password = "the owner has another one now";
  await ada.fill("New password", ada.password);
  await ada.press("Save the password");
  await ada.page.route(app, (route) => route.fulfill({ body: "arrived" }));
  await ada.page.getByRole("link", { name: "Sign in" }).click();
  await ada.types();
  await ada.page.waitForURL(app);
});

journey("an invitation makes an account", async (person) => {
  const tenant = await house.tenant("invited", { self_registration: "false" });
  const ada = await person(tenant);
  await ada.open("register");
  await ada.reads("Accounts here are made by an administrator.");
  await house.admin("user", "invite", tenant, ada.email, "--first-name", "Ada", "--last-name", "Lovelace");
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/invite#token=\S+/));
  await ada.chooses(ada.password);
});

journey("a captcha is solved by the page itself, at registration and where failures have made one due", async (person) => {
  const tenant = await house.tenant("guarded", { "captcha.provider": "altcha" });
  const ada = await person(tenant);
  await ada.hasAccount();
  await ada.signsOut();
  for (let i = 0; i < 11; i++) {
    const body = JSON.stringify({ email: `nobody${i}@example.com`, password: "a guess of somebody's" });
    await fetch(`${house.base}/api/v1/auth/tenants/${tenant}/login`, { method: "POST", headers: { "content-type": "application/json" }, body });
  }
  const asked = [];
  ada.page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  await ada.types();
  await ada.arrives("account");
  assert.ok(asked.includes("captcha"), asked.join(" "));
  // A page that is older than the captcha learns of it.
  await ada.open("register");
  await ada.page.evaluate(() => delete document.body.dataset.captcha);
  await ada.registersHere();
});

journey("a passkey is enrolled on the way in, while the browser offers others by itself", async (person) => {
  const ada = await person(await house.tenant("first-key", { "mfa.policy": "required", "mfa.methods": ["webauthn", "backup_code"] }));
  await ada.hasAuthenticator();
  await ada.registers();
  await ada.confirms();
  await ada.reads("A password alone is not enough here.");
  await ada.signsIn();
  await ada.reads("A password alone is not enough here.");
  await ada.press("Add a passkey or security key");
  assert.equal((await ada.keepsCodes()).length, 10);
  await ada.arrives("account");
});

journey("a page that is loaded again, or skipped into, has its link still", async (person) => {
  const ada = await person(await house.tenant("reloaded"));
  await ada.registers();
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/verify#token=\S+/));
  await ada.page.reload();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Enter");
  await ada.fill("Password", ada.password);
  await ada.press("Confirm and sign in");
  await ada.arrives("account");
  await ada.signsOut();
  await ada.open("reset");
  await ada.reads("This link is not valid any more.");
});

journey("whoever comes from the tenant's own site goes back there, and to no other", async (person) => {
  const back = `${house.base}/api/v1/openapi.json`;
  const ada = await person(await house.tenant("returning", { redirect_uris: [back] }));
  await ada.hasAccount();
  await ada.signsOut();
  await ada.open("sign-in", `?redirect_uri=${encodeURIComponent(back)}`);
  await ada.page.getByRole("link", { name: "Deutsch" }).click();
  await ada.page.getByRole("link", { name: "English" }).click();
  await ada.page.getByRole("link", { name: "Create account" }).click();
  await ada.page.getByRole("link", { name: "Sign in" }).click();
  await ada.types();
  await ada.page.waitForURL(back);
  // A registration's own way back is kept until the address is confirmed.
  ada.email = "bea@example.com";
  await ada.open("register", `?redirect_uri=${encodeURIComponent(back)}`);
  await ada.registersHere();
  await ada.confirms();
  await ada.page.waitForURL(back);
  const answer = await ada.open("sign-in", "?redirect_uri=https%3A%2F%2Fevil.example%2F");
  assert.equal(answer.status(), 422);
});

journey("a page speaks the browser's language, the chosen one, or the tenant's", async (person) => {
  const tenant = await house.tenant("tongues", { "mail.locale": "it" });
  for (const [locale, query, language, title] of [
    ["de-AT", "", "de", "Anmelden"],
    ["de-AT", "?lang=fr", "fr", undefined],
    ["ja", "", "it", undefined],
  ]) {
    const ada = await person(tenant, { locale });
    await ada.open("sign-in", query);
    assert.equal(await ada.page.locator("html").getAttribute("lang"), language);
    if (title) assert.equal(await ada.page.locator("h1").innerText(), title);
  }
  // Another language loses no token.
  const ada = await person(tenant);
  await ada.registers();
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/verify#token=\S+/));
  await ada.page.getByRole("link", { name: "English" }).click();
  await ada.page.waitForURL(/lang=en/);
  await ada.fill("Password", ada.password);
  await ada.press("Confirm and sign in");
  await ada.arrives("account");
});

journey("signing in needs no mouse", async (person) => {
  const ada = await person(await house.tenant("keyboard"));
  await ada.hasAccount();
  await ada.signsOut();
  await ada.open("sign-in");
  const { keyboard } = ada.page;
  const order = [];
  for (let i = 0; i < 6; i++) {
    await keyboard.press("Tab");
    order.push(await ada.focused());
    if (order.at(-1) === "email") await keyboard.type(ada.email);
    if (order.at(-1) === "password") await keyboard.type(ada.password);
  }
  assert.deepEqual(order, ["Skip to the content", "email", "password", "Show", "remember_me", "Sign in"]);
  await keyboard.press("Enter");
  await ada.arrives("account");
});
