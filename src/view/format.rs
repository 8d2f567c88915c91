//! How figures are written for people: money, percent, counts, durations, reset texts, bars.
//!
//! 2 decimals for money at rest, 4 below one cent, 4 for DIEM, thousands separators, hours and minutes without seconds.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::domain::money::Money;

/// Money: `$4.21`, `$0.0011`, `42.5000 DIEM`, `1,234.50 EUR` as `€1,234.50`.
#[must_use]
pub fn money(money: Money) -> String {
    todo!()
}

/// A percentage: `33 %`, `82.4 %`.
#[must_use]
pub fn percent(percent: Decimal) -> String {
    todo!()
}

/// A count with thousands separators: `1,234,567`.
#[must_use]
pub fn count(count: u64) -> String {
    todo!()
}

/// A duration in hours and minutes: `4h 3m`; days from 48 hours on: `3d 4h`.
#[must_use]
pub fn duration(duration: TimeDelta) -> String {
    todo!()
}

/// When something resets, as clock time in the zone and as a wait: `3:55pm (3h 55min)` (features.md 39).
#[must_use]
pub fn reset(resets_at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    todo!()
}

/// How long ago: `just now`, `5 min ago`, `2 h ago`, `3 d ago`.
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    todo!()
}
