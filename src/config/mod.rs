//! Settings: read, check, write. What was written is `file`'s business, what it means `check`'s.

pub mod edit;
pub mod environment;
pub mod paths;
pub mod watch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;

use crate::domain::account::{AccountId, CredentialPlace, Options};
use crate::domain::policy::Policy;
use crate::domain::variables::Variables;

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

/// A provider as far as the configuration must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProvider {
    /// Its id.
    pub id: &'static str,
    /// The option names its account table understands.
    pub options: Vec<&'static str>,
}

/// A configuration as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What it means.
    pub config: Config,
    /// What was wrong and what is used instead.
    pub warnings: Vec<Warning>,
    /// Every value in force with its origin, in the order of the template.
    pub settings: Vec<Setting>,
}

/// Something wrong that cost only one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The key as written: `account[1].refresh`.
    pub key: String,
    /// The line in the file, from 1. `None`: it does not stand in the file.
    pub line: Option<usize>,
    /// What is wrong and what is used instead, one sentence.
    pub message: String,
}

/// A value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key: `tray.warn_at`.
    pub key: String,
    /// The value as TOML.
    pub value: String,
    /// Who said so.
    pub origin: Origin,
}

/// Who said a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the default.
    Default,
    /// The file, in this line.
    File(usize),
    /// This variable.
    Environment(String),
    /// The command line.
    Flag,
}

/// Why no configuration can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {}

/// Reads the configuration file; an absent one means defaults.
///
/// # Errors
/// [`ConfigError`] with file and line when it cannot be read or is no TOML; the file is never changed.
pub fn load(
    file: &Path,
    variables: &Variables,
    known: &[KnownProvider],
) -> Result<Loaded, ConfigError> {
    todo!()
}

/// The settings where there is no file: every default, with the machine's zone.
#[must_use]
pub fn defaults(variables: &Variables) -> Loaded {
    todo!()
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
