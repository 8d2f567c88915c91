//! Alerts: what is watched, what was crossed, and what was told about it. No rule is judged here.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::ids::RuleId;

/// The identity of an alert: it fires once per rule, subject and period, also across restarts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// The rule.
    pub rule: RuleId,
    /// What it watches: `venice/work balance diem`.
    pub subject: String,
    /// The period it holds for: a window's reset, a budget's month; empty when there is none.
    pub period: String,
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}|{}", self.rule, self.subject, self.period)
    }
}

impl AlertKey {
    /// A short id to type, stable for the same key: eight hexadecimal digits.
    #[must_use]
    pub fn short(&self) -> String {
        // FNV-1a: stable across releases and machines, which `std`'s hasher does not promise.
        let hash = self
            .to_string()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        format!("{hash:08x}")
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know: a window has reset.
    Info,
    /// Act soon.
    Warning,
    /// Act now.
    Critical,
}

impl Severity {
    /// The name as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// When a rule holds; the threshold itself counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// At or above.
    AtLeast(Decimal),
    /// At or below.
    AtMost(Decimal),
}

impl Condition {
    /// Whether it holds for a value.
    #[must_use]
    pub fn holds(self, value: Decimal) -> bool {
        match self {
            Self::AtLeast(threshold) => value >= threshold,
            Self::AtMost(threshold) => value <= threshold,
        }
    }
}

/// One watched figure at one instant: a rule applied to a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Rule, subject and period.
    pub key: AlertKey,
    /// The figure. `None`: unknown, and then nothing fires and nothing clears.
    pub value: Option<Decimal>,
    /// When it counts as crossed.
    pub condition: Condition,
    /// How bad that is.
    pub severity: Severity,
    /// Whether it is told again while it lasts.
    pub repeat: Repeat,
    /// One line: what happened.
    pub title: String,
    /// The figures, and what to do.
    pub body: String,
}

/// Whether a lasting condition is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Once until it clears or a new period begins.
    Once,
    /// Once in a period, also when it clears and comes back: for forecasts, which waver.
    OncePerPeriod,
    /// Once more after an acknowledgement, at most once in this time.
    Every(Duration),
}

/// An alert as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// Rule, subject and period.
    pub key: AlertKey,
    /// How bad.
    pub severity: Severity,
    /// One line: what happened.
    pub title: String,
    /// The figures when it was raised, and what to do.
    pub body: String,
    /// Where it stands.
    pub phase: Phase,
    /// When the condition was last found to begin. `None`: it never held.
    pub raised_at: Option<DateTime<Utc>>,
    /// When a person was last told. `None`: never.
    pub notified_at: Option<DateTime<Utc>>,
    /// When it cleared. `None`: it has not.
    pub cleared_at: Option<DateTime<Utc>>,
    /// Quiet until then. `None`: not snoozed.
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// Where a rule on a subject stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The condition does not hold; crossing it fires.
    Armed,
    /// It holds, and nobody has acknowledged it.
    Open,
    /// It holds, and somebody has.
    Acknowledged,
}

/// A notice as the ledger keeps it: the log is the truth, the popup a side effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// When it was decided to tell.
    pub at: DateTime<Utc>,
    /// The alert it told of. `None`: a message of the program itself.
    pub alert: Option<AlertKey>,
    /// How bad.
    pub severity: Severity,
    /// One line: what happened.
    pub title: String,
    /// The figures, and what to do.
    pub body: String,
}
