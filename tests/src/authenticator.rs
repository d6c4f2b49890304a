//! An authenticator that does what a test tells it, right or wrong.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The bits of an authenticator's flags (WebAuthn Level 3 §6.1).
pub mod flags {
    pub const USER_PRESENT: u8 = 0x01;
    pub const USER_VERIFIED: u8 = 0x04;
    pub const BACKUP_ELIGIBLE: u8 = 0x08;
    pub const BACKED_UP: u8 = 0x10;
    pub const ATTESTED: u8 = 0x40;
}

/// One credential on one authenticator (ES256).
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub user_handle: Vec<u8>,
    pub counter: u32,
    pub flags: u8,
}

/// What a ceremony says; a test bends it.
#[derive(Clone)]
pub struct Ceremony {
    pub kind: &'static str,
    pub challenge: String,
    pub origin: String,
    pub rp_id: String,
    pub cross_origin: bool,
    pub flags: u8,
    pub counter: u32,
    pub user_handle: Option<Vec<u8>>,
}

pub const ORIGIN: &str = "https://app.example.com";
pub const RP_ID: &str = "example.com";

#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[must_use]
pub fn decode(text: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

impl Authenticator {
    /// A new credential, and the answer of `navigator.credentials.create()` to these options.
    #[must_use]
    pub fn create(options: &Value) -> (Self, Value) {
        let made = Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: sha256(options["challenge"].as_str().unwrap().as_bytes()),
            user_handle: decode(&options["user"]["id"]),
            counter: 0,
            flags: flags::USER_PRESENT | flags::USER_VERIFIED,
        };
        let ceremony = made.ceremony("webauthn.create", options);
        let answer = made.attest(&ceremony);
        (made, answer)
    }

    /// The answer of `navigator.credentials.get()` to these options.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let ceremony = self.ceremony("webauthn.get", options);
        self.assert(&ceremony)
    }

    /// What an honest browser would have this authenticator do.
    #[must_use]
    pub fn ceremony(&self, kind: &'static str, options: &Value) -> Ceremony {
        Ceremony {
            kind,
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: ORIGIN.to_owned(),
            rp_id: RP_ID.to_owned(),
            cross_origin: false,
            flags: self.flags,
            counter: self.counter,
            user_handle: Some(self.user_handle.clone()),
        }
    }

    /// A `RegistrationResponseJSON` with no attestation.
    #[must_use]
    pub fn attest(&self, ceremony: &Ceremony) -> Value {
        let point = self.key.public_key().as_ref();
        // A COSE key (RFC 9052 §7): kty EC2, alg ES256, crv P-256, x, y.
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        cose.extend_from_slice(&point[1..33]);
        cose.extend_from_slice(&[0x22, 0x58, 0x20]);
        cose.extend_from_slice(&point[33..]);
        let mut data = ceremony.data(ceremony.flags | flags::ATTESTED);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&cose);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend_from_slice(&data);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(ceremony.client_data().as_bytes()),
                "attestationObject": encode(&object),
                "transports": ["internal", "hybrid"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        })
    }

    /// An `AuthenticationResponseJSON`.
    #[must_use]
    pub fn assert(&self, ceremony: &Ceremony) -> Value {
        let (data, client_data) = (ceremony.data(ceremony.flags), ceremony.client_data());
        let signed = [data.clone(), sha256(client_data.as_bytes())].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "authenticatorData": encode(&data),
                "clientDataJSON": encode(client_data.as_bytes()),
                "signature": encode(signature.as_ref()),
                "userHandle": ceremony.user_handle.as_deref().map(encode),
            },
            "clientExtensionResults": {},
        })
    }
}

impl Ceremony {
    fn data(&self, flags: u8) -> Vec<u8> {
        [sha256(self.rp_id.as_bytes()), vec![flags], self.counter.to_be_bytes().to_vec()].concat()
    }

    fn client_data(&self) -> String {
        json!({
            "type": self.kind,
            "challenge": self.challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        })
        .to_string()
    }
}
