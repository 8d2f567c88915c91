//! Steps alerts: fire once, hold, clear, re-arm. Which figures are watched is `rules`'s business.

use chrono::{DateTime, Utc};

use crate::domain::alert::{AlertKey, AlertRecord, Probe};

/// What a step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The records that are new or changed; to be kept before anybody is told.
    pub records: Vec<AlertRecord>,
    /// The alerts to tell now, each once.
    pub fired: Vec<AlertRecord>,
}

/// Steps every probe against what is known of its key.
#[must_use]
pub fn step(probes: &[Probe], known: &[AlertRecord], now: DateTime<Utc>) -> Stepped {
    todo!()
}

/// The records that change when a person acknowledges an alert.
#[must_use]
pub fn acknowledge(known: &[AlertRecord], key: &AlertKey) -> Vec<AlertRecord> {
    todo!()
}

/// The records that change when a person snoozes an alert.
#[must_use]
pub fn snooze(known: &[AlertRecord], key: &AlertKey, until: DateTime<Utc>) -> Vec<AlertRecord> {
    todo!()
}
