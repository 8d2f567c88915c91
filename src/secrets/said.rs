//! What the system's store said a short while ago: each look at it wakes several processes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::account::AccountId;
use crate::secrets::Secret;

/// So long it is believed: nobody tells when another program changes what the store holds.
const BELIEVED: TimeDelta = TimeDelta::hours(1);

/// What the store said of each account, and when.
#[derive(Default)]
pub(super) struct Said(Mutex<BTreeMap<AccountId, Word>>);

/// What it said at an instant. `None`: it holds nothing.
struct Word(Option<Secret>, DateTime<Utc>);

/// What is believed of the store.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// It holds this.
    Holds(Secret),
    /// It holds nothing.
    HoldsNothing,
    /// It has to be asked.
    None,
}

impl Said {
    /// What it said a short while ago.
    pub(super) fn lately(&self, account: &AccountId, now: DateTime<Utc>) -> Belief {
        match self.words().get(account) {
            Some(Word(said, at)) if (now - *at).abs() < BELIEVED => {
                said.clone().map_or(Belief::HoldsNothing, Belief::Holds)
            }
            _ => Belief::None,
        }
    }

    /// Notes what it says.
    pub(super) fn note(&self, account: &AccountId, said: Option<Secret>, now: DateTime<Utc>) {
        self.words().insert(account.clone(), Word(said, now));
    }

    /// Forgets everything.
    pub(super) fn forget(&self) {
        self.words().clear();
    }

    /// Forgets what it said of one account.
    pub(super) fn forget_of(&self, account: &AccountId) {
        self.words().remove(account);
    }

    fn words(&self) -> MutexGuard<'_, BTreeMap<AccountId, Word>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said")
    }
}
