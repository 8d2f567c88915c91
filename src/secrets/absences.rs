//! Credentials that the system's store does not hold: each look at it wakes several processes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::account::AccountId;

/// So long an absence is believed: a store that holds the credential may have appeared, and nobody tells.
const BELIEVED: TimeDelta = TimeDelta::hours(1);

/// Whose credentials are not there, and when that was found out.
#[derive(Debug, Default)]
pub(super) struct Absences(Mutex<BTreeMap<AccountId, DateTime<Utc>>>);

impl Absences {
    /// Whether it was not there a short while ago.
    pub(super) fn hold(&self, account: &AccountId, now: DateTime<Utc>) -> bool {
        let noted = self.noted().get(account).copied();
        noted.is_some_and(|at| (now - at).abs() < BELIEVED)
    }

    /// Notes that it is not there.
    pub(super) fn note(&self, account: &AccountId, now: DateTime<Utc>) {
        self.noted().insert(account.clone(), now);
    }

    /// Forgets every absence.
    pub(super) fn forget(&self) {
        self.noted().clear();
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<AccountId, DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
