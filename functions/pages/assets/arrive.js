// Where a person goes who has signed in.

import { page } from "./api.js";

/** To where the link to this page said, to the tenant's own place, or to the account. */
export function arrive({ redirect_uri }) {
  const toAccount = new URLSearchParams(location.search).get("next") === "account";
  const elsewhere = document.body.dataset.back ?? redirect_uri;
  location.assign(!toAccount && elsewhere ? elsewhere : page("account"));
}
