//! What OpenAI's organization tells besides its days, and what of it a poll carries over to the next.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::reading::Figures;
use crate::http::Request;
use crate::providers::daybook::Bill;
use crate::providers::openai::names::Names;
use crate::providers::openai::usage::Counter;
use crate::providers::openai::{PROVIDER, costs};
use crate::providers::organization::Organization;
use crate::providers::reply::Vendor;
use crate::providers::{PollError, Provider};

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    names: Names,
    /// Dollars of each day of the running month. `None`: not wholly told.
    daily: BTreeMap<NaiveDate, Option<Decimal>>,
}

impl Organization for Memory {
    type Counter = Counter;

    const CARD: &'static Provider = &PROVIDER;
    const COUNTERS: &'static [Counter] = &Counter::ALL;
    /// OpenAI does not say; a bill is usually whole within hours.
    const SETTLES: TimeDelta = TimeDelta::hours(12);
    const MODELS: &'static str = "models";
    const ADMIN_WOULD_ADD: &'static str = "This key works, but an ordinary key is told nothing about money. An admin \
        key (https://platform.openai.com/settings/organization/admin-keys, or OPENAI_ADMIN_KEY) adds costs, tokens and \
        requests by model, key and project, and the spend limit.";

    fn request<'a>(vendor: Vendor<'a>, path: &str) -> Result<Request<'a>, PollError> {
        vendor.request(path)
    }

    async fn costs(vendor: Vendor<'_>, start: NaiveDate) -> Result<Bill, PollError> {
        costs::ask(vendor, start).await
    }

    async fn names(&mut self, vendor: Vendor<'_>, bill: &Bill) -> Vec<String> {
        self.names.refresh(vendor, bill).await
    }

    fn write(&mut self, bill: &Bill, now: DateTime<Utc>, figures: &mut Figures) {
        self.add_up(bill, now);
        figures.keys.clone_from(&self.names.keys);
        figures.projects.clone_from(&self.names.projects);
        let limit = self.names.limit.iter();
        figures
            .windows
            .extend(limit.map(|limit| limit.window(self.month(now), now)));
    }
}

impl Memory {
    /// Notes what the days cost.
    fn add_up(&mut self, bill: &Bill, now: DateTime<Utc>) {
        let month = period::first_of_month(now.date_naive());
        let days = bill.days.iter().filter(|day| **day >= month);
        let nothing_yet = bill.is_readable().then_some(Decimal::ZERO);
        self.daily.extend(days.map(|day| (*day, nothing_yet)));
        for charge in &bill.charges {
            let dollars = charge.cost.filter(|cost| cost.currency == Currency::USD);
            if let Some(sum) = self.daily.get_mut(&charge.day) {
                *sum = sum.and_then(|sum| sum.checked_add(dollars?.amount));
            }
        }
        self.daily.retain(|day, _| *day >= month);
    }

    /// Dollars of the running month. `None`: not every day of it is known.
    fn month(&self, now: DateTime<Utc>) -> Option<Decimal> {
        let today = now.date_naive();
        period::first_of_month(today)
            .iter_days()
            .take_while(|day| *day <= today)
            .map(|day| self.daily.get(&day).copied().flatten())
            .try_fold(Decimal::ZERO, |sum, day| sum.checked_add(day?))
            .map(|sum| sum.normalize())
    }
}
