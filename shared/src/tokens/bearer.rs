//! Bearer secrets: a prefix per kind, then base64url of a selector and 256 secret bits.
//!
//! The selector names the item's partition, so a token is found by one read; the SHA-256 of the
//! whole is what is stored and compared. A token of one kind, tenant or user works nowhere else:
//! the kind is in the prefix, tenant and user are in the key that the token is looked up under.

use std::{fmt, ops::RangeInclusive};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    domain::{
        EmailKey, Entropy, TenantSlug,
        ids::{DeviceId, SessionId, TenantId, UserId},
    },
    keys::DataKey,
};

/// The kinds of bearer secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A password was right, a second factor is due.
    Mfa,
    /// May choose a new password.
    Reset,
    /// Proves an address.
    Verify,
    /// Continues a session.
    Refresh,
    /// A trusted or known device.
    Device,
    /// May enrol a first factor.
    Enrollment,
    /// Brings an address back.
    Undo,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Mfa, Self::Reset, Self::Verify, Self::Refresh, Self::Device, Self::Enrollment, Self::Undo];

    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Mfa => "lk_mfa_",
            Self::Reset => "lk_rst_",
            Self::Verify => "lk_vfy_",
            Self::Refresh => "lk_rt_",
            Self::Device => "lk_dev_",
            Self::Enrollment => "lk_enr_",
            Self::Undo => "lk_und_",
        }
    }

    /// How long the selector may be, in bytes. An enrolment token's ends with the tenant's slug: the
    /// paths that take it name no tenant.
    fn selector_lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::Mfa | Self::Reset | Self::Verify | Self::Undo => 16..=16,
            Self::Refresh | Self::Device => 32..=32,
            Self::Enrollment => 16 + *TenantSlug::LENGTH.start()..=16 + *TenantSlug::LENGTH.end(),
        }
    }
}

/// The length of the secret, in bytes.
const SECRET: usize = 32;

/// The part of a token that names a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Vec<u8>);

impl Selector {
    #[must_use]
    pub fn user(user: UserId) -> Self {
        Self(user.to_bytes().to_vec())
    }

    #[must_use]
    pub fn session(user: UserId, session: SessionId) -> Self {
        Self([user.to_bytes(), session.to_bytes()].concat())
    }

    #[must_use]
    pub fn device(user: UserId, device: DeviceId) -> Self {
        Self([user.to_bytes(), device.to_bytes()].concat())
    }

    /// A user of a tenant, for a token that is shown where no path names the tenant.
    #[must_use]
    pub fn enrollment(user: UserId, slug: &TenantSlug) -> Self {
        Self([user.to_bytes().as_slice(), slug.as_str().as_bytes()].concat())
    }

    /// An address, by HMAC: a link says nothing of whom it was mailed to.
    #[must_use]
    pub fn address(key: &DataKey, tenant: TenantId, email: &EmailKey) -> Self {
        let mac = key.mac("selector", &[&tenant.to_bytes(), email.as_str().as_bytes()]);
        Self(mac[..16].to_vec())
    }

    /// The same under every key of the ring: while it is rotated, what waits for an address stands under
    /// more than one.
    #[must_use]
    pub fn addresses(key: &DataKey, tenant: TenantId, email: &EmailKey) -> Vec<Self> {
        let tenant = tenant.to_bytes();
        let parts: [&[u8]; 2] = [&tenant, email.as_str().as_bytes()];
        key.macs("selector", &parts).map(|mac| Self(mac[..16].to_vec())).collect()
    }

    /// As it stands in a partition key.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }
}

/// A bearer secret. Printed nowhere; leaves only by [`expose`](Self::expose).
#[derive(Clone)]
pub struct Bearer {
    kind: Kind,
    selector: Selector,
    secret: Zeroizing<[u8; 32]>,
    text: Zeroizing<String>,
}

/// What lets a function tell a token that we made from any other before it reads a thing.
///
/// Half of such a token's secret bits are random, half a MAC over them. A forged token can then
/// neither count against a factor nor end a session that it merely names.
pub struct Proof<'a> {
    pub key: &'a DataKey,
    pub tenant: TenantId,
}

impl Bearer {
    /// Puts a token together from its parts.
    #[must_use]
    pub fn new(kind: Kind, selector: Selector, secret: [u8; 32]) -> Self {
        let secret = Zeroizing::new(secret);
        let bytes = Zeroizing::new([selector.0.as_slice(), secret.as_slice()].concat());
        let text = Zeroizing::new(format!("{}{}", kind.prefix(), BASE64_URL_SAFE_NO_PAD.encode(&*bytes)));
        Self { kind, selector, secret, text }
    }

