// What every page is, whoever looks at it: what it loads, what it allows, who can read it.

import assert from "node:assert/strict";
import { request } from "node:http";
import { createRequire } from "node:module";
import { test } from "node:test";
import { CODE } from "./house.mjs";
import { house } from "./journey.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const PAGES = ["sign-in", "register", "verify", "forgot", "reset", "invite", "undo-email", "account", "nothing"];

async function violations(page) {
  await page.evaluate(await (await import("node:fs/promises")).readFile(axe, "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" ")}`);
}

test("axe finds nothing on any page, by day and by night, in the default and in hostile colours", async () => {
  const brands = {
    plain: {},
    dark: { "branding.background_colour": "#111827", "branding.primary_colour": "#facc15" },
    pale: { "branding.background_colour": "#fff7ed", "branding.primary_colour": "#ea580c" },
    grey: { "branding.background_colour": "#767676", "branding.primary_colour": "#ffffff" },
  };
  let looks = 0;
  const found = [];
  for (const [name, settings] of Object.entries(brands)) {
    const tenant = await house.tenant(`axe-${name}`, settings);
    for (const colorScheme of ["light", "dark"]) {
      const ada = await house.person(tenant, { colorScheme, bypassCSP: true });
      await ada.hasAccount();
      for (const page of PAGES) {
        await ada.open(page);
        if (page === "account") await ada.reads("this one");
        // Each of its steps, with all of its forms, whether or not a person would see them together.
        const steps = await ada.page.locator("main > [data-step]").evaluateAll((all) => all.map((step) => step.dataset.step));
        for (const step of steps.length > 0 ? steps : [""]) {
          await ada.page.evaluate((wanted) => {
            for (const step of document.querySelectorAll("main > [data-step]")) step.hidden = step.dataset.step !== wanted;
            for (const form of document.querySelectorAll("main form")) form.hidden = false;
          }, step);
          found.push(...(await violations(ada.page)).map((it) => `${name} ${colorScheme} ${page} ${step}: ${it}`));
          looks += 1;
        }
      }
      // With its errors, and with its dialog.
      await ada.open("register");
      await ada.press("Create account");
      found.push(...(await violations(ada.page)).map((it) => `${name} ${colorScheme} errors: ${it}`));
      await ada.open("account");
      await ada.reads("this one");
      await ada.page.evaluate(() => document.querySelector("dialog").showModal());
      found.push(...(await violations(ada.page)).map((it) => `${name} ${colorScheme} dialog: ${it}`));
      looks += 2;
      await ada.context.close();
    }
  }
  console.log(`axe looked ${looks} times and found ${found.length} violations`);
  assert.deepEqual(found, []);
});

/** When a page that is loaded paints first, in milliseconds. */
async function paintOf(page, url) {
  await page.goto(url);
  await page.waitForLoadState("networkidle");
  return page.evaluate(() => Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime));
}

test("the sign-in page is small, alone, and quick", async () => {
  const ada = await house.person(await house.tenant("small"));
  const client = await ada.context.newCDPSession(ada.page);
  await client.send("Network.enable");
  const bytes = new Map();
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  const asked = [];
  ada.page.on("request", (request) => asked.push(request.url()));
  await ada.open("sign-in");
  await ada.page.waitForLoadState("networkidle");
  const requests = asked.length;
  const total = [...bytes.values()].reduce((sum, of) => sum + of, 0);
  // In turns with a page that has one letter: a machine that is busy is slow for both.
  const other = await ada.context.newPage();
  const [paints, empty] = [[], []];
  for (let i = 0; i < 9; i++) {
    paints.push(await paintOf(ada.page, house.url("small", "sign-in")));
    empty.push(await paintOf(other, "data:text/html,<p>x"));
  }
  const [median, least] = [paints, empty].map((of) => of.sort((a, b) => a - b)[4]);
  console.log(`sign-in: ${requests} requests, ${total} bytes with their headers, first paint after ${median} ms, an empty page's after ${least} ms`);
  assert.ok(asked.every((url) => url.startsWith(house.base)), asked.join(" "));
  assert.ok(total < 30_000, `${total} bytes`);
  assert.ok(median < Math.max(100, 2 * least), `${median} ms, an empty page ${least} ms`);
  await ada.context.close();
});

test("every page says what it may load, and is kept by nobody", async () => {
  const tenant = await house.tenant("headers", { "branding.logo_url": "https://cdn.acme.test/logo.svg" });
  for (const page of PAGES) {
    const answer = await fetch(house.url(tenant, page));
    const policy = answer.headers.get("content-security-policy");
    assert.doesNotMatch(policy, /unsafe|\*|https?:(?!\/\/cdn\.acme\.test\/logo\.svg)/);
    for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"]) {
      assert.ok(policy.includes(directive), directive);
    }
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.match(answer.headers.get("strict-transport-security"), /max-age=\d{8}/);
    assert.equal(answer.headers.get("set-cookie"), null);
    if (page === "sign-in") console.log(`content-security-policy: ${policy}`);
  }
  assert.equal((await fetch(house.url("nobody", "sign-in"))).status, 404);
  assert.equal((await fetch(house.url(tenant, "nothing"))).status, 404);
});

