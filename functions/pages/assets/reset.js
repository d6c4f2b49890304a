// The page that a mail about a forgotten password leads to.

import { choose } from "./choose.js";
import { linkToken } from "./form.js";

const token = linkToken();
choose(() => token);
