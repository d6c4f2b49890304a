//! Access tokens (RFC 9068) and client tokens.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::domain::{
    TenantSlug,
    ids::{SessionId, TenantId, UserId},
    jwk::{Algorithm, PublicJwk, PublicKey},
};

/// The claims of an access token or of a client's token. Times are unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub aud: String,
    pub client_id: String,
    /// A user id, or for a client's token the client's name.
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sid: Option<SessionId>,
    pub tenant_id: TenantId,
    pub scope: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amr: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acr: Option<String>,
    /// When the person last proved who they are; a refresh never moves it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_time: Option<i64>,
    /// We never issue one; a token that says it must not be taken yet is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nbf: Option<i64>,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
}

/// Whom a valid token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    User { user: UserId, session: SessionId },
    Client { name: String, scopes: BTreeSet<String> },
}

/// Why a token is not taken. One answer for the caller; the reason is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is {0}")]
pub struct AccessRefused(pub &'static str);

/// The issuer of a tenant's tokens: OpenID discovery stands below it.
#[must_use]
pub fn issuer(base_url: &str, slug: &TenantSlug) -> String {
    format!("{base_url}/api/v1/auth/tenants/{slug}")
}

/// The tenant that an *unverified* token claims as its issuer, to know whose keys to verify with.
#[must_use]
pub fn slug_of_issuer(base_url: &str, token: &str) -> Option<TenantSlug> {
    let claims = jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token).ok()?;
    let slug = claims.iss.strip_prefix(base_url)?.strip_prefix("/api/v1/auth/tenants/")?;
    TenantSlug::parse(slug).ok()
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// The claims of a token for another service that calls in a tenant's name.
#[must_use]
pub fn client_claims(
    base_url: &str,
    slug: &TenantSlug,
    tenant_id: TenantId,
    audience: &str,
    client: &str,
    jti: String,
    (from, until): (Timestamp, Timestamp),
) -> AccessClaims {
    AccessClaims {
        iss: issuer(base_url, slug),
        aud: audience.to_owned(),
        client_id: client.to_owned(),
        sub: client.to_owned(),
        sid: None,
        tenant_id,
        scope: "auth:login".to_owned(),
        amr: Vec::new(),
        acr: None,
        auth_time: None,
        nbf: None,
        iat: from.as_second(),
        exp: until.as_second(),
        jti,
    }
}

/// Verifies a token of a tenant. The algorithm is the key's, never the header's (RFC 8725 §3.1);
/// no claim of the header but `kid`, `typ` and `crit` is looked at, and as we know no extension, one
/// that must be understood is refused (RFC 7515 §4.1.11).
///
/// # Errors
/// [`AccessRefused`]; the text is for the log.
pub fn verify<'a>(
    token: &str,
    keys: impl IntoIterator<Item = &'a PublicJwk>,
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<(AccessClaims, Subject), AccessRefused> {
    let header = decode_header(token).map_err(|_| AccessRefused("malformed"))?;
    if header.typ.as_deref() != Some("at+jwt") {
        return Err(AccessRefused("of another type"));
    }
    if header.crit.is_some() {
        return Err(AccessRefused("with an extension that must be understood"));
    }
    let kid = header.kid.ok_or(AccessRefused("without a kid"))?;
    let key = keys.into_iter().find(|key| key.kid == kid).ok_or(AccessRefused("of an unknown key"))?;
    let (algorithm, decoding) = decoding(key)?;
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Time is ours to tell, not the library's.
    validation.validate_exp = false;
    let claims =
        decode::<AccessClaims>(token, &decoding, &validation).map_err(|error| refused(error.kind()))?.claims;
    if now.as_second() >= claims.exp {
        return Err(AccessRefused("expired"));
    }
    let good_from = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if good_from > now.as_second() + CLOCK_SKEW_SECONDS {
        return Err(AccessRefused("from the future"));
    }
    let subject = match claims.sid {
        Some(session) => {
            let user = claims.sub.parse().map_err(|_| AccessRefused("of no user"))?;
            Subject::User { user, session }
        }
        None => Subject::Client {
            name: claims.sub.clone(),
            scopes: claims.scope.split(' ').map(str::to_owned).collect(),
        },
    };
    Ok((claims, subject))
}

/// A key as the library takes it, and the one algorithm that it is for.
pub(super) fn decoding(key: &PublicJwk) -> Result<(jsonwebtoken::Algorithm, DecodingKey), AccessRefused> {
    let (algorithm, decoding) = match (&key.key, key.alg) {
        (PublicKey::Rsa { n, e }, Algorithm::Rs256) => {
            (jsonwebtoken::Algorithm::RS256, DecodingKey::from_rsa_components(n, e))
        }
        (PublicKey::Ec { x, y, .. }, Algorithm::Es256) => {
            (jsonwebtoken::Algorithm::ES256, DecodingKey::from_ec_components(x, y))
        }
        _ => return Err(AccessRefused("of a key that contradicts itself")),
    };
    Ok((algorithm, decoding.map_err(|_| AccessRefused("of an unreadable key"))?))
}

const CLOCK_SKEW_SECONDS: i64 = 60;

fn refused(kind: &ErrorKind) -> AccessRefused {
    AccessRefused(match kind {
        ErrorKind::InvalidSignature => "not signed by its key",
        ErrorKind::InvalidIssuer => "another issuer's",
        ErrorKind::InvalidAudience => "for another audience",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => "of another algorithm",
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => "short of claims",
        _ => "malformed",
    })
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::tokens::SigningKey;

    const BASE: &str = "https://auth.example";

    struct Case {
        key: SigningKey,
        jwk: PublicJwk,
        claims: AccessClaims,
        now: Timestamp,
    }

    fn case(algorithm: Algorithm) -> Case {
        let (der, jwk) = SigningKey::generate(algorithm).unwrap();
        let key = SigningKey::parse(&jwk.kid, algorithm, &der).unwrap();
        let now = Timestamp::UNIX_EPOCH + 1_000_000.seconds();
        let slug = TenantSlug::parse("acme").unwrap();
        let mut claims = client_claims(
            BASE,
            &slug,
            TenantId::from_bytes([1; 16]),
            "api",
            "backend",
            "1".to_owned(),
            (now, now + 15.minutes()),
        );
        claims.sub = UserId::from_bytes([2; 16]).to_string();
        claims.sid = Some(SessionId::from_bytes([3; 16]));
        Case { key, jwk, claims, now }
    }

    fn check(case: &Case, token: &str, now: Timestamp) -> Result<(AccessClaims, Subject), AccessRefused> {
        verify(token, std::slice::from_ref(&case.jwk), &case.claims.iss, "api", now)
    }

    #[test]
    fn signs_and_verifies_with_both_algorithms() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            let case = case(algorithm);
            let token = case.key.sign("at+jwt", &case.claims).unwrap();
            let (claims, subject) = check(&case, &token, case.now).unwrap();
            assert_eq!(claims, case.claims);
            assert!(matches!(subject, Subject::User { .. }));
            assert_eq!(slug_of_issuer(BASE, &token).unwrap().as_str(), "acme");
            assert!(check(&case, &token, case.now + 899.seconds()).is_ok());
            assert_eq!(check(&case, &token, case.now + 15.minutes()), Err(AccessRefused("expired")));
            // As far as clocks may differ.
            assert!(check(&case, &token, case.now - 60.seconds()).is_ok());
            assert_eq!(check(&case, &token, case.now - 61.seconds()), Err(AccessRefused("from the future")));
        }
    }

    #[test]
    fn refuses_every_other_hand() {
        let case = case(Algorithm::Es256);
        let good = case.key.sign("at+jwt", &case.claims).unwrap();
        // A stranger's key, which says that it is this one.
        let by_another = |algorithm| {
            let (der, _) = SigningKey::generate(algorithm).unwrap();
            let key = SigningKey::parse(&case.jwk.kid, algorithm, &der).unwrap();
            key.sign("at+jwt", &case.claims).unwrap()
        };
        let (stolen_kid, confused) = (by_another(Algorithm::Es256), by_another(Algorithm::Rs256));
        let unknown = self::case(Algorithm::Es256).key.sign("at+jwt", &case.claims).unwrap();
        let other_type = case.key.sign("JWT", &case.claims).unwrap();
        let foreign =
            AccessClaims { iss: format!("{BASE}/api/v1/auth/tenants/other"), ..case.claims.clone() };
        let foreign = case.key.sign("at+jwt", &foreign).unwrap();
        let elsewhere = AccessClaims { aud: "another".to_owned(), ..case.claims.clone() };
        let elsewhere = case.key.sign("at+jwt", &elsewhere).unwrap();
        let nobodys = AccessClaims { sub: "nobody".to_owned(), ..case.claims.clone() };
        let nobodys = case.key.sign("at+jwt", &nobodys).unwrap();
        let short = case.key.sign("at+jwt", &serde_json::json!({ "iss": case.claims.iss })).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let unsigned = format!("{}.{}.", parts[0], parts[1]);
        for (token, why) in [
            (stolen_kid.as_str(), "not signed by its key"),
            (confused.as_str(), "of another algorithm"),
            (unknown.as_str(), "of an unknown key"),
            (other_type.as_str(), "of another type"),
            (foreign.as_str(), "another issuer's"),
            (elsewhere.as_str(), "for another audience"),
            (nobodys.as_str(), "of no user"),
            (short.as_str(), "short of claims"),
            (unsigned.as_str(), "not signed by its key"),
            ("", "malformed"),
            ("a.b.c", "malformed"),
        ] {
            assert_eq!(check(&case, token, case.now), Err(AccessRefused(why)), "{token}");
        }
    }

    #[test]
    fn an_issuer_stands_where_discovery_does() {
        let slug = TenantSlug::parse("acme").unwrap();
        assert_eq!(issuer(BASE, &slug), "https://auth.example/api/v1/auth/tenants/acme");
    }
}
