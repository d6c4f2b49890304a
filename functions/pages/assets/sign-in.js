// The sign-in page.

import { arrive } from "./arrive.js";
import { signIn } from "./steps.js";

signIn(document, {
  done: () => arrive(),
  async enrol(token) {
    const { enrolToArrive } = await import("./enrol.js");
    enrolToArrive(token);
  },
});
