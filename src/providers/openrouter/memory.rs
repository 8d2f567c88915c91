//! What a poll carries over to the next in its cursor.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::key::KeyKind;
use crate::domain::reading::{Completeness, Figures};
use crate::providers::days;
use crate::providers::openrouter::activity::{Activity, Seen};
use crate::providers::openrouter::caller::Key;

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    pub(super) activity: Activity,
    /// What the keys spent on the days they were seen, as far as it was seen; the last two.
    seen: Vec<Seen>,
    /// For keys whose spend of today is not told: what they had used in all.
    lifetimes: BTreeMap<String, Lifetime>,
}

/// What a key had used in all.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Lifetime {
    day: NaiveDate,
    /// From when on the day is counted: its beginning, or the first look at it.
    counted_from: DateTime<Utc>,
    at_start: Decimal,
    last: Decimal,
}

impl Memory {
    /// What a key spent today: as told, else the difference of what it had used in all. `None`: unknown.
    pub(super) fn spent_today(&mut self, key: &Key, now: DateTime<Utc>) -> Option<Decimal> {
        let id = key.id()?;
        if key.usage_daily.0.is_some() {
            self.lifetimes.remove(&id);
            return key.usage_daily.0;
        }
        let used = key.usage.0?;
        let today = now.date_naive();
        let known = self.lifetimes.get(&id).copied();
        let (counted_from, at_start) = match known {
            Some(known) if known.day == today => (known.counted_from, known.at_start),
            Some(known) if known.day == days::previous(today) => {
                (days::midnight(today), known.last)
            }
            _ => (now, used),
        };
        let lifetime = Lifetime {
            day: today,
            counted_from,
            at_start,
            last: used,
        };
        self.lifetimes.insert(id, lifetime);
        let spent = used.checked_sub(at_start).filter(|_| counted_from < now);
        spent.filter(|spent| !spent.is_sign_negative())
    }

    /// Says that a day's spend is our own count.
    pub(super) fn note_missing(&self, complete: &mut Completeness) {
        if !self.lifetimes.is_empty() {
            complete.missing(
                "OpenRouter does not tell what a key spent today; it is counted from the first look of the day.",
            );
        }
    }

    /// Writes the keys; returns what they spent today together. `None`: of one of them it is unknown.
    pub(super) fn write_keys(
        &mut self,
        keys: &[Key],
        now: DateTime<Utc>,
        figures: &mut Figures,
    ) -> Option<Seen> {
        let mut sum = Some(Decimal::ZERO);
        for key in keys {
            let spent = self.spent_today(key, now);
            sum = sum.and_then(|sum| sum.checked_add(spent?));
            figures
                .keys
                .extend(key.reading(KeyKind::Inference, spent, now));
        }
        let seen = sum.map(|dollars| Seen {
            day: now.date_naive(),
            dollars: dollars.normalize(),
        });
        let today = now.date_naive();
        self.seen.retain(|known| known.day == days::previous(today));
        self.seen.extend(seen);
        seen
    }

    /// What the keys were seen to spend yesterday. `None`: they were not seen.
    pub(super) fn seen_yesterday(&self, now: DateTime<Utc>) -> Option<Seen> {
        let yesterday = days::previous(now.date_naive());
        self.seen.iter().find(|seen| seen.day == yesterday).copied()
    }
}