test("an asset is compressed, typed, and kept for good under its own version alone", async () => {
  const text = await (await fetch(house.url(await house.tenant("assets"), "sign-in"))).text();
  const [path] = text.match(/\/assets\/[0-9a-f]{16}\/page\.css/);
  const answer = await fetch(house.base + path, { headers: { "accept-encoding": "br" } });
  assert.equal(answer.headers.get("content-encoding"), "br");
  assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const plain = await fetch(house.base + path, { headers: { "accept-encoding": "identity" } });
  assert.equal(plain.headers.get("content-encoding"), null);
  assert.equal(await plain.text(), await answer.text());
  const old = await fetch(house.base + path.replace(/[0-9a-f]{16}/, "0000000000000000"));
  assert.equal(old.headers.get("cache-control"), "no-store");
  for (const bad of ["nothing.js", "..%2Fpage.css", "%2e%2e%2fCargo.toml"]) {
    assert.equal((await fetch(`${house.base}/assets/x/${bad}`)).status, 404, bad);
  }
});

test("a link scanner spends no link, whatever it loads", async () => {
  const ada = await house.person(await house.tenant("scanned"));
  const links = async (page) => house.mailed(ada.email, new RegExp(`http\\S+/${page}#token=\\S+`));
  const scan = async (link) => {
    for (const method of ["GET", "HEAD"]) await fetch(link, { method });
    const scanner = await house.person(ada.tenant);
    await scanner.page.goto(link);
    await scanner.page.waitForLoadState("networkidle");
    await scanner.context.close();
  };
  await ada.registers();
  await scan(await links("verify"));
  await ada.confirms();
  await ada.arrives("account");

  await ada.open("forgot");
  await ada.fill("E-mail address", ada.email);
  await ada.press("Send the link");
  await ada.reads("a mail is on its way");
  const reset = await links("reset");
  await scan(reset);
  await ada.page.goto(reset);
  await ada.chooses("no scanner has taken this one");

  await ada.fill("New e-mail address", "ada.scanned@example.com");
  await ada.press("Send a code");
  const code = await house.mailed("ada.scanned@example.com", CODE);
  await ada.page.getByLabel("Code from the mail").and(ada.page.locator(":visible")).fill(code);
  await ada.press("Confirm");
  await ada.page.locator("[data-email]").filter({ hasText: "ada.scanned" }).waitFor();
  const undo = await links("undo-email");
  await scan(undo);
  await ada.page.goto(undo);
  await ada.press("Undo the change");
  await ada.reads("Your old address is back");
  await ada.context.close();
});

test("without JavaScript a page says what it needs, and sends nothing", async () => {
  const ada = await house.person(await house.tenant("scriptless"), { javaScriptEnabled: false });
  const sent = [];
  ada.page.on("request", (request) => sent.push(`${request.method()} ${request.url()}`));
  await ada.open("sign-in");
  assert.match(await ada.page.locator("noscript .notice").innerText(), /^This page needs JavaScript/);
  await ada.fill("E-mail address", ada.email);
  await ada.fill("Password", ada.password);
  const { x, y } = await ada.page.getByRole("button", { name: "Sign in", exact: true }).boundingBox();
  await ada.page.mouse.click(x + 5, y + 5);
  await ada.page.waitForTimeout(500);
  assert.equal(ada.page.url(), house.url(ada.tenant, "sign-in"), "a password is in no address");
  assert.deepEqual(sent.filter((it) => !/^GET [^?]+$/.test(it)), []);
  await ada.context.close();
});

test("a hostile tenant name and logo are text", async () => {
  const name = `"><script>alert(1)</script>{{ 7 }}`;
  const ada = await house.person(await house.tenant("hostile", { "branding.name": name }));
  await ada.open("sign-in");
  assert.equal(await ada.page.locator(".tenant").innerText(), name);
  const logo = `https://cdn.acme.test/l.svg?a="><script>alert(2)</script>;script-src`;
  const set = [`branding.logo_url=${logo}`];
  await house.admin("tenant", "set", ada.tenant, ...set).then(
    async () => {
      await ada.open("sign-in", "?lang=de");
      assert.equal(await ada.page.locator("script:not([src]):not([type])").count(), 0);
    },
    ({ stderr }) => assert.match(stderr, /branding\.logo_url/),
  );
  assert.deepEqual(ada.errors, []);
  await ada.context.close();
});

test("an administrator's overview is read where it is served, and nowhere else", async () => {
  const ada = await house.person(await house.tenant("overseen", { "branding.name": "<i>Overseen</i>" }), { bypassCSP: true });
  await ada.hasAccount();
  const { url, stop } = await house.overview(ada.tenant);
  for (const colorScheme of ["light", "dark"]) {
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.goto(url);
    assert.deepEqual(await violations(ada.page), []);
  }
  for (const text of [ada.email, "user_activated", "administrator_read: overview", "self_registration", "\"<i>Overseen</i>\""]) {
    await ada.reads(text);
  }
  assert.equal((await fetch(new URL("/", url))).status, 404, "its path is a secret");
  const { hostname, port, pathname } = new URL(url);
  const elsewhere = await new Promise((answered) => {
    request({ hostname, port, path: pathname, headers: { host: "evil.example" } }, answered).end();
  });
  assert.equal(elsewhere.statusCode, 421, "another site's name may point here");
  await stop();
  await ada.context.close();
});
