//! A tenant's signing keys over time: in the JWKS before they sign, and for as long as what they
//! signed is good.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{jwk::PublicJwk, settings::Tokens};

/// A public key of a tenant, and its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantKey {
    #[serde(flatten)]
    pub jwk: PublicJwk,
    /// It signs from then on, until a newer one does.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required", default)]
    pub signs_from: Timestamp,
    /// It is in the JWKS until then; none while no newer key takes its place.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Timestamp>,
}

/// What a key is good for at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, so that verifiers know it when it signs.
    Waiting,
    Signing,
    /// Published for what it has signed.
    Verifying,
    Expired,
}

/// A newer key waits to sign already, from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotating(pub Timestamp);

/// A tenant's keys, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantKeys(Vec<TenantKey>);

impl TenantKeys {
    /// A key is published for so long before it signs: API Gateway keeps a JWKS for two hours.
    pub const LEAD: SignedDuration = SignedDuration::from_mins(2 * 60 + 15);
    const LONGEST_ACCESS: SignedDuration = SignedDuration::from_mins(Tokens::MOST_ACCESS_MINUTES as i64);

    /// One key, which signs at once.
    #[must_use]
    pub fn of(jwk: PublicJwk, now: Timestamp) -> Self {
        Self(vec![TenantKey { jwk, signs_from: now, published_until: None }])
    }

    /// With a newer key, which signs once verifiers can have seen it. The others stay published for as
    /// long as an access token that they sign until then can live; expired ones are left out.
    ///
    /// # Errors
    /// [`Rotating`] where a newer key waits already.
    pub fn rotated(&self, jwk: PublicJwk, now: Timestamp) -> Result<Self, Rotating> {
        if let Some(waiting) = self.0.iter().find(|key| key.signs_from > now) {
            return Err(Rotating(waiting.signs_from));
        }
        let after = |at: Timestamp, span| at.saturating_add(span).unwrap_or(Timestamp::MAX);
        let signs_from = after(now, Self::LEAD);
        let until = after(signs_from, Self::LONGEST_ACCESS);
        let mut keys = vec![TenantKey { jwk, signs_from, published_until: None }];
        keys.extend(
            self.0
                .iter()
                .filter(|key| key.is_published(now))
                .map(|key| TenantKey { published_until: key.published_until.or(Some(until)), ..key.clone() }),
        );
        Ok(Self(keys))
    }

    /// The keys that tokens verify with.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &PublicJwk> {
        self.0.iter().filter(move |key| key.is_published(now)).map(|key| &key.jwk)
    }

    /// The key that signs: the newest that may; the oldest where this clock is behind that of who made it.
    #[must_use]
    pub fn signer(&self, now: Timestamp) -> Option<&PublicJwk> {
        let signs = |key: &&TenantKey| key.signs_from <= now;
        self.0.iter().find(signs).or(self.0.last()).map(|key| &key.jwk)
    }

    /// Every key, the newest first, and what it is good for.
    pub fn states(&self, now: Timestamp) -> impl Iterator<Item = (&TenantKey, KeyState)> {
        let signer = self.signer(now);
        self.0.iter().map(move |key| {
            let state = if !key.is_published(now) {
                KeyState::Expired
            } else if signer == Some(&key.jwk) {
                KeyState::Signing
            } else if key.signs_from > now {
                KeyState::Waiting
            } else {
                KeyState::Verifying
            };
            (key, state)
        })
    }

    /// Their ids, the newest first.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.jwk.kid.as_str())
    }
}

impl TenantKey {
    fn is_published(&self, now: Timestamp) -> bool {
        self.published_until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::domain::jwk::{Algorithm, PublicKey};

    fn jwk(kid: &str) -> PublicJwk {
        let key = PublicKey::Ec { crv: "P-256".to_owned(), x: "x".to_owned(), y: "y".to_owned() };
        PublicJwk { kid: kid.to_owned(), alg: Algorithm::Es256, usage: "sig".to_owned(), key }
    }

    fn at(keys: &TenantKeys, now: Timestamp) -> (Vec<&str>, &str) {
        let published = keys.published(now).map(|key| key.kid.as_str()).collect();
        (published, &keys.signer(now).unwrap().kid)
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_after() {
        let now = Timestamp::UNIX_EPOCH + 1_000_000.seconds();
        let keys = TenantKeys::of(jwk("a"), now);
        assert_eq!(at(&keys, now), (vec!["a"], "a"));
        let keys = keys.rotated(jwk("b"), now).unwrap();
        let signs_from = now + 135.minutes();
        let until = signs_from + 15.minutes();
        assert_eq!(at(&keys, now), (vec!["b", "a"], "a"));
        assert_eq!(at(&keys, signs_from - 1.second()), (vec!["b", "a"], "a"));
        assert_eq!(at(&keys, signs_from), (vec!["b", "a"], "b"));
        assert_eq!(at(&keys, until - 1.second()), (vec!["b", "a"], "b"));
        assert_eq!(at(&keys, until), (vec!["b"], "b"));
        assert_eq!(keys.rotated(jwk("c"), now), Err(Rotating(signs_from)));
        let again = keys.rotated(jwk("c"), signs_from).unwrap();
        let states: Vec<_> = again.states(signs_from).map(|(_, state)| state).collect();
        assert_eq!(states, [KeyState::Waiting, KeyState::Signing, KeyState::Verifying]);
        // The time at which a key goes is not put off by another rotation.
        assert_eq!(at(&again, until), (vec!["c", "b"], "b"));
        assert!(keys.rotated(jwk("c"), until).unwrap().kids().eq(["c", "b"]));
    }

    #[test]
    fn is_stored_with_its_times_and_read_without() {
        let now = Timestamp::UNIX_EPOCH + 1_000_000.seconds();
        let keys = TenantKeys::of(jwk("a"), now).rotated(jwk("b"), now).unwrap();
        let item: serde_dynamo::Item = serde_dynamo::to_item(serde_json::json!({ "jwks": keys })).unwrap();
        let read: std::collections::HashMap<String, TenantKeys> = serde_dynamo::from_item(item).unwrap();
        assert_eq!(read["jwks"], keys);
        let plain: TenantKeys = serde_json::from_value(serde_json::json!([jwk("a")])).unwrap();
        assert_eq!(plain, TenantKeys::of(jwk("a"), Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn a_clock_that_is_behind_signs_all_the_same() {
        let now = Timestamp::UNIX_EPOCH + 1_000_000.seconds();
        assert_eq!(at(&TenantKeys::of(jwk("a"), now), now - 2.seconds()), (vec!["a"], "a"));
    }
}
