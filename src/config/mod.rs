//! Settings: read, check, write. What was written is `file`'s business, what it means `check`'s.

pub mod paths;

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveTime;

use crate::domain::account::{AccountId, CredentialPlace, Options};
use crate::domain::policy::Policy;

/// The settings in force; immutable, a reload makes a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How often accounts are polled unless they say otherwise. `None`: as their provider recommends.
    pub refresh: Option<Duration>,
    /// What the pure core is told.
    pub policy: Policy,
    /// The accounts, in the file's order.
    pub accounts: Vec<AccountConfig>,
    /// How people are told.
    pub notifications: Notifications,
    /// The ledger, as a URL. `None`: the default place.
    pub ledger: Option<String>,
    /// Where requests are logged. `None`: nowhere.
    pub http_log: Option<PathBuf>,
}

/// An account as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountConfig {
    /// Its id.
    pub id: AccountId,
    /// What people read. `None`: made from the provider's name.
    pub label: Option<String>,
    /// Where its credential is.
    pub credential: CredentialPlace,
    /// Whether it is polled.
    pub enabled: Switch,
    /// How often. `None`: the general interval.
    pub refresh: Option<Duration>,
    /// Replaces the provider's base URL; checked.
    pub base_url: Option<String>,
    /// What only the provider understands.
    pub options: Options,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// How people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifications {
    /// Whether notifications are shown; history is kept anyway.
    pub enabled: Switch,
    /// Local times between which nothing is shown; over midnight when the first is later.
    pub quiet_hours: Option<(NaiveTime, NaiveTime)>,
    /// Where each notice is also posted. Checked: `https`, or `http` to loopback.
    pub webhook: Option<String>,
}
