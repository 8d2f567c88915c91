//! A reading: everything one poll of one account learned. Every list may be empty; nothing in it is guessed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::account::AccountId;
use crate::domain::coin::CoinPrice;
use crate::domain::key::{KeyReading, ModelReading, ProjectReading};
use crate::domain::quota::{Balance, Plan, QuotaWindow};
use crate::domain::rates::Rate;
use crate::domain::usage::{SlotRange, UsageEvent};

/// What one poll learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Whose it is.
    pub account: AccountId,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
    /// The figures that hold until the next reading.
    pub figures: Figures,
    /// Usage with an identity: kept once however often it is read.
    pub events: Vec<UsageEvent>,
    /// Usage without an identity: replaces what was known of its span.
    pub ranges: Vec<SlotRange>,
    /// Whether everything that was asked for came.
    pub complete: Completeness,
    /// The vendor asked to wait before it had told everything. `None`: it did not.
    pub wait: Option<Wait>,
    /// Where the next poll may go on. `None`: it starts anew.
    pub resume: Option<Cursor>,
    /// Whether it brought anything at all.
    pub news: News,
}

/// Whether a poll brought anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum News {
    /// It tells everything anew.
    #[default]
    Some,
    /// Everything is as the last reading that was kept told it, a short while ago: there is nothing to keep.
    None,
}

/// A vendor's word that it wants to be left alone; what it told before counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What it said, one sentence.
    pub message: String,
    /// Until when. `None`: it did not say.
    pub retry_at: Option<DateTime<Utc>>,
}

impl Reading {
    /// A reading that learned nothing yet.
    #[must_use]
    pub fn empty(account: AccountId, taken_at: DateTime<Utc>) -> Self {
        Self {
            account,
            taken_at,
            figures: Figures::default(),
            events: Vec::new(),
            ranges: Vec::new(),
            complete: Completeness::Whole,
            wait: None,
            resume: None,
            news: News::Some,
        }
    }

    /// A reading that brought nothing new.
    #[must_use]
    pub fn unchanged(account: AccountId, taken_at: DateTime<Utc>) -> Self {
        Self {
            news: News::None,
            ..Self::empty(account, taken_at)
        }
    }
}

/// The figures of a reading that replace the last ones as a whole. Stored as JSON; add fields, never rename.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// The subscription.
    pub plan: Option<Plan>,
    /// The purses.
    pub balances: Vec<Balance>,
    /// The quota windows.
    pub windows: Vec<QuotaWindow>,
    /// The API keys.
    pub keys: Vec<KeyReading>,
    /// Usage by model as the vendor sums it.
    pub models: Vec<ModelReading>,
    /// The projects or workspaces by name; what they spent is told by usage.
    pub projects: Vec<ProjectReading>,
    /// Market prices of coins.
    pub prices: Vec<CoinPrice>,
    /// Exchange rates.
    pub rates: Vec<Rate>,
}

/// Whether everything that was asked for came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// Everything came.
    #[default]
    Whole,
    /// Some did not; one sentence each says what and why. What is missing keeps its last good value.
    Partial(Vec<String>),
}

impl Completeness {
    /// Adds a sentence on what did not come.
    pub fn missing(&mut self, what: impl Into<String>) {
        match self {
            Self::Whole => *self = Self::Partial(vec![what.into()]),
            Self::Partial(missing) => missing.push(what.into()),
        }
    }
}

/// Where a provider goes on next time; only the provider understands the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);
