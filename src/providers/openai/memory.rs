//! What a poll carries over to the next in its cursor. It belongs to one credential; another one starts anew.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::money::Currency;
use crate::domain::reading::{Cursor, Figures};
use crate::providers::PollContext;
use crate::providers::counters::KeptCounts;
use crate::providers::daybook::Bill;
use crate::providers::days::{self, Progress};
use crate::providers::openai::names::Names;
use crate::providers::openai::usage::Counter;
use crate::secrets::Secret;

/// How long after its end a day may still grow. OpenAI does not say; a bill is usually whole within hours.
const SETTLES: TimeDelta = TimeDelta::hours(12);

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// The mark of the credential it was learned with.
    credential: String,
    /// When the key turned out to be no admin key.
    pub(super) ordinary_at: Option<DateTime<Utc>>,
    pub(super) progress: Option<Progress>,
    pub(super) kept: KeptCounts<Counter>,
    pub(super) names: Names,
    /// Dollars of each day of the running month. `None`: not wholly told.
    daily: BTreeMap<NaiveDate, Option<Decimal>>,
}

impl Memory {
    /// Reads a cursor; one of another credential or another version counts as none.
    pub(super) fn recall(cursor: Option<&Cursor>, secret: &Secret) -> Self {
        let credential = secret.fingerprint();
        cursor
            .and_then(|cursor| serde_json::from_str::<Self>(&cursor.0).ok())
            .filter(|memory| memory.credential == credential)
            .unwrap_or_else(|| Self {
                credential,
                ..Self::default()
            })
    }

    /// Notes how far the days were read, and what they cost.
    pub(super) fn follow(
        &mut self,
        cx: &PollContext<'_>,
        (start, until): (NaiveDate, NaiveDate),
        bill: &Bill,
    ) {
        let read = days::Read {
            start,
            until,
            now: cx.now,
            settles: SETTLES,
        };
        self.progress = Some(days::follow(self.progress, cx.since, read));
        self.ordinary_at = None;
        let month = month(cx.now);
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
        month(now)
            .iter_days()
            .take_while(|day| *day <= today)
            .map(|day| self.daily.get(&day).copied().flatten())
            .try_fold(Decimal::ZERO, |sum, day| sum.checked_add(day?))
            .map(|sum| sum.normalize())
    }

    /// Writes keys, projects and the spend limit.
    pub(super) fn write(&self, cx: &PollContext<'_>, figures: &mut Figures) {
        figures.keys.clone_from(&self.names.keys);
        figures.projects.clone_from(&self.names.projects);
        let limit = self.names.limit.iter();
        figures
            .windows
            .extend(limit.map(|limit| limit.window(self.month(cx.now), cx.now)));
    }

    /// The cursor that says all this.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        serde_json::to_string(self).ok().map(Cursor)
    }
}

/// The first day of the running month.
fn month(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.with_day(1).unwrap_or(today)
}
