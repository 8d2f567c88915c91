//! Settings: read, check, write. What was written is `file`'s business, what it means `check`'s.

mod check;
pub mod edit;
pub mod environment;
mod file;
pub mod paths;
mod raw;
mod replace;
mod sheet;
mod suggest;
pub mod watch;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::zone::Zone;
use chrono::NaiveTime;

use crate::config::check::{Surroundings, check};
use crate::config::file::Written;
use crate::domain::account::{AccountId, CredentialPlace, Options};
use crate::domain::policy::Policy;
use crate::domain::price::OwnPrice;
use crate::domain::variables::Variables;

pub use crate::config::words::split as split_words;

/// The file that `init` writes: every key with its default and what it means.
pub const TEMPLATE: &str = include_str!("template.toml");

/// The settings in force; immutable, a reload makes a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// How often accounts are polled unless they say otherwise. `None`: as their provider recommends.
    pub refresh: Option<Duration>,
    /// What the pure core is told.
    pub policy: Policy,
    /// The accounts, in the file's order.
    pub accounts: Vec<AccountConfig>,
    /// How people are told.
    pub notifications: Notifications,
    /// Where models' prices come from.
    pub prices: PriceSettings,
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

impl Default for Notifications {
    fn default() -> Self {
        Self {
            enabled: Switch::On,
            quiet_hours: None,
            webhook: None,
        }
    }
}

/// Where models' prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSettings {
    /// Whether the public list is asked for changes.
    pub refresh: Switch,
    /// Another list than the usual. Checked: `https`, or `http` to loopback. `None`: the usual.
    pub url: Option<String>,
    /// The user's own prices.
    pub own: Vec<OwnPrice>,
}

impl Default for PriceSettings {
    fn default() -> Self {
        Self {
            refresh: Switch::On,
            url: None,
            own: Vec::new(),
        }
    }
}

/// A provider as far as the configuration must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProvider {
    /// Its id.
    pub id: &'static str,
    /// The option names its account table understands.
    pub options: Vec<&'static str>,
    /// How many accounts of it make sense.
    pub accounts: Accounts,
}

/// How many accounts of a provider make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// As many as there are credentials.
    Many,
    /// One: it counts everything on this machine, and a second would count it again.
    One,
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

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: `{}`: {}", self.key, self.message),
            None => write!(f, "`{}`: {}", self.key, self.message),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(line) => write!(f, "line {line}"),
            Self::Environment(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// Why no configuration can be used, or why it could not be changed. The file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is no TOML.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read: {reason}.", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {reason}.", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A key has a shape that cannot be edited.
    #[error("`{key}` in {} cannot be changed: {reason}.", file.display())]
    Uneditable {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The account is not in the file.
    #[error(
        "{} has no account `{account}`; `spendtray accounts` lists those there are.",
        file.display()
    )]
    NoSuchAccount {
        /// The file.
        file: PathBuf,
        /// The account looked for.
        account: AccountId,
    },
    /// Another account has that id.
    #[error("{} already has an account `{account}`; choose another name.", file.display())]
    Taken {
        /// The file.
        file: PathBuf,
        /// The id.
        account: AccountId,
    },
}

impl ConfigError {
    /// The error, and what it means for a program that goes on.
    #[must_use]
    pub fn for_now(&self) -> String {
        let error = self.to_string();
        let error = error.trim_end_matches('.');
        format!("{error}. Defaults are used until it is mended.")
    }

    /// What to do about it, a sentence.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "Make it a file that you can read, or choose another one with `--config FILE`."
            }
            Self::Unwritable { .. } => {
                "Allow writing to it and its folder, or choose another one with `--config FILE`."
            }
            _ => "Run `spendtray config edit` to mend it; until then it is left as it is.",
        }
    }
}

/// The zone of a name: `local`, `UTC` or an IANA name.
///
/// # Errors
/// A sentence that names the nearest zone there is.
pub fn zone(name: &str, variables: &Variables) -> Result<Zone, String> {
    check::zone_named(name, variables)
}

/// Reads the configuration file; an absent one means defaults.
///
/// # Errors
/// [`ConfigError`] with file and line when it cannot be read or is no TOML; the file is never changed.
pub fn load(
    file: &Path,
    variables: &Variables,
    known: &[KnownProvider],
) -> Result<Loaded, ConfigError> {
    let written = Written::read(file)?;
    let surroundings = Surroundings {
        variables,
        known,
        folder: file.parent().unwrap_or(Path::new("")),
    };
    Ok(check(&written, &surroundings))
}

/// The settings where there is no file: every default, with the machine's zone.
///
/// # Errors
/// Never in practice: there is nothing to read.
pub fn defaults(variables: &Variables) -> Result<Loaded, ConfigError> {
    load(Path::new(""), variables, &[])
}
