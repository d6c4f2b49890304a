//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, one step either way.

use std::fmt;

use jiff::Timestamp;
use qrcode::{EcLevel, QrCode, render::svg};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::domain::Entropy;

/// What an authenticator app and we share: 160 bits (RFC 4226 §4). Not printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// How an app is told of a secret.
pub struct Invitation {
    /// For who types it.
    pub base32: Zeroizing<String>,
    /// The `otpauth:` URI of the key URI format.
    pub uri: Zeroizing<String>,
    /// The URI as a QR code.
    pub svg: Zeroizing<String>,
}

/// A secret that cannot be used: a mistake of ours.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a TOTP secret cannot be used: {0}")]
pub struct Unusable(String);

impl Secret {
    #[must_use]
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes::<20>().to_vec()))
    }

    #[must_use]
    pub fn of_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes to seal.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The time step that a code is of: the present one, the one before or the one after, for
    /// clocks that differ and codes that are typed (RFC 6238 §5.2). Spaces are ignored; compared in
    /// constant time.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn step_of(&self, code: &str, now: Timestamp) -> Result<Option<u64>, Unusable> {
        let code: Zeroizing<String> =
            Zeroizing::new(code.chars().filter(|character| !character.is_whitespace()).collect());
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        Ok(self.totp("account", "issuer")?.check(&code, now))
    }

    /// What an app needs to be shown.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn invitation(&self, issuer: &str, account: &str) -> Result<Invitation, Unusable> {
        // A colon is what the URI's label separates the two by.
        let totp = self.totp(&account.replace(':', " "), &issuer.replace(':', " "))?;
        let uri = Zeroizing::new(totp.to_url().map_err(|error| Unusable(error.to_string()))?);
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M)
            .map_err(|error| Unusable(error.to_string()))?;
        let svg = code.render::<svg::Color<'_>>().min_dimensions(256, 256).build();
        Ok(Invitation { base32: Zeroizing::new(totp.secret().to_base32()), uri, svg: Zeroizing::new(svg) })
    }

    fn totp(&self, account: &str, issuer: &str) -> Result<Totp, Unusable> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(self.0.to_vec())
            .with_account_name(account)
            .with_issuer(Some(issuer))
            .build()
            .map_err(|error| Unusable(error.to_string()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> Secret {
        Secret::of_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    fn step(code: &str, second: i64) -> Option<u64> {
        rfc().step_of(code, Timestamp::from_second(second).unwrap()).unwrap()
    }

    #[test]
    fn what_is_sealed_is_the_secret_itself() {
        assert_eq!(rfc().expose(), b"12345678901234567890");
    }

    /// RFC 6238 appendix B, the SHA-1 rows, cut to six digits.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let of = u64::try_from(second / 30).unwrap();
            assert_eq!(step(code, second), Some(of), "{second}");
            assert_eq!(step(code, second + 30), Some(of), "one step late");
            assert_eq!(step(code, second - 30), Some(of), "one step early");
            assert_eq!(step(code, second + 60), None, "two steps late");
            if second > 60 {
                assert_eq!(step(code, second - 60), None, "two steps early");
            }
        }
    }

    #[test]
    fn only_six_digits_are_a_code() {
        assert_eq!(step(" 287 082 ", 59), Some(1));
        for odd in ["", "28708", "2870820", "0287082", "２８７０８２", "٢٨٧٠٨٢", "-87082", "+28708", "28708a"]
        {
            assert_eq!(step(odd, 59), None, "{odd}");
        }
    }

    #[test]
    fn an_app_is_told_who_and_what() {
        let told = rfc().invitation("Müller: Söhne", "ada@example.com").unwrap();
        assert_eq!(*told.base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            told.uri.starts_with("otpauth://totp/M%C3%BCller%20%20S%C3%B6hne:ada%40example%2Ecom?secret=GEZ")
                || told
                    .uri
                    .starts_with("otpauth://totp/M%C3%BCller%20%20S%C3%B6hne:ada%40example.com?secret=GEZ"),
            "{}",
            *told.uri
        );
        assert!(told.svg.contains("<svg") && !told.svg.contains("<script"));
        assert_eq!(format!("{:?}", rfc()), "Secret(…)");
    }
}
