//! Keys: rings of data keys, what they seal, ids, and the keys of items.

use std::{convert::Infallible, fmt::Display, future::ready, str::FromStr, str::from_utf8};

use futures::FutureExt;
use latchkey::{
    domain::{
        TenantSlug,
        ids::{ChallengeId, DeviceId, EventId, FactorId, SessionId, TenantId, UserId},
    },
    keys::{Cost, KeyRing},
    store::Due,
    zeroize::Zeroizing,
};

use crate::first_line;

/// A text of a deployment's or of an item's key in the first line, and a sealed envelope after it.
pub fn keys(data: &[u8]) {
    let (line, envelope) = first_line(data);
    let Ok(line) = from_utf8(line) else { return };
    ring(line, envelope);
    id::<TenantId>(line);
    id::<UserId>(line);
    id::<SessionId>(line);
    id::<DeviceId>(line);
    id::<FactorId>(line);
    id::<ChallengeId>(line);
    id::<EventId>(line);
    if let Ok(slug) = TenantSlug::parse(line) {
        assert_eq!(slug.as_str(), line);
    }
    if let Some(cost) = Cost::parse(line) {
        assert!(cost.memory_kib <= 128 * 1024 && cost.passes <= 16 && cost.lanes <= 8, "{cost:?}");
    }
    let (partition, sort) = line.split_once(' ').unwrap_or((line, ""));
    if let Some(due) = Due::of_stream(partition, sort) {
        assert!(partition.ends_with(due.errand_id()) && due.place().contains(partition));
    }
}

/// A ring says which keys it has and not what they are, and opens only what it has sealed.
fn ring(text: &str, envelope: &[u8]) {
    let Ok(ring) = KeyRing::parse(text) else { return };
    let shown = format!("{ring:?}");
    let material = text.split(',').filter_map(|part| part.trim().split_once(":plain:"));
    for (_, material) in material {
        assert!(!shown.contains(material), "{shown}");
    }
    let mut ids: Vec<_> = ring.ids().map(str::to_owned).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "{shown}");
    let unwrap = |_| ready(Ok::<_, Infallible>(Zeroizing::new([7; 32])));
    let Ok(key) = ring.unwrapped(unwrap).now_or_never().unwrap();
    assert!(key.open("here", envelope).is_err());
    let _ = key.is_stale(envelope);
    let mut sealed = key.seal("here", envelope);
    assert_eq!(key.open("here", &sealed).unwrap().as_slice(), envelope);
    assert!(key.open("there", &sealed).is_err() && !key.is_stale(&sealed));
    *sealed.last_mut().unwrap() ^= 1;
    assert!(key.open("here", &sealed).is_err());
}

/// One id has one text.
fn id<T: FromStr + Display>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string(), text);
    }
}
