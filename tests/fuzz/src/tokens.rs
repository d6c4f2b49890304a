//! Bearer secrets.

use std::{str::from_utf8, sync::LazyLock};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::FutureExt;
use latchkey::{
    domain::ids::TenantId,
    jiff::Timestamp,
    keys::{DataKey, KeyRing},
    tokens::{Bearer, Kind, Proof},
    zeroize::Zeroizing,
};

static KEY: LazyLock<DataKey> = LazyLock::new(|| {
    let ring = KeyRing::parse("a:kms:AAAA").unwrap();
    let unwrap = |_| std::future::ready(Ok::<_, std::convert::Infallible>(Zeroizing::new([7; 32])));
    let Ok(key) = ring.unwrapped(unwrap).now_or_never().unwrap();
    key
});

/// A token, or the bytes behind the prefix of one: of one kind at most, one text a token, and never one that we made.
pub fn tokens(data: &[u8]) {
    if let Ok(text) = from_utf8(data) {
        read(text);
    }
    let written = BASE64_URL_SAFE_NO_PAD.encode(data);
    for kind in Kind::ALL {
        read(&format!("{}{written}", kind.prefix()));
    }
}

fn read(text: &str) {
    let mut read = Kind::ALL.into_iter().filter_map(|kind| Some((kind, Bearer::parse(kind, text)?)));
    let Some((kind, token)) = read.next() else { return };
    assert!(read.next().is_none(), "{text} is of two kinds");
    assert_eq!(token.expose(), text);
    assert!(token.matches(&token.hash()) && !format!("{token:?}").contains(&text[kind.prefix().len()..]));
    assert!(kind == Kind::Refresh || token.session().is_none());
    assert!(kind == Kind::Device || token.device().is_none());
    assert!(kind == Kind::Enrollment || token.slug().is_none());
    assert_eq!(token.user().is_none(), matches!(kind, Kind::Reset | Kind::Verify));
    let proof = Proof { key: &KEY, tenant: TenantId::from_bytes([1; 16]) };
    assert!(!token.is_ours(&proof, Timestamp::UNIX_EPOCH));
}
