// What the files of tests share: a house of its own for each, and what a journey is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";

export let house;
before(async () => {
  house = await House.start();
});
after(() => house.stop());

/** A journey on which the browser had nothing to complain about. */
export const journey = (name, act) =>
  test(name, async () => {
    const people = [];
    const person = async (...given) => people[people.push(await house.person(...given)) - 1];
    try {
      await act(person);
      for (const { errors } of people) assert.deepEqual(errors, []);
    } catch (error) {
      for (const { page } of people) console.error(page.url(), await page.locator("main").innerText().catch(() => ""));
      throw error;
    } finally {
      for (const { context } of people) await context.close();
    }
  });
