//! A ring of data keys as a deployment sets it: some of its keys may be wrapped by KMS.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::try_join_all;
use zeroize::Zeroizing;

use super::{DataKey, data_key::Key};

/// Why the text of a ring cannot be used. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyText {
    #[error("must be a comma-separated list of id:plain:base64 or id:kms:base64, the key in force first")]
    Shape,
    #[error("holds a key that is not 32 bytes in base64")]
    Length,
    #[error("holds a wrapped key that is not base64")]
    Wrapped,
    #[error("names two of its keys alike")]
    Twice,
}

/// A ring of keys of one purpose, the key in force first. [`unwrapped`](Self::unwrapped) it is a
/// [`DataKey`].
pub struct KeyRing {
    keys: Vec<(String, Material)>,
}

enum Material {
    Plain(Key),
    /// What KMS made of the key.
    Wrapped(Vec<u8>),
}

impl KeyRing {
    /// Reads `id:plain:base64` or `id:kms:base64`, and more after commas, the key in force first. An id
    /// is 1 to 32 letters, digits or `-`.
    ///
    /// # Errors
    /// A [`KeyText`] that says what is wrong with the shape, never what it held.
    pub fn parse(text: &str) -> Result<Self, KeyText> {
        let keys = text.split(',').map(|part| entry(part.trim())).collect::<Result<Vec<_>, _>>()?;
        let twice = keys
            .iter()
            .enumerate()
            .any(|(index, (id, _))| keys[..index].iter().any(|(other, _)| other == id));
        if twice { Err(KeyText::Twice) } else { Ok(Self { keys }) }
    }

    /// The names of its keys, that of the key in force first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    /// The ring with what `unwrap` makes of each wrapped key, asked side by side; of a plain ring it is
    /// asked nothing.
    ///
    /// # Errors
    /// The first of `unwrap`'s.
    pub async fn unwrapped<F, E>(self, unwrap: impl Fn(Vec<u8>) -> F) -> Result<DataKey, E>
    where
        F: Future<Output = Result<Zeroizing<[u8; 32]>, E>>,
    {
        let unwrap = &unwrap;
        let keys = self.keys.into_iter().map(|(id, material)| async move {
            match material {
                Material::Plain(key) => Ok(key),
                Material::Wrapped(wrapped) => Ok(Key::of(id, &*unwrap(wrapped).await?)),
            }
        });
        Ok(DataKey::of(try_join_all(keys).await?))
    }
}

fn entry(text: &str) -> Result<(String, Material), KeyText> {
    let mut parts = text.splitn(3, ':');
    let (Some(id), Some(kind), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyText::Shape);
    };
    let named = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !named {
        return Err(KeyText::Shape);
    }
    let id = id.to_owned();
    let material = match kind {
        "plain" => {
            let bytes = Zeroizing::new(BASE64_STANDARD.decode(key).map_err(|_| KeyText::Length)?);
            let bytes = bytes.as_slice().try_into().map_err(|_| KeyText::Length)?;
            Material::Plain(Key::of(id.clone(), bytes))
        }
        "kms" => {
            let wrapped = BASE64_STANDARD.decode(key).ok().filter(|wrapped| !wrapped.is_empty());
            Material::Wrapped(wrapped.ok_or(KeyText::Wrapped)?)
        }
        _ => return Err(KeyText::Shape),
    };
    Ok((id, material))
}

/// Says which keys there are, not what they are.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(id: &str, fill: u8) -> String {
        format!("{id}:plain:{}", BASE64_STANDARD.encode([fill; 32]))
    }

    #[tokio::test]
    async fn a_wrapped_key_is_the_key_that_it_wraps() {
        let text = format!("b:kms:{},{}", BASE64_STANDARD.encode("wrapped"), plain("a", 1));
        let unwrap = async |wrapped: Vec<u8>| {
            assert_eq!(wrapped, b"wrapped");
            Ok::<_, KeyText>(Zeroizing::new([2; 32]))
        };
        let ring = KeyRing::parse(&text).unwrap().unwrapped(unwrap).await.unwrap();
        let same = DataKey::parse(&format!("{},{}", plain("b", 2), plain("a", 1))).unwrap();
        for (one, other) in [(&ring, &same), (&same, &ring)] {
            assert_eq!(one.open("here", &other.seal("here", b"secret")).unwrap().as_slice(), b"secret");
        }
        assert_eq!(ring.mac("x", &[b"y"]), same.mac("x", &[b"y"]));
    }

    #[test]
    fn bad_texts_are_refused_and_never_repeated() {
        for text in ["", "a", "a:plain", "a:aws:AAAA", ":plain:AAAA", "a b:plain:AAAA"] {
            assert_eq!(KeyRing::parse(text).unwrap_err(), KeyText::Shape, "{text}");
        }
        for text in ["a:plain:", "a:plain:AAAA", "a:plain:*"] {
            assert_eq!(KeyRing::parse(text).unwrap_err(), KeyText::Length, "{text}");
        }
        for text in ["a:kms:", "a:kms:*"] {
            assert_eq!(KeyRing::parse(text).unwrap_err(), KeyText::Wrapped, "{text}");
        }
        let alike = format!("{},a:kms:AAAA", plain("a", 1));
        assert_eq!(KeyRing::parse(&alike).unwrap_err(), KeyText::Twice);
        assert_eq!(format!("{:?}", KeyRing::parse("b:kms:AAAA,a:kms:AAAA").unwrap()), "[\"b\", \"a\"]");
    }
}
