// Draws every page, on a phone and a desktop, by day and by night, into the folder that is named: for a person to look at.

import { mkdir } from "node:fs/promises";
import { House } from "./house.mjs";

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
const house = await House.start();
try {
  const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
  const methods = ["totp", "webauthn", "email", "backup_code"];
  const tenant = await house.tenant("acme-works", { "mfa.methods": methods });
  const strict = await house.tenant("strict", { "mfa.policy": "required" });

  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const look = { viewport, colorScheme, deviceScaleFactor: size === "phone" ? 2 : 1 };
      const draw = async (person, name) => {
        await person.page.waitForTimeout(200);
        await person.page.screenshot({ path: `${folder}/${name}.${size}.${colorScheme}.png`, fullPage: true });
      };
      const ada = await house.person(tenant, look);
      for (const page of ["sign-in", "register", "verify", "forgot", "reset", "invite", "undo-email", "nothing"]) {
        await ada.open(page);
        await draw(ada, page);
      }
      await ada.open("register");
      await ada.fill("E-mail address", "ada@");
      await ada.fill("First name", "Ada");
      await ada.fill("Last name", "Lovelace");
      await ada.fill("Password", "a long one, which is fine");
      await ada.press("Create account");
      await ada.reads("This is no e-mail address.");
      await draw(ada, "register.errors");
      await ada.fill("E-mail address", ada.email);
      await ada.fill("Password", ada.password);
      await ada.press("Create account");
      await ada.reads("Look at your inbox");
      await draw(ada, "register.done");
      await ada.hasAuthenticator();
      await ada.confirms();
      await ada.arrives("account");
      await ada.reads("this one");
      await draw(ada, "account.new");
      await ada.press("Add an authenticator app");
      await ada.page.locator("[data-secret]").filter({ hasText: /\S/ }).waitFor();
      await draw(ada, "account.app");
      await ada.page.reload();
      await ada.press("Add a passkey or security key");
      await ada.page.locator("[data-codes] li").first().waitFor();
      await draw(ada, "account.codes");
      await ada.keepsCodes();
      await ada.reads("last used");
      await draw(ada, "account");
      await ada.page.getByRole("button", { name: /^Remove: / }).click();
      await ada.page.getByRole("dialog").waitFor();
      await draw(ada, "account.dialog");
      await ada.context.close();

      const bea = await house.person(strict, look);
      await bea.registers();
      await bea.confirms();
      await bea.reads("A password alone is not enough here.");
      await draw(bea, "enrol");
      await bea.enrolsApp();
      await bea.arrives("account");
      await bea.signsOut();
      await bea.signsIn();
      await bea.reads("One more step");
      await draw(bea, "factor");
      await bea.context.close();
    }
  }
} finally {
  await house.stop();
}
