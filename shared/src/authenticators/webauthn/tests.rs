//! The test vectors of WebAuthn Level 3 (W3C Candidate Recommendation, §16) that apply.
//!
//! The other attestations are left out: their statements are not asked for, and the RS256 vector's modulus of
//! 3,482 bits is none that the library takes.
//!
//! All but the framed ones were made without user verification, which we demand: they must verify
//! where it is not asked for, and must be refused as they stand. The framed ones are refused for that.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::domain::{Settings, TenantKeys, TenantSlug, ids::TenantId, tenant::TenantStatus};

const VECTORS: &str = include_str!("vectors.json");

fn tenant() -> Tenant {
    let settings = json!({
        "origins": ["https://example.org", "https://example.com"],
        "relying_party": { "id": "example.org" },
    });
    Tenant {
        id: TenantId::from_bytes([1; 16]),
        slug: TenantSlug::parse("acme").unwrap(),
        display_name: "Acme".to_owned(),
        standing: TenantStatus::Active,
        settings: Settings::parse(settings).unwrap(),
        keys: TenantKeys::default(),
        templates: BTreeSet::new(),
        sealed_captcha: None,
        not_before: jiff::Timestamp::UNIX_EPOCH,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        revision: 1,
    }
}

/// The vectors are written in hexadecimal, the messages in base64url.
fn base64(hex: &Value) -> String {
    let hex = hex.as_str().unwrap();
    let bytes: Vec<_> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A state of ours, of another challenge and demand.
fn bent(state: &str, part: &str, challenge: &Value, verification: &str) -> String {
    let mut state: Value = serde_json::from_str(state).unwrap();
    state[part]["challenge"] = base64(challenge).into();
    state[part]["policy"] = verification.into();
    state.to_string()
}

struct Ceremonies {
    relying_party: RelyingParty,
    vector: Value,
}

impl Ceremonies {
    fn register(&self, verification: &str) -> Result<Registered, Refused> {
        let user = UserId::from_bytes([2; 16]);
        let (_, state) = self.relying_party.begin_registration(user, ("ada", "Ada"), &[]).unwrap();
        let of = &self.vector["registration"];
        let answer = json!({
            "id": base64(&self.vector["id"]),
            "rawId": base64(&self.vector["id"]),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64(&of["clientDataJSON"]),
                "attestationObject": base64(&of["attestationObject"]),
            },
        });
        let answer: Attestation = serde_json::from_value(answer).unwrap();
        let state = bent(&state, "rs", &of["challenge"], verification);
        self.relying_party.finish_registration(&answer, &state)
    }

    fn authenticate(&self, passkey: &StoredPasskey, verification: &str) -> Result<Asserted, Refused> {
        let (_, state) = self.relying_party.begin_authentication(&[]).unwrap();
        let of = &self.vector["authentication"];
        let answer = json!({
            "id": base64(&self.vector["id"]),
            "rawId": base64(&self.vector["id"]),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64(&of["clientDataJSON"]),
                "authenticatorData": base64(&of["authenticatorData"]),
                "signature": base64(&of["signature"]),
                "userHandle": null,
            },
        });
        let answer: Assertion = serde_json::from_value(answer).unwrap();
        let state = bent(&state, "ast", &of["challenge"], verification);
        let user = UserId::from_bytes([2; 16]);
        self.relying_party.finish_authentication(&answer, &state, user, (passkey.clone(), 0))
    }
}

#[test]
fn the_vectors_of_the_specification() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let section = vector["section"].as_str().unwrap().to_owned();
        let framed = vector["framed"] == true;
        let relying_party = RelyingParty::of(&tenant(), "https://auth.example").unwrap();
        let ceremonies = Ceremonies { relying_party, vector };
        let registered = ceremonies.register("discouraged");
        if framed {
            let why = registered.unwrap_err().to_string();
            assert_eq!(why, "made in a frame of another origin", "{section}");
            continue;
        }
        let mut passkey = registered.unwrap_or_else(|error| panic!("{section}: {error}")).passkey;
        // The credential remembers how it was asked for.
        let asserted = ceremonies.authenticate(&passkey, "discouraged");
        assert_eq!(asserted, Ok(Asserted { counter: 0, holding: Holding::Synced }), "{section}");
        assert!(ceremonies.authenticate(&passkey, "required").is_err(), "{section}: not verified");
        passkey = StoredPasskey::of_bytes(&passkey.to_bytes().unwrap()).unwrap();
        assert!(ceremonies.authenticate(&passkey, "discouraged").is_ok(), "{section}: stored and read");
    }
}

#[test]
fn a_relying_party_needs_an_origin_that_lies_under_it() {
    let mut tenant = tenant();
    assert!(RelyingParty::of(&tenant, "https://auth.example").is_some());
    tenant.settings.origins.clear();
    assert!(RelyingParty::of(&tenant, "https://auth.example").is_none());
    tenant.settings.relying_party.id = None;
    assert!(RelyingParty::of(&tenant, "https://auth.example").is_some(), "the deployment's own");
    assert!(RelyingParty::of(&tenant, "http://localhost:9100").is_some());
    assert!(RelyingParty::of(&tenant, "http://127.0.0.1:9100").is_none(), "an address is no domain");
}
