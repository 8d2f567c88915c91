//! A snapshot: what the ledger knows at one instant. The input of a digest.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::account::AccountId;
use crate::domain::alert::AlertRecord;
use crate::domain::ids::{BalanceName, WindowName};
use crate::domain::money::Money;
use crate::domain::poll::PollState;
use crate::domain::reading::{Completeness, Figures};
use crate::domain::usage::UsageSlot;

/// So many points of a history are kept at hand.
pub const MOST_POINTS: usize = 2000;

/// From when on an account's usage and history are told, or are not what they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Since {
    /// Usage that ends later. `None`: none.
    pub usage: Option<DateTime<Utc>>,
    /// Balances and windows of that instant and later. `None`: none.
    pub points: Option<DateTime<Utc>>,
}

impl Since {
    /// Both from one instant on.
    #[must_use]
    pub const fn both(at: DateTime<Utc>) -> Self {
        Self {
            usage: Some(at),
            points: Some(at),
        }
    }
}

/// What the ledger knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every account the ledger has seen, by id.
    pub accounts: Vec<AccountSnapshot>,
    /// Every alert that is or was, newest first.
    pub alerts: Vec<AlertRecord>,
}

impl Snapshot {
    /// What is known of an account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&AccountSnapshot> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// The same, to be changed.
    pub fn account_mut(&mut self, id: &AccountId) -> Option<&mut AccountSnapshot> {
        self.accounts.iter_mut().find(|account| account.id == *id)
    }

    /// Puts what is known of an account now in the place of what was known.
    pub fn learn(&mut self, account: AccountSnapshot) {
        match self
            .accounts
            .binary_search_by(|known| known.id.cmp(&account.id))
        {
            Ok(place) => self.accounts[place] = account,
            Err(place) => self.accounts.insert(place, account),
        }
    }
}

/// What the ledger knows of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// Whose it is.
    pub id: AccountId,
    /// The last good figures. `None`: never polled with success.
    pub latest: Option<Latest>,
    /// How its polls go.
    pub poll: PollState,
    /// Usage since the instant the snapshot was asked for, oldest first.
    pub slots: Vec<UsageSlot>,
    /// How far back the usage history reaches without a hole. `None`: no usage is reported.
    pub usage_since: Option<DateTime<Utc>>,
    /// How far it reaches towards now, exclusive: less far than the last reading where a vendor did not tell all.
    pub usage_until: Option<DateTime<Utc>>,
    /// Balances over time, oldest first; only changes.
    pub balance_history: Vec<BalancePoint>,
    /// Windows over time, oldest first; only changes.
    pub window_history: Vec<WindowPoint>,
}

impl AccountSnapshot {
    /// Takes over what is known now; of usage and history `now` tells only what begins at an instant or later, and the
    /// rest stays.
    pub fn renew(&mut self, now: Self, since: Since) {
        let before = std::mem::replace(self, now);
        let slots = (before.slots, std::mem::take(&mut self.slots));
        self.slots = joined(slots, since.usage, |slot| slot.start);
        let balances = std::mem::take(&mut self.balance_history);
        let balances = (before.balance_history, balances);
        self.balance_history = joined(balances, since.points, |point| point.at);
        let windows = std::mem::take(&mut self.window_history);
        let windows = (before.window_history, windows);
        self.window_history = joined(windows, since.points, |point| point.at);
    }

    /// Lets go of usage and history from before an instant, and of the oldest of a long history.
    pub fn forget_before(&mut self, instant: DateTime<Utc>) {
        drop_old(&mut self.slots, usize::MAX, |slot| slot.start < instant);
        drop_old(&mut self.balance_history, MOST_POINTS, |point| {
            point.at < instant
        });
        drop_old(&mut self.window_history, MOST_POINTS, |point| {
            point.at < instant
        });
    }
}

/// Drops what is old, and the oldest where more than so many are left; oldest first.
fn drop_old<T>(known: &mut Vec<T>, most: usize, is_old: impl Fn(&T) -> bool) {
    let old = known.partition_point(is_old);
    known.drain(..old.max(known.len().saturating_sub(most)));
}

/// What was known before an instant, and what is known from it on; both oldest first. `None`: nothing is new.
fn joined<T>(
    (mut before, now): (Vec<T>, Vec<T>),
    from: Option<DateTime<Utc>>,
    start: impl Fn(&T) -> DateTime<Utc>,
) -> Vec<T> {
    if let Some(from) = from {
        before.truncate(before.partition_point(|known| start(known) < from));
        before.extend(now.into_iter().filter(|known| start(known) >= from));
    }
    before
}

/// The last good figures and when they were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// The figures.
    pub figures: Figures,
    /// Whether the poll got everything.
    pub complete: Completeness,
}

/// A balance at the instant it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancePoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Which purse.
    pub name: BalanceName,
    /// What was left.
    pub remaining: Money,
}

/// A window at the instant it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowPoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Which window.
    pub name: WindowName,
    /// Percent used.
    pub used_percent: Decimal,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(most: usize) -> Vec<i32> {
        let mut known = (0..6).collect();
        drop_old(&mut known, most, |number| *number < 2);
        known
    }

    #[test]
    fn what_is_old_goes_and_of_a_long_history_the_oldest() {
        assert_eq!(left(10), [2, 3, 4, 5]);
        assert_eq!(left(3), [3, 4, 5]);
    }

    #[test]
    fn what_is_new_takes_the_place_of_what_was_known_from_an_instant_on() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let joined = |from| joined((vec![1, 2, 3], vec![2, 4]), from, |second| at(*second));
        assert_eq!(joined(Some(at(2))), [1, 2, 4]);
        assert_eq!(joined(None), [1, 2, 3], "nothing is new");
    }
}
