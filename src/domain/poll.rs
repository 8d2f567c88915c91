//! How polling an account goes: what failed, since when, and when it is asked again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How the polls of an account stand. Kept in the ledger, so that a restart and `status` know it too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PollState {
    /// When the last poll succeeded. `None`: never.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// When the next one is due. `None`: not planned, because no process is polling or it waits for a new credential.
    pub next_at: Option<DateTime<Utc>>,
    /// The failure that the last poll ended with. `None`: it went well.
    pub failure: Option<Failure>,
    /// How many polls in a row failed.
    pub failures_in_a_row: u32,
    /// A mark of the credential that the vendor refused, so that it is not tried again; not the credential.
    pub refused_credential: Option<String>,
}

/// Why a poll failed, for people and for the decision what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// What happened and where, one sentence, without a secret.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// When the vendor will listen again. `None`: it did not say.
    pub retry_at: Option<DateTime<Utc>>,
    /// When the failures began of which this is the last; a refused or missing credential is told apart from others.
    pub since: DateTime<Utc>,
}

/// What sort of failure; decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The credential was refused: not asked again until it changes.
    Unauthorized,
    /// Too many requests: wait, keep the last value.
    Throttled,
    /// No connection, no name, no answer in time.
    Unreachable,
    /// The vendor is in trouble (5xx).
    Upstream,
    /// The vendor refuses this request (4xx).
    Refused,
    /// The answer made no sense.
    Malformed,
    /// A credential or setting is missing.
    NotConfigured,
}

impl FailureKind {
    /// The name as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Upstream => "upstream",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::NotConfigured => "not_configured",
        }
    }
}
