//! What browsers answer in the name of an authenticator.

use std::sync::LazyLock;

use latchkey::{
    authenticators::webauthn::{Assertion, Attestation, RelyingParty, StoredPasskey},
    domain::ids::UserId,
};
use serde_json::{Value, json};
use tests::authenticator::{Authenticator, ORIGIN, encode};

use crate::{first_line, product::tenant};

/// A ceremony of each kind that is under way, and a credential that was registered.
struct Ceremonies {
    party: RelyingParty,
    user: UserId,
    create: (Value, String),
    get: (Value, String),
    passkey: StoredPasskey,
    /// As its owner's browser would name it.
    id: String,
}

static CEREMONIES: LazyLock<Ceremonies> = LazyLock::new(|| {
    let party = RelyingParty::of(&tenant(), "https://auth.example.com").unwrap();
    let user = UserId::from_bytes([2; 16]);
    let create = party.begin_registration(user, ("ada@example.com", "Ada"), &[]).unwrap();
    let (authenticator, answer) = Authenticator::create(&create.0);
    let answer = serde_json::from_value(answer).unwrap();
    let passkey = party.finish_registration(&answer, &create.1).unwrap().passkey;
    let get = party.begin_authentication(&[(passkey.clone(), &[])]).unwrap();
    Ceremonies { party, user, create, get, passkey, id: encode(&authenticator.id) }
});

/// `create` in the first line and an attestation object after it; `get`, authenticator data and, after an empty line,
/// a signature; or a whole answer as JSON. Nothing is a proof that nobody signed.
pub fn passkeys(data: &[u8]) {
    let (line, bytes) = first_line(data);
    let ceremonies = &*CEREMONIES;
    match line {
        b"create" => {
            let response = json!({ "attestationObject": encode(bytes) });
            registered(&ceremonies.answer("webauthn.create", &ceremonies.create.0, response));
        }
        b"get" => {
            let end = bytes.windows(2).position(|part| part == b"\n\n").unwrap_or(bytes.len());
            let (told, signature) = bytes.split_at(end);
            let signature = signature.get(2..).unwrap_or_default();
            let response = json!({ "authenticatorData": encode(told), "signature": encode(signature) });
            refused(&ceremonies.answer("webauthn.get", &ceremonies.get.0, response));
        }
        _ => {
            let Ok(answer) = serde_json::from_slice(data) else { return };
            registered(&answer);
            refused(&answer);
        }
    }
}

impl Ceremonies {
    fn answer(&self, kind: &str, options: &Value, mut response: Value) -> Value {
        let client = json!({ "type": kind, "challenge": options["challenge"], "origin": ORIGIN });
        response["clientDataJSON"] = encode(client.to_string().as_bytes()).into();
        json!({
            "id": self.id, "rawId": self.id, "type": "public-key",
            "response": response, "clientExtensionResults": {},
        })
    }
}

/// Anybody can make a credential: one that is taken is kept and read again, and proves nothing yet.
fn registered(answer: &Value) {
    let ceremonies = &*CEREMONIES;
    let Ok(answer) = serde_json::from_value::<Attestation>(answer.clone()) else { return };
    let Ok(made) = ceremonies.party.finish_registration(&answer, &ceremonies.create.1) else { return };
    let stored = made.passkey.to_bytes().unwrap();
    let read = StoredPasskey::of_bytes(&stored).unwrap();
    assert_eq!(read.to_bytes().unwrap(), stored);
    ceremonies.party.begin_authentication(&[(read, &made.transports)]).unwrap();
}

fn refused(answer: &Value) {
    let ceremonies = &*CEREMONIES;
    let Ok(answer) = serde_json::from_value::<Assertion>(answer.clone()) else { return };
    let _ = ceremonies.passkey.is_named_by(&answer);
    let credential = (ceremonies.passkey.clone(), 0);
    let proven =
        ceremonies.party.finish_authentication(&answer, &ceremonies.get.1, ceremonies.user, credential);
    assert!(proven.is_err(), "nobody signed {answer:?}");
}
