//! Sealing anew what older keys of the rings have sealed. For administration: it reads every table but the record.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use futures::future::try_join_all;

use super::{
    Store, StoreError,
    dynamo::{Change, Item, key_of},
    keys::{Key, Table},
    start::KeyCheck,
};
use crate::keys::{DataKeys, Purpose};

/// What a walk over every seal came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seals {
    pub examined: u64,
    /// Of those, sealed by an older key when they were read.
    pub stale: u64,
    pub resealed: u64,
    /// Somebody else wrote there meanwhile; what they wrote stays.
    pub overtaken: u64,
    /// No key of the ring opens them: a lost key, or damage.
    pub unreadable: u64,
}

/// So many items are read at once; a page of DynamoDB's own size takes longer than a request may.
const PAGE: i32 = 250;
/// So many are written at once.
const AT_ONCE: usize = 16;

/// A seal by an older key, and where it stands.
struct Stale {
    key: Key,
    path: Vec<String>,
    purpose: Purpose,
    sealed: Blob,
}

enum Renewed {
    Done,
    Overtaken,
    Unreadable,
}

impl Store {
    /// Counts the seals, and those that are not by the keys in force.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a seal at a place that is not known here; the store's.
    pub async fn count_seals(&self, keys: &DataKeys) -> Result<Seals, StoreError> {
        self.walk(keys, false).await
    }

    /// Seals anew with the keys in force what older keys of the rings have sealed, and has the key check
    /// accept them. Each write stands on the very seal that was read. Can be run again at any time.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a seal at a place that is not known here; the store's.
    pub async fn reseal(&self, keys: &DataKeys) -> Result<Seals, StoreError> {
        self.walk(keys, true).await
    }

    async fn walk(&self, keys: &DataKeys, renew: bool) -> Result<Seals, StoreError> {
        let mut seals = Seals::default();
        for table in [Table::Tenants, Table::Users, Table::Challenges] {
            let mut from = None;
            loop {
                let page = self
                    .dynamo
                    .scan()
                    .table_name(self.tables.name(table))
                    .consistent_read(true)
                    .limit(PAGE)
                    .set_exclusive_start_key(from)
                    .send()
                    .await
                    .map_err(|error| StoreError::of("Scan", &error))?;
                let stale = stale_of(table, &page.items.unwrap_or_default(), keys, &mut seals)?;
                if renew {
                    self.renew_all(&stale, keys, &mut seals).await?;
                }
                from = page.last_evaluated_key;
                if from.is_none() {
                    break;
                }
            }
        }
        // Of what is in the fourth only errands hold seals: the record of 400 days is not read for them.
        for some in self.errands().await?.chunks(AT_ONCE) {
            let items = try_join_all(some.iter().map(|key| self.get_item(key))).await?;
            let items: Vec<_> = items.into_iter().flatten().collect();
            let stale = stale_of(Table::Events, &items, keys, &mut seals)?;
            if renew {
                self.renew_all(&stale, keys, &mut seals).await?;
            }
        }
        self.walk_key_check(keys, renew, &mut seals).await?;
        Ok(seals)
    }

    async fn renew_all(&self, stale: &[Stale], keys: &DataKeys, seals: &mut Seals) -> Result<(), StoreError> {
        for some in stale.chunks(AT_ONCE) {
            for renewed in try_join_all(some.iter().map(|stale| self.renew(stale, keys))).await? {
                seals.add(&renewed);
            }
        }
        Ok(())
    }

    async fn renew(&self, stale: &Stale, keys: &DataKeys) -> Result<Renewed, StoreError> {
        let ring = keys.of(stale.purpose).ok_or_else(|| not_given(stale.purpose))?;
        let place = stale.key.place();
        let Ok(plain) = ring.open(&place, stale.sealed.as_ref()) else { return Ok(Renewed::Unreadable) };
        let names: Vec<_> = (0..stale.path.len()).map(|index| format!("#p{index}")).collect();
        let path = names.join(".");
        let mut change = Change::of(stale.key.clone(), format!("SET {path} = :new"))
            .when(format!("{path} = :old"))
            .value(":new", AttributeValue::B(Blob::new(ring.seal(&place, &plain))))
            .value(":old", AttributeValue::B(stale.sealed.clone()));
        for (placeholder, name) in names.iter().zip(&stale.path) {
            change = change.name(placeholder, name);
        }
        match self.change(change).await {
            Ok(written) if written.is_done() => Ok(Renewed::Done),
            // A transaction of somebody else's is writing there.
            Ok(_) | Err(StoreError::Busy(_)) => Ok(Renewed::Overtaken),
            Err(error) => Err(error),
        }
    }

    /// The key check is a MAC by each key in force: what is left of an older key as any seal is.
    async fn walk_key_check(
        &self,
        keys: &DataKeys,
        renew: bool,
        seals: &mut Seals,
    ) -> Result<(), StoreError> {
        let Some(stored) = self.get::<KeyCheck>(&Key::key_check()).await? else { return Ok(()) };
        let wanted = KeyCheck::in_force(keys)?;
        seals.examined += 1;
        if stored == wanted {
            return Ok(());
        }
        seals.stale += 1;
        if !renew {
            return Ok(());
        }
        let mut change = Change::of(
            Key::key_check(),
            "SET passwords = :passwords, factors = :factors, signing = :signing",
        )
        .when("passwords = :old_passwords AND factors = :old_factors AND signing = :old_signing");
        for purpose in Purpose::ALL {
            let name = purpose.name();
            change = change
                .text(&format!(":{name}"), wanted.of(purpose))
                .text(&format!(":old_{name}"), stored.of(purpose));
        }
        let done = self.change(change).await?.is_done();
        seals.add(if done { &Renewed::Done } else { &Renewed::Overtaken });
        Ok(())
    }
}

