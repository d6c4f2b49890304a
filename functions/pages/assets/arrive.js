// Where a person goes who has signed in.

import { page } from "./api.js";

/** To where the registration said, or the link to this page, or the tenant's own place; else to the account. */
export function arrive(asked) {
  const toAccount = new URLSearchParams(location.search).get("next") === "account";
  const elsewhere = asked ?? document.body.dataset.back;
  location.assign(!toAccount && elsewhere ? elsewhere : page("account"));
}
