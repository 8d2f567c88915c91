//! API keys, models and projects as a vendor reports them: names, caps and spend per span, never the key itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::money::Money;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Spans;

/// One API key of an account, or one of the vendor's own front ends that spend like a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReading {
    /// The vendor's id.
    pub id: KeyId,
    /// What people read.
    pub label: String,
    /// What sort of key it is.
    pub kind: KeyKind,
    /// When it was made. `None`: not told.
    pub created_at: Option<DateTime<Utc>>,
    /// When it stops working. `None`: never, or not told.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used. `None`: never, or not told.
    pub last_used_at: Option<DateTime<Utc>>,
    /// What the vendor says it spent, by span; spans it does not report are unknown.
    pub spend: Spans,
    /// Its caps.
    pub limits: Vec<KeyLimit>,
}

/// What sort of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Manages the account.
    Admin,
    /// Calls models.
    Inference,
    /// Not a key: the vendor's own web application.
    WebApp,
    /// Not told.
    Unknown,
}

/// A cap on what a key may spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLimit {
    /// The cap.
    pub max: Money,
    /// Spent in the running period. `None`: unknown.
    pub used: Option<Money>,
    /// Over what it is counted.
    pub period: LimitPeriod,
    /// When counting starts anew. `None`: never, or unknown.
    pub resets_at: Option<DateTime<Utc>>,
}

/// Over what a vendor counts a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPeriod {
    /// One day.
    Day,
    /// One week.
    Week,
    /// One month.
    Month,
    /// For ever.
    Lifetime,
}

/// What a vendor reports by model over a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReading {
    /// The model.
    pub model: ModelId,
    /// Tokens, where told.
    pub tokens: Option<TokenCounts>,
    /// What it cost, by span.
    pub spend: Spans,
}

/// A project, workspace or team of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectReading {
    /// The vendor's id.
    pub id: ProjectId,
    /// What people read.
    pub label: String,
}
