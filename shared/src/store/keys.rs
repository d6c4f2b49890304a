//! The keys of items. The encoder escapes its delimiter, so that no slug, address or token can
//! reach another item's key.

use std::fmt::Write;

use aws_lc_rs::digest;

use crate::{
    domain::{
        EmailKey, TemplateName, TenantSlug, hex,
        ids::{ChallengeId, DeviceId, FactorId, SessionId, TenantId, UserId},
    },
    tokens::{Bearer, Selector},
};

/// The four tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    Tenants,
    Users,
    Challenges,
    Events,
}

impl Table {
    pub const ALL: [Self; 4] = [Self::Tenants, Self::Users, Self::Challenges, Self::Events];
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub table: Table,
    pub partition: String,
    pub sort: String,
}

impl Key {
    fn new(table: Table, partition: &[&str], sort: &[&str]) -> Self {
        Self { table, partition: join(partition), sort: join(sort) }
    }

    pub fn tenant(slug: &TenantSlug) -> Self {
        Self::new(Table::Tenants, &["T", slug.as_str()], &["TENANT"])
    }

    /// A tenant's own words for a mail.
    pub fn template(slug: &TenantSlug, name: TemplateName) -> Self {
        let sort = ["TEMPLATE", name.kind.name(), name.locale.tag()];
        Self::new(Table::Tenants, &["T", slug.as_str()], &sort)
    }

    /// What shows at start whether the data keys are those that the tables were written with.
    pub fn key_check() -> Self {
        Self::new(Table::Tenants, &["KEYS"], &["CHECK"])
    }

    pub fn signing_key(slug: &TenantSlug, kid: &str) -> Self {
        Self::new(Table::Tenants, &["K", slug.as_str()], &[kid])
    }

    pub fn login(tenant: TenantId, email: &EmailKey) -> Self {
        Self::new(Table::Users, &["T", &tenant.to_string(), "E", email.as_str()], &["LOGIN"])
    }

    fn of_user(tenant: TenantId, user: UserId, sort: &[&str]) -> Self {
        Self::new(Table::Users, &["T", &tenant.to_string(), "U", &user.to_string()], sort)
    }

