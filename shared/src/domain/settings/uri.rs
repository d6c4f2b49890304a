//! The addresses in a tenant's settings: where a person may be sent, and from where pages call.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use url::{Host, Url};

use crate::domain::Fault;

/// A URI that a person may be sent back to: absolute `https` (`http` only on the loopback), in the
/// one form in which it is compared, character by character (RFC 9700 §2.1; RFC 8252 §7.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// A page of the tenant's that a mail leads to. The token is appended in the fragment, so it has
/// none of its own; else the rules are those of [`RedirectUri`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PageUrl(String);

/// A web origin (RFC 6454 §6.2) as browsers send it: scheme, host, and the port if it is not the
/// scheme's own. `https`, or `http` on the loopback.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Origin(String);

/// A picture that a page may show: as [`RedirectUri`], but `https` alone, since a page may be anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogoUrl(String);

impl RedirectUri {
    /// # Errors
    /// The text is not such a URI, or not in its one form; the message says why.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        check(text).map(|_| Self(text.to_owned()))
    }
}

impl PageUrl {
    /// # Errors
    /// As [`RedirectUri::parse`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        check(text).map(|_| Self(text.to_owned()))
    }
}

impl LogoUrl {
    /// # Errors
    /// As [`RedirectUri::parse`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match check(text)?.scheme() {
            "https" => Ok(Self(text.to_owned())),
            _ => Err(Fault::value("the URL of a logo must begin with https://")),
        }
    }
}

impl Origin {
    /// # Errors
    /// The text is not an origin as a browser would send it; the message says why.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let url = check(text)?;
        if url.origin().ascii_serialization() == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::value("an origin is scheme://host or scheme://host:port, with nothing after it"))
        }
    }
}

impl Origin {
    /// Whether its host is this domain or lies under it.
    #[must_use]
    pub fn lies_under(&self, domain: &str) -> bool {
        let url = Url::parse(&self.0).ok();
        let host = url.as_ref().and_then(Url::domain).unwrap_or_default();
        host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }
}

macro_rules! text {
    ($($name:ident),+) => {$(
        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
            }
        }
    )+};
}

text!(RedirectUri, PageUrl, Origin, LogoUrl);

/// The URL that `text` is, if it is one in the only form that every reader reads alike. Whatever
/// two URL parsers are known to disagree on is refused before one of them is asked.
fn check(text: &str) -> Result<Url, Fault> {
    const MAX_BYTES: usize = 2000;
    if text.len() > MAX_BYTES {
        return Err(Fault::value("a URL must be at most 2000 characters long"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}#".contains(&byte)) {
        return Err(Fault::value(
            "a URL must not contain a fragment, a backslash, spaces, control characters or any other \
             character that is not allowed in one; a domain with other letters is written in its xn-- form",
        ));
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| Fault::value("a URL must begin with https://"))?;
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path_and_query) = rest.split_at(authority_end);
    if !authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte)) {
        return Err(Fault::value(
            "the host of a URL must be a domain name, without a user, a wildcard or %-escapes",
        ));
    }
    check_path(path_and_query)?;
    let url = Url::parse(text).map_err(|error| Fault::value(format!("not a URL: {error}")))?;
    let canonical = url.as_str();
    if canonical != text && canonical.strip_suffix('/') != Some(text) {
        return Err(Fault::value(format!("a URL must be in its canonical form: {canonical}")));
    }
    check_host(&url)?;
    Ok(url)
}

/// The path and query may not hide a segment, a separator or a line break in %-escapes.
fn check_path(path_and_query: &str) -> Result<(), Fault> {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let refused =
        || Fault::value("the path of a URL must not contain . or .. segments, // or escaped separators");
    let slashes = path.matches('/').count();
    let path = unescape(path)?;
    let hides = path.matches('/').count() != slashes || path.contains("//") || path.contains(['\\', '%']);
    // A segment ends at its parameters as well: "..;x" is ".." to some servers.
    if hides || path.split('/').any(|segment| matches!(segment.split(';').next(), Some("." | ".."))) {
        return Err(refused());
    }
    unescape(query).map(drop)
}

/// The text with its %-escapes resolved.
fn unescape(text: &str) -> Result<String, Fault> {
    let well_formed =
        |escape: &str| escape.len() >= 2 && escape.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(well_formed) {
        return Err(Fault::value("a %-escape in a URL has two hexadecimal digits"));
    }
    let plain = percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| Fault::value("the %-escapes of a URL must be UTF-8"))?;
    if plain.chars().any(char::is_control) {
        return Err(Fault::value("a URL must not contain escaped control characters"));
    }
    Ok(plain.into_owned())
}

fn check_host(url: &Url) -> Result<(), Fault> {
    let is_loopback = match url.host() {
        Some(Host::Domain(domain)) => {
            if domain.ends_with('.') {
                return Err(Fault::value("the host of a URL must not end in a dot"));
            }
            domain == "localhost"
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(Fault::value("a URL must have a host")),
    };
    if url.scheme() == "https" || is_loopback {
        Ok(())
    } else {
        Err(Fault::value(
            "a URL must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1] only)",
        ))
    }
}

#[cfg(test)]
mod tests;