impl Seals {
    fn add(&mut self, renewed: &Renewed) {
        match renewed {
            Renewed::Done => self.resealed += 1,
            Renewed::Overtaken => self.overtaken += 1,
            Renewed::Unreadable => self.unreadable += 1,
        }
    }
}

/// The seals of these items that are not by the keys in force; all are counted.
fn stale_of(
    table: Table,
    items: &[Item],
    keys: &DataKeys,
    seals: &mut Seals,
) -> Result<Vec<Stale>, StoreError> {
    let mut stale = Vec::new();
    for item in items {
        let key = key_of(table, item)?;
        for (path, sealed) in sealed_in(item) {
            let purpose = purpose_of(&key, &path)?;
            let ring = keys.of(purpose).ok_or_else(|| not_given(purpose))?;
            seals.examined += 1;
            if ring.is_stale(sealed.as_ref()) {
                seals.stale += 1;
                let path = path.into_iter().map(str::to_owned).collect();
                stale.push(Stale { key: key.clone(), path, purpose, sealed: sealed.clone() });
            }
        }
    }
    Ok(stale)
}

/// Every attribute that is called a seal, of the item or of a map in it.
fn sealed_in(item: &Item) -> Vec<(Vec<&str>, &Blob)> {
    let mut found = Vec::new();
    for (name, value) in item {
        match value {
            AttributeValue::B(sealed) if name.starts_with("seal") => found.push((vec![&**name], sealed)),
            AttributeValue::M(map) => found.extend(map.iter().filter_map(|(inner, value)| match value {
                AttributeValue::B(sealed) if inner.starts_with("seal") => {
                    Some((vec![&**name, &**inner], sealed))
                }
                _ => None,
            })),
            _ => {}
        }
    }
    found
}

/// Which key seals what. A seal that stands anywhere else stops the walk, so that none is forgotten.
fn purpose_of(key: &Key, path: &[&str]) -> Result<Purpose, StoreError> {
    let first = |text: &'_ str| text.split('#').next().unwrap_or_default().to_owned();
    let (kind, sort) = (first(&key.partition), first(&key.sort));
    Ok(match (key.table, &*kind, &*sort, path) {
        (Table::Tenants, "K", _, ["sealed"]) => Purpose::Signing,
        (Table::Tenants, "T", "TENANT", ["sealed_captcha"])
        | (Table::Users, "T", "LOGIN", ["sealed_hash"])
        | (Table::Challenges, "P", "REG", ["sealed_hash" | "sealed_token"]) => Purpose::Passwords,
        (Table::Users, "T", "TOTP", ["sealed_secret"])
        | (Table::Users, "T", "CRED", ["sealed_passkey"])
        | (Table::Users, "T", "BACKUP", ["sealed_hash"])
        | (Table::Challenges, "F", "RST", ["seal"])
        | (Table::Challenges, "B", "totp", ["sealed_secret"])
        | (Table::Events, "O", "O", ["what", "sealed_code" | "sealed_token"]) => Purpose::Factors,
        (table, ..) => {
            let place = format!("{table:?} {kind} {}", path.join("."));
            return Err(StoreError::Broken(format!("a seal at a place that is not known: {place}")));
        }
    })
}

fn not_given(purpose: Purpose) -> StoreError {
    StoreError::Broken(format!("{} is not given", purpose.variable()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_at_an_unknown_place_is_not_passed_over() {
        let key = |table, partition: &str, sort: &str| Key {
            table,
            partition: partition.to_owned(),
            sort: sort.to_owned(),
        };
        let login = key(Table::Users, "T#t#E#ada@example.com", "LOGIN");
        assert_eq!(purpose_of(&login, &["sealed_hash"]), Ok(Purpose::Passwords));
        let backup = key(Table::Users, "T#t#U#u", "BACKUP#AB");
        assert_eq!(purpose_of(&backup, &["sealed_hash"]), Ok(Purpose::Factors));
        let unknown = purpose_of(&login, &["sealed_secret"]).unwrap_err().to_string();
        assert!(unknown.contains("Users T sealed_secret") && !unknown.contains('@'), "{unknown}");
    }

    #[test]
    fn seals_are_found_in_an_item_and_in_its_maps() {
        let blob = |byte: u8| AttributeValue::B(Blob::new([byte]));
        let what = [("sealed_code".to_owned(), blob(2)), ("kind".to_owned(), blob(3))];
        let item = Item::from([
            ("seal".to_owned(), blob(1)),
            ("code_mac".to_owned(), blob(4)),
            ("what".to_owned(), AttributeValue::M(what.into())),
        ]);
        let mut found = sealed_in(&item);
        found.sort_by_key(|(path, _)| path.len());
        assert_eq!(found[0], (vec!["seal"], &Blob::new([1])));
        assert_eq!(found[1], (vec!["what", "sealed_code"], &Blob::new([2])));
        assert_eq!(found.len(), 2);
    }
}
