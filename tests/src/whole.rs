//! What must hold of the tables whatever has happened.

use std::collections::{BTreeMap, BTreeSet};

use crate::House;

impl House {
    /// Users who are there in part: somebody has the address and nobody is behind it, or the other way round.
    /// Each user is an address, a state and a profile, which name one another.
    pub async fn half_users(&self) -> BTreeSet<String> {
        let mut parts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (partition, sort, named) in self.users().await {
            let user = partition.split("#U#").nth(1).map_or(named, str::to_owned);
            if let Some(part) = ["LOGIN", "STATE", "PROFILE"].into_iter().find(|part| *part == sort) {
                parts.entry(user).or_default().insert(part);
            }
        }
        parts.into_iter().filter(|(_, parts)| parts.len() != 3).map(|(user, _)| user).collect()
    }

    /// The keys of all that users have, with the user that an item names.
    async fn users(&self) -> Vec<(String, String, String)> {
        let environment = self.stack().environment();
        let client = local::tables::client(environment).unwrap();
        let table = local::tables::names(environment).unwrap().users;
        let mut pages = client.scan().table_name(table).into_paginator().items().send();
        let mut users = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            let text =
                |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            users.push((text("pk"), text("sk"), text("user_id")));
        }
        users
    }
}
