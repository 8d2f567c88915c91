//! Who is polled: one file a provider, one entry in [`ALL`].
//!
//! A provider is a value: its card and a plain function. It sees only its [`PollContext`]; no store, no
//! configuration, no environment, and no other provider.

mod agent_logs;
mod anthropic;
mod coingecko;
mod counters;
mod daybook;
mod days;
mod frankfurter;
mod openai;
mod openrouter;
mod organization;
mod pages;
mod recollection;
mod reply;
mod venice;
mod wire;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::account::Account;
use crate::domain::poll::FailureKind;
use crate::domain::price::PriceBook;
use crate::domain::reading::{Cursor, Reading, Wait};
use crate::http::Http;
use crate::logs::Desk;
use crate::secrets::Secret;

/// Every provider, by id.
pub const ALL: &[&Provider] = &[
    &agent_logs::AMP,
    &anthropic::PROVIDER,
    &agent_logs::CLAUDE_CODE,
    &agent_logs::CODEX,
    &coingecko::PROVIDER,
    &agent_logs::COPILOT_CLI,
    &agent_logs::DROID,
    &frankfurter::PROVIDER,
    &agent_logs::GEMINI_CLI,
    &openai::PROVIDER,
    &agent_logs::OPENCODE,
    &openrouter::PROVIDER,
    &agent_logs::PI,
    &venice::PROVIDER,
];

/// A provider's card and its poll.
pub struct Provider {
    /// The id users type.
    pub id: &'static str,
    /// The name people read.
    pub name: &'static str,
    /// What sort of source it is.
    pub kind: Kind,
    /// One line: what it shows.
    pub shows: &'static str,
    /// Which credential it needs.
    pub auth: Auth,
    /// When an account of it appears without being configured.
    pub appears: Appears,
    /// What the page calls "Base URL"; empty for what needs no network.
    pub base_url: &'static str,
    /// Every host it talks to.
    pub hosts: &'static [&'static str],
    /// How often it is polled unless the user says otherwise.
    pub every: Duration,
    /// The coins whose prices matter to its users, as tickers.
    pub coins: &'static [&'static str],
    /// The option names its account table understands, with one line each.
    pub options: &'static [(&'static str, &'static str)],
    /// Its pages for people.
    pub links: Links,
    /// Asks the vendor once.
    pub poll: for<'a> fn(&'a PollContext<'a>) -> PollFuture<'a>,
}

/// What a poll returns.
pub type PollFuture<'a> = Pin<Box<dyn Future<Output = Result<Reading, PollError>> + Send + 'a>>;

/// What sort of source a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An API that bills.
    BilledApi,
    /// A subscription with windows.
    Subscription,
    /// Coin prices or exchange rates.
    Market,
    /// The log of a coding agent on this machine.
    AgentLog,
}

/// Which credential a provider needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// An API key.
    ApiKey {
        /// The environment variables it may be in, best first; `_1`, `_2` … are further accounts.
        env: &'static [&'static str],
        /// Where to get one, one sentence.
        help: &'static str,
        /// Whether it works without.
        need: Need,
    },
    /// None.
    None,
}

/// Whether a credential must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing works without.
    Required,
    /// It works without, less well.
    Optional,
}

/// When an account appears without being configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appears {
    /// When its credential is found.
    WithCredential,
    /// When another account or a holding names a coin.
    WithCoins,
    /// When the user's currency is not the dollar.
    WithForeignCurrency,
    /// When its logs are on this machine.
    WithLogs,
}

/// Pages for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Links {
    /// Where usage is looked up.
    pub dashboard: Option<&'static str>,
    /// Where money is added; `{amount}` is replaced by dollars with two decimals.
    pub top_up: Option<&'static str>,
}

/// All a poll sees of the world.
pub struct PollContext<'a> {
    /// The instant of the poll.
    pub now: DateTime<Utc>,
    /// The account.
    pub account: &'a Account,
    /// Its credential. `None`: it has none.
    pub secret: Option<&'a Secret>,
    /// The way to the vendor.
    pub http: &'a Http,
    /// The way to agents' logs on this machine. `None`: there is none.
    pub logs: Option<&'a Arc<Desk>>,
    /// What models cost. `None`: nothing has a price.
    pub prices: Option<&'a PriceBook>,
    /// How far back usage should reach: the first instant of interest.
    pub since: DateTime<Utc>,
    /// From when on it is enough when there is much to read, because the poll is made again at once. `None`: never.
    pub fresh_since: Option<DateTime<Utc>>,
    /// What the last good poll returned to go on from.
    pub resume: Option<&'a Cursor>,
}

/// Why a poll failed. Every text is for people and free of secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// The credential was refused: not asked again until it changes.
    #[error("{message}")]
    Unauthorized {
        /// What the vendor said.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Told to wait.
    #[error("{message}")]
    Throttled {
        /// What the vendor said.
        message: String,
        /// Until when, when it said so.
        retry_at: Option<DateTime<Utc>>,
    },
    /// No connection, no name, no answer in time.
    #[error("{0}")]
    Unreachable(String),
    /// The vendor is in trouble.
    #[error("HTTP {status}: {excerpt}")]
    Upstream {
        /// 500 to 599.
        status: u16,
        /// The first 200 characters of its answer, redacted.
        excerpt: String,
    },
    /// The vendor refuses this request.
    #[error("HTTP {status}: {excerpt}")]
    Refused {
        /// 300 to 499.
        status: u16,
        /// The first 200 characters of its answer, redacted.
        excerpt: String,
    },
    /// The answer made no sense.
    #[error("{0}")]
    Malformed(String),
    /// A credential or setting is missing.
    #[error("{message}")]
    NotConfigured {
        /// What is missing.
        message: String,
        /// What to do.
        hint: String,
    },
}

impl PollError {
    /// The kind that decides what happens next.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Unauthorized { .. } => FailureKind::Unauthorized,
            Self::Throttled { .. } => FailureKind::Throttled,
            Self::Unreachable(_) => FailureKind::Unreachable,
            Self::Upstream { .. } => FailureKind::Upstream,
            Self::Refused { .. } => FailureKind::Refused,
            Self::Malformed(_) => FailureKind::Malformed,
            Self::NotConfigured { .. } => FailureKind::NotConfigured,
        }
    }

    /// The text without a full stop, to end a longer sentence with.
    #[must_use]
    pub fn reason(&self) -> String {
        self.to_string().trim_end_matches('.').to_owned()
    }

    /// The vendor's wish to be left alone, when that is what failed.
    #[must_use]
    pub fn wait(&self) -> Option<Wait> {
        match self {
            Self::Throttled { message, retry_at } => Some(Wait {
                message: message.clone(),
                retry_at: *retry_at,
            }),
            _ => None,
        }
    }

    /// What to do about it, when something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unauthorized { hint, .. } | Self::NotConfigured { hint, .. } => Some(hint),
            _ => None,
        }
    }
}