    /// A token of 256 random bits.
    #[must_use]
    pub fn random(kind: Kind, selector: Selector, entropy: &dyn Entropy) -> Self {
        Self::new(kind, selector, entropy.bytes())
    }

    /// A token whose maker can be told without a read, good until `until` at the latest.
    #[must_use]
    pub fn proven(kind: Kind, selector: Selector, proof: &Proof, seed: [u8; 12], until: Timestamp) -> Self {
        let mut secret = [0; 32];
        secret[..12].copy_from_slice(&seed);
        let minutes = u32::try_from(until.as_second().div_euclid(60) + 1).unwrap_or(u32::MAX);
        secret[12..16].copy_from_slice(&minutes.to_be_bytes());
        let tag = proof.mac(kind, &selector, &secret[..16]);
        secret[16..].copy_from_slice(&tag[..16]);
        Self::new(kind, selector, secret)
    }

    /// Reads a token of one kind. No I/O and no hashing: a text of another prefix, length or
    /// alphabet is refused at once.
    #[must_use]
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        let body = text.strip_prefix(kind.prefix())?;
        let lengths = kind.selector_lengths();
        let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(body).ok()?);
        let length = bytes.len().checked_sub(SECRET).filter(|length| lengths.contains(length))?;
        let (selector, secret) = bytes.split_at_checked(length)?;
        Some(Self::new(kind, Selector(selector.to_vec()), secret.try_into().ok()?))
    }

    /// Whether we made this token for this tenant, and its time has not run out.
    #[must_use]
    pub fn is_ours(&self, proof: &Proof, now: Timestamp) -> bool {
        let minutes =
            u32::from_be_bytes([self.secret[12], self.secret[13], self.secret[14], self.secret[15]]);
        let fresh = i64::from(minutes) > now.as_second().div_euclid(60);
        let parts: [&[u8]; 4] =
            [self.kind.prefix().as_bytes(), &proof.tenant.to_bytes(), &self.selector.0, &self.secret[..16]];
        fresh && proof.key.mac_matches("proven", &parts, &self.secret[16..])
    }

    #[must_use]
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The user that a user's token names.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self.kind {
            Kind::Reset | Kind::Verify => None,
            _ => self.half(0).map(UserId::from_bytes),
        }
    }

    /// The session that a refresh token names.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        (self.kind == Kind::Refresh).then(|| self.half(1)).flatten().map(SessionId::from_bytes)
    }

    /// The device that a device token names.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        (self.kind == Kind::Device).then(|| self.half(1)).flatten().map(DeviceId::from_bytes)
    }

    /// The tenant that an enrolment token names.
    #[must_use]
    pub fn slug(&self) -> Option<TenantSlug> {
        let slug = self.selector.0.get(16..).filter(|_| self.kind == Kind::Enrollment)?;
        TenantSlug::parse(std::str::from_utf8(slug).ok()?).ok()
    }

    fn half(&self, index: usize) -> Option<[u8; 16]> {
        self.selector.0.chunks_exact(16).nth(index)?.try_into().ok()
    }

    /// The SHA-256 of the whole, in base64url: what is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.text.as_bytes()))
    }

    /// Compares with a stored hash in constant time.
    #[must_use]
    pub fn matches(&self, stored: &str) -> bool {
        self.hash().as_bytes().ct_eq(stored.as_bytes()).into()
    }

    /// The token itself, to be handed to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl Proof<'_> {
    fn mac(&self, kind: Kind, selector: &Selector, head: &[u8]) -> [u8; 32] {
        self.key.mac("proven", &[kind.prefix().as_bytes(), &self.tenant.to_bytes(), &selector.0, head])
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Email, entropy::SystemEntropy};

    fn key() -> DataKey {
        DataKey::parse("a:plain:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap()
    }

    fn selector(kind: Kind) -> Selector {
        Selector((0..*kind.selector_lengths().end()).map(|index| u8::try_from(index).unwrap()).collect())
    }

    #[test]
    fn a_token_is_read_as_its_own_kind_alone() {
        for made in Kind::ALL {
            let token = Bearer::random(made, selector(made), &SystemEntropy::default());
            for read in Kind::ALL {
                let parsed = Bearer::parse(read, token.expose());
                assert_eq!(parsed.is_some(), made == read, "{made:?} read as {read:?}");
            }
            let parsed = Bearer::parse(made, token.expose()).unwrap();
            assert!(parsed.matches(&token.hash()));
            assert!(!parsed.matches(&Bearer::new(made, selector(made), [0; 32]).hash()));
            assert_eq!(parsed.selector(), token.selector());
            assert!(!format!("{token:?}").contains(&token.expose()[10..]));
        }
    }

    #[test]
    fn a_proven_token_is_ours_for_its_tenant_and_its_time() {
        let (key, now) = (key(), Timestamp::UNIX_EPOCH + 1_000_000.seconds());
        let tenant = TenantId::from_bytes([1; 16]);
        let proof = Proof { key: &key, tenant };
        let token = Bearer::proven(Kind::Mfa, selector(Kind::Mfa), &proof, [9; 12], now + 10.minutes());
        assert!(token.is_ours(&proof, now));
        assert!(token.is_ours(&proof, now + 10.minutes()));
        assert!(!token.is_ours(&proof, now + 12.minutes()));
        assert!(!token.is_ours(&Proof { key: &key, tenant: TenantId::from_bytes([2; 16]) }, now));
        let forged = Bearer::random(Kind::Mfa, selector(Kind::Mfa), &SystemEntropy::default());
        assert!(!forged.is_ours(&proof, now));
    }

    #[test]
    fn an_enrolment_token_names_its_tenant() {
        let user = UserId::from_bytes([3; 16]);
        for name in ["ab", "acme", &"a".repeat(63)] {
            let slug = TenantSlug::parse(name).unwrap();
            let token = Bearer::random(
                Kind::Enrollment,
                Selector::enrollment(user, &slug),
                &SystemEntropy::default(),
            );
            let parsed = Bearer::parse(Kind::Enrollment, token.expose()).unwrap();
            assert_eq!((parsed.user(), parsed.slug()), (Some(user), Some(slug)));
        }
        let none = Bearer::new(Kind::Enrollment, Selector(vec![1; 17]), [0; 32]);
        assert!(Bearer::parse(Kind::Enrollment, none.expose()).is_none());
    }

    /// 32 random bytes of a reset link are no user, whatever else they may be read as.
    #[test]
    fn a_token_names_what_its_kind_does_and_nothing_else() {
        let (user, device) = (UserId::from_bytes([3; 16]), DeviceId::from_bytes([4; 16]));
        let session = SessionId::from_bytes([5; 16]);
        let named = |kind, selector| {
            let token = Bearer::new(kind, selector, [9; 32]);
            (token.user(), token.session(), token.device(), token.slug())
        };
        let whole = || Selector::device(user, device);
        assert_eq!(named(Kind::Mfa, Selector::user(user)), (Some(user), None, None, None));
        assert_eq!(named(Kind::Undo, Selector::user(user)), (Some(user), None, None, None));
        assert_eq!(
            named(Kind::Refresh, Selector::session(user, session)),
            (Some(user), Some(session), None, None)
        );
        assert_eq!(named(Kind::Device, whole()), (Some(user), None, Some(device), None));
        for kind in [Kind::Reset, Kind::Verify] {
            assert_eq!(named(kind, whole()), (None, None, None, None));
        }
    }

    #[test]
    fn an_address_is_named_by_its_mac_under_each_key_of_the_ring() {
        let old = "a:plain:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let key =
            DataKey::parse(&format!("b:plain:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=,{old}")).unwrap();
        let email = Email::parse("ada@example.com").unwrap().key().clone();
        let tenant = TenantId::from_bytes([1; 16]);
        let selector = Selector::address(&key, tenant, &email);
        let before = Selector::address(&self::key(), tenant, &email);
        assert_ne!(selector, before);
        assert_eq!(Selector::addresses(&key, tenant, &email), [selector.clone(), before]);
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(selector.text()).unwrap(), selector.0);
        assert_eq!(selector.0.len(), 16);
        assert_ne!(selector, Selector::address(&key, TenantId::from_bytes([2; 16]), &email));
    }

    #[test]
    fn a_proven_token_ends_in_the_minute_after_its_time_at_the_latest() {
        let (key, tenant) = (key(), TenantId::from_bytes([1; 16]));
        let proof = Proof { key: &key, tenant };
        let until = Timestamp::UNIX_EPOCH + 600.seconds();
        let token = Bearer::proven(Kind::Mfa, selector(Kind::Mfa), &proof, [9; 12], until);
        assert!(token.is_ours(&proof, until + 59.seconds()));
        assert!(!token.is_ours(&proof, until + 60.seconds()));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            for kind in Kind::ALL {
                let _ = Bearer::parse(kind, &text);
                let _ = Bearer::parse(kind, &format!("{}{text}", kind.prefix()));
            }
        }

        #[test]
        fn only_one_text_is_a_token(index in 0usize..64, replacement in "[A-Za-z0-9_-]") {
            let token = Bearer::new(Kind::Mfa, selector(Kind::Mfa), [7; 32]);
            let mut text = token.expose().to_owned();
            let at = Kind::Mfa.prefix().len() + index;
            text.replace_range(at..=at, &replacement);
            if let Some(parsed) = Bearer::parse(Kind::Mfa, &text) {
                prop_assert_eq!(parsed.expose() == token.expose(), text == token.expose());
            }
        }
    }
}
