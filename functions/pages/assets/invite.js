// The page that an invitation leads to.

import { choose } from "./choose.js";
import { linkToken } from "./form.js";

const token = linkToken();
choose(() => token);
