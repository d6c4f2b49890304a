//! Access tokens.

use std::{slice, str::from_utf8, sync::LazyLock};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use latchkey::{
    domain::jwk::{Algorithm, PublicJwk},
    jiff::Timestamp,
    tokens::{SigningKey, slug_of_issuer, verify},
};
use serde_json::Value;

use crate::first_line;

const BASE: &str = "https://auth.example";
const ISSUER: &str = "https://auth.example/api/v1/auth/tenants/acme";
const NOW: i64 = 1_780_315_200;

static KEY: LazyLock<(EcdsaKeyPair, PublicJwk)> = LazyLock::new(|| {
    let (der, jwk) = SigningKey::generate(Algorithm::Es256).unwrap();
    (EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap(), jwk)
});

/// A token as somebody sends it; or a header in the first line and claims after it, which are signed with the right
/// key (its id where `KID` stands). Only what is signed, and says all that it must, is taken.
pub fn jwts(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if !text.starts_with('{') {
        assert!(check(text).is_err(), "nobody signed {text}");
        let _ = slug_of_issuer(BASE, text);
        return;
    }
    let (header, claims) = first_line(data);
    let (pair, jwk) = &*KEY;
    let header = from_utf8(header).unwrap().replace("KID", &jwk.kid);
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", encode(signature.as_ref()));
    let verdict = check(&token);
    assert!(check(&format!("{signed}.{}", encode(&[1; 64]))).is_err());
    assert!(check(&format!("{signed}.")).is_err());
    if verdict.is_ok() {
        let header: Value = serde_json::from_str(&header).unwrap();
        let claims: Value = serde_json::from_slice(claims).unwrap();
        assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
        assert_eq!(header["kid"], jwk.kid.as_str());
        assert_eq!((&claims["iss"], &claims["aud"]), (&ISSUER.into(), &"api".into()));
        assert!(claims["exp"].as_i64().unwrap() > NOW && claims["iat"].as_i64().unwrap() <= NOW + 60);
        assert_eq!(slug_of_issuer(BASE, &token).unwrap().as_str(), "acme");
    }
}

fn check(token: &str) -> Result<(), String> {
    let now = Timestamp::from_second(NOW).unwrap();
    match verify(token, slice::from_ref(&KEY.1), ISSUER, "api", now) {
        Ok(_) => Ok(()),
        Err(why) => Err(why.to_string()),
    }
}