    pub fn state(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["STATE"])
    }

    pub fn profile(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["PROFILE"])
    }

    pub fn session(tenant: TenantId, user: UserId, session: SessionId) -> Self {
        Self::of_user(tenant, user, &["SESSION", &session.to_string()])
    }

    pub fn sessions(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["SESSION", ""])
    }

    pub fn device(tenant: TenantId, user: UserId, device: DeviceId) -> Self {
        Self::of_user(tenant, user, &["DEVICE", &device.to_string()])
    }

    pub fn devices(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["DEVICE", ""])
    }

    /// Failures of a factor that has no item of its own.
    pub fn factor_failures(tenant: TenantId, user: UserId, method: &str) -> Self {
        Self::of_user(tenant, user, &["FAILURES", method])
    }

    pub fn all_factor_failures(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["FAILURES", ""])
    }

    pub fn totp(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["TOTP"])
    }

    pub fn credential(tenant: TenantId, user: UserId, factor: FactorId) -> Self {
        Self::of_user(tenant, user, &["CRED", &factor.to_string()])
    }

    pub fn credentials(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["CRED", ""])
    }

    pub fn backup_code(tenant: TenantId, user: UserId, selector: &str) -> Self {
        Self::of_user(tenant, user, &["BACKUP", selector])
    }

    pub fn backup_codes(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["BACKUP", ""])
    }

    /// An address that the user had; named by the hash of the token that brings it back.
    pub fn former_address(tenant: TenantId, user: UserId, hash: &str) -> Self {
        Self::of_user(tenant, user, &["FORMER", hash])
    }

    pub fn former_addresses(tenant: TenantId, user: UserId) -> Self {
        Self::of_user(tenant, user, &["FORMER", ""])
    }

    /// Everything that a user has.
    pub fn whole_user(tenant: TenantId, user: UserId) -> Self {
        Self { sort: String::new(), ..Self::of_user(tenant, user, &[]) }
    }

    /// What a signed-in user has begun and is to confirm.
    pub fn begun(tenant: TenantId, user: UserId, what: &str) -> Self {
        Self::new(Table::Challenges, &["B", &tenant.to_string(), &user.to_string()], &[what])
    }

    pub fn challenge(tenant: TenantId, challenge: ChallengeId) -> Self {
        Self::new(Table::Challenges, &["W", &tenant.to_string(), &challenge.to_string()], &["W"])
    }

    /// A captcha's challenge that was solved, and so is spent.
    pub fn solved_captcha(tenant: TenantId, challenge: &str) -> Self {
        Self::new(Table::Challenges, &["C", &tenant.to_string(), challenge], &["C"])
    }

    pub fn handle(tenant: TenantId, token: &Bearer) -> Self {
        let selector = token.selector().text();
        Self::new(Table::Challenges, &["M", &tenant.to_string(), &selector], &[&token.hash()])
    }

    pub fn registration(tenant: TenantId, token: &Bearer) -> Self {
        Self::pending("P", tenant, token.selector(), &["REG", &token.hash()])
    }

    pub fn registrations(tenant: TenantId, selector: &Selector) -> Self {
        Self::pending("P", tenant, selector, &["REG", ""])
    }

    /// In a partition apart from the registrations, so that no role which writes those can write one.
    pub fn reset(tenant: TenantId, token: &Bearer) -> Self {
        Self::pending("F", tenant, token.selector(), &["RST", &token.hash()])
    }

    fn pending(kind: &str, tenant: TenantId, selector: &Selector, sort: &[&str]) -> Self {
        Self::new(Table::Challenges, &[kind, &tenant.to_string(), &selector.text()], sort)
    }

    pub fn bucket(tenant: TenantId, parts: &[&str]) -> Self {
        let tenant = tenant.to_string();
        let partition: Vec<&str> = ["R", &tenant].into_iter().chain(parts.iter().copied()).collect();
        Self::new(Table::Challenges, &partition, &["R"])
    }

    /// What is known against an address. Hashed: it is looked up, never read out.
    pub fn undeliverable(email: &EmailKey) -> Self {
        let hash = digest::digest(&digest::SHA256, email.as_str().as_bytes());
        Self::new(Table::Challenges, &["N", &hex(hash.as_ref())], &["N"])
    }

    pub fn errand(id: &str) -> Self {
        Self::new(Table::Events, &["O", id], &["O"])
    }

    pub fn event(tenant: TenantId, day: &str, shard: u8, id: &str) -> Self {
        Self::new(Table::Events, &["A", &tenant.to_string(), day, &shard.to_string()], &[id])
    }

    /// What a seal of this item is bound to.
    pub fn place(&self) -> String {
        format!("{}|{}", self.partition, self.sort)
    }
}

const SPECIAL: [char; 3] = ['#', '%', '|'];

fn join(parts: &[&str]) -> String {
    let mut joined = String::with_capacity(64);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            joined.push('#');
        }
        // Most parts have nothing to be escaped.
        if !part.bytes().any(|byte| SPECIAL.contains(&char::from(byte))) {
            joined.push_str(part);
            continue;
        }
        for character in part.chars() {
            if SPECIAL.contains(&character) {
                // Writing to a string does not fail.
                let _ = write!(joined, "%{:02X}", u32::from(character));
            } else {
                joined.push(character);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn different_parts_make_different_keys(
            one in prop::collection::vec("[#%|a2356\u{e9}]{0,4}", 1..4),
            two in prop::collection::vec("[#%|a2356\u{e9}]{0,4}", 1..4),
        ) {
            let join = |parts: &[String]| join(&parts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(join(&one) == join(&two), one == two);
        }
    }
}
