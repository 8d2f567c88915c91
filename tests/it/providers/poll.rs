//! Polls of one account one after another: each goes on from what the last one returned.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::clock::Clock;
use spendtray::domain::account::{Account, AccountId, CredentialPlace};
use spendtray::domain::money::Currency;
use spendtray::domain::reading::{Completeness, Cursor, Reading};
use spendtray::domain::usage::{Basis, UsageSlot};
use spendtray::http::{Http, Limits};
use spendtray::providers::{ALL, PollContext, PollError};
use spendtray::secrets::Secret;

use super::fixture::Fault;

/// An account that is polled.
pub(super) struct Polled {
    account: AccountId,
    base_url: String,
    secret: String,
    resume: Option<Cursor>,
}

impl Polled {
    /// An account of a provider at an address, never polled before.
    pub(super) fn new(provider: &str, base_url: &str, secret: &str) -> Self {
        Self {
            account: AccountId::new(provider.into(), Some("work")),
            base_url: base_url.to_owned(),
            secret: secret.to_owned(),
            resume: None,
        }
    }

    /// Polls at an instant.
    pub(super) async fn at(&mut self, now: &str) -> Result<Result<Reading, PollError>, Fault> {
        let now: DateTime<Utc> = now.parse()?;
        let provider = ALL
            .iter()
            .find(|provider| provider.id == self.account.provider().as_str())
            .ok_or("no such provider")?;
        let account = Account {
            id: self.account.clone(),
            label: provider.name.to_owned(),
            every: provider.every,
            credential: CredentialPlace::Keyring,
            base_url: Some(self.base_url.clone()),
            options: BTreeMap::new(),
        };
        let limits = Limits {
            pause: Duration::from_millis(1),
            ..Limits::default()
        };
        let http = Http::with_limits(None, &Clock::manual(now), limits)?;
        let secret = Secret::new(&self.secret);
        let context = PollContext {
            now,
            account: &account,
            secret: secret.as_ref(),
            http: &http,
            since: now - TimeDelta::days(31),
            fresh_since: None,
            resume: self.resume.as_ref(),
            logs: None,
            prices: None,
        };
        let result = (provider.poll)(&context).await;
        if let Ok(reading) = &result {
            self.resume.clone_from(&reading.resume);
        }
        Ok(result)
    }
}

/// Every slot of a reading.
pub(super) fn slots(reading: &Reading) -> impl Iterator<Item = &UsageSlot> {
    reading.ranges.iter().flat_map(|range| &range.slots)
}

/// Billed dollars by day, as texts.
pub(super) fn dollars_by_day(reading: &Reading) -> Vec<(String, String)> {
    let mut days: BTreeMap<String, Decimal> = BTreeMap::new();
    for slot in slots(reading) {
        if let Some(dollars) = slot.spend.get(Currency::USD, Basis::Billed) {
            *days
                .entry(slot.start.format("%m-%d").to_string())
                .or_default() += dollars;
        }
    }
    days.into_iter()
        .map(|(day, dollars)| (day, dollars.normalize().to_string()))
        .collect()
}

/// Billed dollars of all days.
pub(super) fn dollars(reading: &Reading) -> Decimal {
    slots(reading)
        .filter_map(|slot| slot.spend.get(Currency::USD, Basis::Billed))
        .sum()
}

/// What a reading says is missing.
pub(super) fn missing(reading: &Reading) -> String {
    match &reading.complete {
        Completeness::Whole => String::new(),
        Completeness::Partial(sentences) => sentences.join("\n"),
    }
}
