//! New passwords that are known from breaches, where a tenant has them asked about.

use aws_lc_rs::digest;

use crate::{
    domain::{Fault, NewPassword, Tenant, hex},
    http::Problem,
    metrics::Metric,
    runtime::Parts,
};

/// Refuses a new password that "Have I Been Pwned" knows, where the tenant asks it: of the password's
/// SHA-1 it is told five of forty digits, and the answer's length tells nobody which.
///
/// It fails open: where nobody answers, the password is taken, a line is logged and
/// [`Metric::UncheckedPasswords`] counted. The functions' own filter has looked already.
///
/// # Errors
/// 422 on `field`.
pub async fn refuse_breached(
    parts: &Parts,
    tenant: &Tenant,
    field: &str,
    password: &NewPassword,
) -> Result<(), Problem> {
    if !tenant.settings.password.hibp {
        return Ok(());
    }
    let hash = sha1(password.expose());
    let (prefix, rest) = hash.split_at(5);
    match parts.outside.breached_range(prefix).await {
        Ok(range) if is_listed(&range, rest) => Err(Problem::at_field(
            field,
            Fault::value("this password is known from a breach of another service"),
        )),
        Ok(_) => Ok(()),
        Err(cause) => {
            tracing::warn!(
                tenant = tenant.slug.as_str(),
                cause,
                "a new password is not looked up in breaches"
            );
            parts.meters.count(Metric::UncheckedPasswords);
            Ok(())
        }
    }
}

/// SHA-1 in upper-case hexadecimal: what the range is arranged by, and nothing else.
fn sha1(password: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password);
    hex(hash.as_ref()).to_ascii_uppercase()
}

/// Whether a line of the range is `rest` with a count; lines that pad it count nought.
fn is_listed(range: &[u8], rest: &str) -> bool {
    let lines = range.split(|byte| *byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    lines.filter_map(|line| line.trim().split_once(':')).any(|(suffix, count)| suffix == rest && count != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_by_its_hash_unless_it_is_padding() {
        let hash = sha1(b"password");
        assert_eq!(hash, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        let rest = &hash[5..];
        assert!(is_listed(
            format!("0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n{rest}:52256179\r\n").as_bytes(),
            rest
        ));
        assert!(is_listed(format!("{rest}:1").as_bytes(), rest));
        for range in
            ["", ":1", &format!("{rest}:0"), &format!("A{rest}:1"), &format!("{}:1", &rest[1..]), rest]
        {
            assert!(!is_listed(range.as_bytes(), rest), "{range}");
        }
    }
}
