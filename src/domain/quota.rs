//! Quotas: windows of a plan that fill up and reset, and the plan itself.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{BalanceName, WindowName};
use crate::domain::money::Money;

/// What is left in one purse of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The vendor's name of the purse.
    pub name: BalanceName,
    /// What is left. `None`: the vendor did not say.
    pub remaining: Option<Money>,
    /// What it is filled up to at a reset. `None`: it does not fill up, or the vendor did not say.
    pub granted: Option<Money>,
    /// When it fills up again. `None`: never by itself.
    pub resets_at: Option<DateTime<Utc>>,
    /// Whether the vendor still serves requests from the account's purses.
    pub standing: Standing,
}

/// Whether an account may still spend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Requests are served, or the vendor says nothing about it.
    #[default]
    Served,
    /// The vendor refuses requests until there is money again.
    Exhausted,
}

/// A quota that fills up while it is used and empties at its reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaWindow {
    /// The short name, stable: `5h`, `week`, `epoch`.
    pub name: WindowName,
    /// What people read: `Session (5 h)`.
    pub label: String,
    /// Percent used, 0 to 100 and beyond; not clamped. `None`: unknown.
    pub used_percent: Option<Decimal>,
    /// How much is used, in `unit`. `None`: only the percentage is known.
    pub used: Option<Decimal>,
    /// How much there is, in `unit`. `None`: unknown or unlimited.
    pub limit: Option<Decimal>,
    /// What `used` and `limit` count: a currency code, `requests`, `tokens`.
    pub unit: Option<String>,
    /// How long the window lasts. `None`: unknown.
    pub span: Option<TimeDelta>,
    /// When it empties. `None`: unknown.
    pub resets_at: Option<DateTime<Utc>>,
    /// Who says so.
    pub source: Source,
    /// What happens once it is full.
    #[serde(default)]
    pub when_full: WhenFull,
}

/// What a vendor does once a window is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// It refuses or slows requests, or does not say.
    #[default]
    Refuses,
    /// It serves on: the limit only tells.
    ServesOn,
}

/// What a vendor told of an account's quotas at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaReport {
    /// When it said so.
    pub told_at: DateTime<Utc>,
    /// The vendor's name of the plan. `None`: it did not say.
    pub plan: Option<String>,
    /// The windows.
    pub windows: Vec<QuotaWindow>,
}

/// Who says a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The vendor.
    Official,
    /// We, from what we counted.
    Estimated,
}

/// What the account has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The vendor's name of it: `Claude Max`.
    pub name: String,
    /// What it costs a month. `None`: unknown.
    pub monthly: Option<Money>,
}
