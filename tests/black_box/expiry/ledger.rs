//! Things of one kind, made, let expire, and shown.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU16, AtomicUsize, Ordering},
};

use admin::user::NewPerson;
use futures::{StreamExt, stream};
use latchkey::{domain::Tenant, jiff::SignedDuration};
use tests::{Client, House, PASSWORD, Person};

/// So many at once; with more, a busy machine's database answers too late.
const WIDTH: usize = 8;
/// So many of a kind show, a second before they expire, that they were good.
pub const SAMPLE: usize = 3;

/// A house, and what has expired in it.
pub struct Ledger {
    pub house: House,
    networks: AtomicU16,
    items: AtomicUsize,
    kinds: AtomicUsize,
    accepted: AtomicUsize,
}

impl Ledger {
    pub fn new(house: House) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { house, networks: AtomicU16::new(0), items: zero(), kinds: zero(), accepted: zero() }
    }

    /// What has expired, of how many kinds, and how much of it was accepted.
    pub fn figures(&self) -> [usize; 3] {
        [&self.items, &self.kinds, &self.accepted].map(|counter| counter.load(Ordering::Relaxed))
    }

    /// A client from ever new networks, so that no throttle answers in place of the endpoint.
    pub fn client(&self) -> Client {
        let [high, low] = self.networks.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        self.house.client_at(std::net::Ipv4Addr::new(127, 32 + u8::from(low == 0), high, low.max(1)))
    }

    /// Verified users, without a mail.
    pub async fn crowd(&self, tenant: &Tenant, name: &str, count: usize) -> Vec<Person> {
        let person = |index: usize| async move {
            let email = format!("{name}{index}@example.com");
            let person = NewPerson {
                email: email.clone(),
                password: Some(PASSWORD.to_owned()),
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                verified: true,
            };
            let user_id = admin::user::create(&self.house.by, tenant, person).await.unwrap().to_string();
            Person { email, user_id, slug: tenant.slug.to_string() }
        };
        self.each(&(0..count).collect::<Vec<_>>(), async |index| person(*index).await).await
    }

    /// Does the same for each, many at once.
    pub async fn each<T, R>(&self, items: &[T], make: impl AsyncFn(&T) -> R) -> Vec<R> {
        stream::iter(items).map(|item| make(item)).buffered(WIDTH).collect().await
    }

    /// What was mailed last to each address, read out of the text.
    pub async fn mailed(&self, read: impl Fn(&str) -> Option<String>) -> HashMap<String, String> {
        self.house.settle().await;
        let emails = self.house.stack().inbox().emails().into_iter();
        let text = |email: &local::mail::Email| email.body.text.as_deref().and_then(&read);
        emails.filter_map(|email| Some((email.destination.to[0].clone(), text(&email)?))).collect()
    }

    /// Those to whose address something was mailed: what the worker of a busy machine has put off to the next
    /// minute is no item, and there is little of it.
    pub fn with_mail<T>(
        items: Vec<T>,
        mails: &HashMap<String, String>,
        address: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let all = items.len();
        let kept: Vec<_> = items.into_iter().filter(|item| mails.contains_key(&address(item))).collect();
        if kept.len() < all {
            println!("{} of {all} mails were put off", all - kept.len());
        }
        assert!(kept.len() * 10 >= all * 9, "{} of {all} mails", kept.len());
        kept
    }

    /// Some are good a second before this time from now; none of the rest is from then on.
    pub async fn expire<T>(
        &self,
        kind: &str,
        life: SignedDuration,
        items: &[T],
        good: impl AsyncFn(&T) -> bool,
    ) {
        let second = SignedDuration::from_secs(1);
        self.house.advance(life - second);
        let (sample, rest) = items.split_at(SAMPLE);
        for was_good in self.each(sample, &good).await {
            assert!(was_good, "{kind}: dead a second too early");
        }
        let mut accepted = 0;
        let (at_once, late) = rest.split_at(rest.len() / 2);
        for expired in [at_once, late] {
            self.house.advance(second);
            accepted += self.each(expired, &good).await.into_iter().filter(|taken| *taken).count();
        }
        if accepted > 0 {
            println!("{kind}: {accepted} of {} accepted", rest.len());
        }
        self.house.stack().inbox().clear();
        self.items.fetch_add(rest.len(), Ordering::Relaxed);
        self.kinds.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(accepted, Ordering::Relaxed);
    }
}
