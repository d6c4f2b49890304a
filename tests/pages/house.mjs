// A stack of its own, a browser, and people who use its pages.

import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const binaries = process.env.LATCHKEY_BINARIES ?? new URL("../../target/debug", import.meta.url).pathname;
const executablePath = process.env.LATCHKEY_CHROMIUM ?? "/usr/bin/chromium";

/** A mailed code: one that goes to a new mailbox is longer, in groups. */
export const CODE = /^\d{6}$|^\d{4} \d{4} \d{4}$/m;
export const PASSWORD = "wombat trellis 4719 harbour";

/** The stack, in memory, at free ports. */
export class House {
  static async start() {
    const house = new House();
    const free = "127.0.0.1:0";
    const args = ["--memory", "--gateway", free, "--dynamodb", free, "--mail", free];
    house.stack = spawn(`${binaries}/local`, args, { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(createInterface(house.stack.stdout), "line");
    const ready = JSON.parse(line.replace(/^ready /, ""));
    house.base = `http://localhost:${new URL(ready.gateway).port}`;
    house.mail = ready.mail;
    house.environment = { AWS_ENDPOINT_URL_DYNAMODB: ready.dynamodb, AWS_ENDPOINT_URL_SESV2: ready.mail, LATCHKEY_BASE_URL: house.base };
    house.browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    return house;
  }

  async stop() {
    await this.browser.close();
    this.stack.kill();
    await once(this.stack, "exit");
  }

  /** What the administrator's command line is started with. */
  #command(...args) {
    const file = new URL("../../infra/local/lambda.env", import.meta.url).pathname;
    return [`${binaries}/admin`, ["--env-file", file, ...args], { env: { ...process.env, ...this.environment } }];
  }

  /** Has an administrator do something. */
  admin(...args) {
    return promisify(execFile)(...this.#command(...args));
  }

  /** Has an administrator look at a tenant: where, and how to end it. */
  async overview(tenant) {
    const [command, args, options] = this.#command("overview", tenant);
    const serving = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
    const [url] = await once(createInterface(serving.stdout), "line");
    const stop = async () => {
      serving.kill("SIGINT");
      await once(serving, "exit");
    };
    return { url, stop };
  }

  /** A tenant with these settings; its keys are quick to make. */
  async tenant(slug, settings = {}) {
    const given = { "tokens.algorithm": "ES256", ...settings };
    const pairs = Object.entries(given).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    await this.admin("tenant", "create", slug, "--name", settings["branding.name"] ?? "Acme Works", ...pairs.flatMap((pair) => ["--set", pair]));
    return slug;
  }

  url(tenant, page, query = "") {
    return `${this.base}/t/${tenant}/${page}${query}`;
  }

  /** A person in front of a browser of their own. */
  async person(tenant, more = {}) {
    const context = await this.browser.newContext({ locale: "en-GB", ...more });
    const page = await context.newPage();
    const person = new Person(this, tenant, context, page);
    page.on("pageerror", (error) => person.errors.push(String(error)));
    page.on("console", (message) => {
      // A refusal is an answer that a browser reports by itself.
      if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) person.errors.push(message.text());
    });
    return person;
  }

  /** The last mail to an address that has this in it, once it has come. */
  async mailed(address, pattern) {
    for (const until = Date.now() + 10_000; Date.now() < until; ) {
      const { emails } = await (await fetch(`${this.mail}/store`)).json();
      const found = emails.filter(({ destination }) => destination.to.includes(address)).map(({ body }) => body.text.match(pattern));
      const last = found.filter(Boolean).at(-1);
      if (last) return last[0];
      await new Promise((later) => setTimeout(later, 50));
    }
    throw new Error(`no mail to ${address} has ${pattern}`);
  }
}

let people = 0;

export class Person {
  constructor(house, tenant, context, page) {
    Object.assign(this, { house, tenant, context, page, errors: [], email: `ada${++people}@example.com`, password: PASSWORD });
  }

  open(page, query) {
    return this.page.goto(this.house.url(this.tenant, page, query));
  }

  fill(label, text) {
    return this.page.getByLabel(label, { exact: true }).and(this.page.locator("input:visible")).fill(text);
  }

  press(name) {
    return this.page.getByRole("button", { name, exact: true }).and(this.page.locator(":visible")).first().click();
  }

  arrives(page) {
    return this.page.waitForURL((url) => url.pathname === `/t/${this.tenant}/${page}`);
  }

  reads(text) {
    return this.page.getByText(text).and(this.page.locator(":visible")).first().waitFor();
  }

  /** What has the focus: its id, or its text. */
  focused() {
    return this.page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
  }

  async registers() {
    await this.open("register");
    await this.registersHere();
  }

  async registersHere(told = "Look at your inbox") {
    await this.fill("E-mail address", this.email);
    await this.fill("First name", "Ada");
    await this.fill("Last name", "Lovelace");
    await this.fill("Password", this.password);
    await this.press("Create account");
    await this.reads(told);
  }

  /** Opens the mailed link and presses its button. */
  async confirms() {
    await this.page.goto(await this.house.mailed(this.email, /http\S+\/verify#token=\S+/));
    await this.fill("Password", this.password);
    await this.press("Confirm and sign in");
  }

  async hasAccount() {
    await this.registers();
    await this.confirms();
    await this.arrives("account");
    await this.reads("Second factors");
  }

  async types() {
    await this.fill("E-mail address", this.email);
    await this.fill("Password", this.password);
    await this.press("Sign in");
  }

  /** Chooses a password where a link has led, and signs in with it. */
  async chooses(password) {
    this.password = password;
    await this.fill("New password", password);
    await this.press("Save the password");
    await this.page.getByRole("link", { name: "Sign in" }).click();
    await this.types();
    await this.arrives("account");
  }

  async signsIn() {
    await this.open("sign-in");
    await this.types();
  }

  async signsOut() {
    await this.press("Sign out");
    await this.arrives("sign-in");
  }

  /** Adds an app, keeps the backup codes, and gives both. */
  async enrolsApp() {
    await this.press("Add an authenticator app");
    await this.page.locator("[data-secret]").filter({ hasText: /\S/ }).waitFor();
    const secret = (await this.page.locator("[data-secret]").innerText()).replaceAll(" ", "");
    await this.fill("Code of your authenticator app", totp(secret));
    await this.press("Confirm");
    return { secret, codes: await this.keepsCodes() };
  }

  async keepsCodes() {
    const codes = await this.page.locator("[data-codes] li").first().waitFor().then(() => this.page.locator("[data-codes] li").allInnerTexts());
    await this.press("I have kept them");
    return codes;
  }

  /** Gives the browser an authenticator; what it holds stays in it. */
  async hasAuthenticator() {
    const client = await this.context.newCDPSession(this.page);
    await client.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
    const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", { options });
    return { client, authenticatorId };
  }
}

/** RFC 6238 with SHA-1, six digits and 30 seconds; a code later in the steps that are taken, so that none is used twice. */
export function totp(secret, steps = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const code = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}
