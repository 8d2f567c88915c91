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
