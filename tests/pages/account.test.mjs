// What people do on "my account", to its end.

import assert from "node:assert/strict";
import { CODE, Person } from "./house.mjs";
import { house, journey } from "./journey.mjs";

journey("an address is changed by who holds both, and changed back from the old one", async (person) => {
  const ada = await person(await house.tenant("moving"));
  await ada.hasAccount();
  const [old, wanted] = [ada.email, "ada.elsewhere@example.com"];
  await ada.fill("New e-mail address", wanted);
  await ada.press("Send a code");
  await ada.page.getByLabel("Code from the mail").and(ada.page.locator(":visible")).fill(await house.mailed(wanted, CODE));
  await ada.press("Confirm");
  await ada.page.locator("[data-email]").filter({ hasText: wanted }).waitFor();
  assert.equal(await ada.focused(), "address", "the form is gone, and its reader is not");
  await ada.page.goto(await house.mailed(old, /http\S+\/undo-email#token=\S+/));
  await ada.press("Undo the change");
  await ada.reads("Your old address is back");
  await ada.chooses("only the owner knows this one");
  await ada.reads(old);
});

journey("an undo whose answer was lost leads on to a new password", async (person) => {
  const ada = await person(await house.tenant("lost"));
  await ada.hasAccount();
  const wanted = "ada.nowhere@example.com";
  await ada.fill("New e-mail address", wanted);
  await ada.press("Send a code");
  await ada.page.getByLabel("Code from the mail").and(ada.page.locator(":visible")).fill(await house.mailed(wanted, CODE));
  await ada.press("Confirm");
  await ada.page.locator("[data-email]").filter({ hasText: wanted }).waitFor();
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/undo-email#token=\S+/));
  await ada.press("Undo the change");
  await ada.reads("Your old address is back");
  await ada.page.reload();
  await ada.press("Undo the change");
  await ada.reads("If it was pressed before");
  await ada.page.getByRole("link", { name: "Send the link" }).click();
  await ada.fill("E-mail address", ada.email);
  await ada.press("Send the link");
  await ada.page.goto(await house.mailed(ada.email, /http\S+\/reset#token=\S+/));
  await ada.chooses("only the owner knows this one");
});

journey("what is pressed in one tab is not done to who signed in in another", async (person) => {
  const tenant = await house.tenant("tabs");
  const [ada, bob] = [await person(tenant), await person(tenant)];
  await bob.hasAccount();
  await ada.hasAccount();
  const tab = new Person(house, tenant, ada.context, await ada.context.newPage());
  await tab.open("account");
  await tab.signsOut();
  Object.assign(tab, { email: bob.email });
  await tab.signsIn();
  await tab.arrives("account");
  await ada.fill("First name", "Augusta");
  await ada.press("Save");
  await ada.page.locator("[data-email]").filter({ hasText: bob.email }).waitFor();
  assert.equal(await ada.page.getByLabel("First name").inputValue(), "Ada");
  await bob.page.reload();
  await bob.reads("Second factors");
  assert.equal(await bob.page.getByLabel("First name").inputValue(), "Ada");
});

journey("a name, a password, other sessions, the data, and the end of the account", async (person) => {
  const tenant = await house.tenant("own");
  const [ada, laptop] = [await person(tenant), await person(tenant)];
  await ada.hasAccount();
  Object.assign(laptop, { email: ada.email });
  await laptop.signsIn();
  await laptop.arrives("account");

  await ada.fill("First name", "Augusta");
  await ada.press("Save");
  await ada.reads("Saved.");
  await ada.page.reload();
  await ada.reads("Sessions");
  assert.equal(await ada.page.getByLabel("First name").inputValue(), "Augusta");

  await ada.press("Sign out everywhere else");
  await ada.reads("Signed out.");
  await ada.press("Save the password");
  await ada.reads("Fill this in.");
  assert.equal(await ada.page.locator("main > [data-status]").innerText(), "", "what was done before is not said of this");
  await laptop.press("Download");
  await laptop.arrives("sign-in");

  await ada.fill("Current password", "this is not the password");
  await ada.fill("New password", "a password that is quite new");
  await ada.press("Save the password");
  await ada.reads("This is not your password.");
  await ada.fill("Current password", ada.password);
  await ada.press("Save the password");
  await ada.reads("Saved.");

  const [download] = await Promise.all([ada.page.waitForEvent("download"), ada.press("Download")]);
  assert.equal(download.suggestedFilename(), "account.json");
  await ada.page.locator("summary").click();
  await ada.press("Yes, delete my account");
  await ada.reads("Your account is deleted.");
  assert.equal(await ada.focused(), "Your account is deleted.");
  assert.equal(await ada.page.locator("main button:visible, main form:visible").count(), 0);
  ada.password = "a password that is quite new";
  await ada.signsIn();
  await ada.reads("The e-mail address or the password is not right.");
});

journey("somebody else's passkey confirms nothing", async (person) => {
  const ada = await person(await house.tenant("shared"));
  await ada.context.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await ada.hasAuthenticator();
  await ada.hasAccount();
  await ada.press("Add a passkey or security key");
  await ada.keepsCodes();
  await ada.signsOut();
  const owner = ada.email;
  ada.email = "bob@example.com";
  await ada.hasAccount();
  const { codes } = await ada.enrolsApp();
  await ada.signsOut();
  await ada.signsIn();
  await ada.press("Use a backup code");
  await ada.fill("Backup code", codes[0]);
  await ada.page.getByLabel("Do not ask for this again on this device").check();
  await ada.press("Confirm");
  await ada.arrives("account");
  await ada.signsOut();
  await ada.signsIn();
  await ada.arrives("account");
  await ada.page.locator("summary").click();
  await ada.press("Yes, delete my account");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Sign in with a passkey" }).click();
  await ada.page.locator("[data-email]").filter({ hasText: owner }).waitFor();
  await ada.signsOut();
  await ada.signsIn();
  await ada.arrives("account");
  await ada.reads("bob@example.com");
});

journey("what is refused on my account is said, wherever it was asked for", async (person) => {
  const tenant = await house.tenant("refused");
  const [ada, laptop] = [await person(tenant), await person(tenant)];
  await ada.hasAccount();
  laptop.email = ada.email;
  await laptop.signsIn();
  await laptop.arrives("account");
  await ada.page.reload();
  const end = ada.page.getByRole("button", { name: /^Sign out: / });
  await end.waitFor();
  await laptop.signsOut();
  await end.click();
  await ada.reads("It is gone already.");
});

journey("whoever adds a factor, or takes it away, is still among the factors", async (person) => {
  const methods = ["totp", "email", "backup_code"];
  const tenant = await house.tenant("focused", { "mfa.methods": methods });
  const [ada, bob] = [await person(tenant), await person(tenant)];
  await bob.hasAccount();
  await bob.enrolsApp();
  await bob.reads("Saved.");
  assert.equal(await bob.focused(), "factors");

  await ada.hasAccount();
  const turnOn = ada.page.getByRole("button", { name: "Turn on codes by e-mail" });
  await turnOn.click();
  await ada.fill("Code from the mail", await house.mailed(ada.email, CODE));
  await ada.press("Confirm");
  await ada.reads("Saved.");
  assert.equal(await ada.focused(), "factors");
  await turnOn.waitFor({ state: "hidden" });

  await fetch(`${house.mail}/clear-store`, { method: "POST" });
  await ada.page.getByRole("button", { name: "Remove: Codes by e-mail" }).click();
  const dialog = ada.page.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(ada.password);
  await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await dialog.getByLabel("Code from the mail").fill(await house.mailed(ada.email, CODE));
  await dialog.getByRole("button", { name: "Confirm", exact: true }).and(dialog.locator(":visible")).click();
  await turnOn.waitFor();
  assert.equal(await ada.focused(), "factors");
});
