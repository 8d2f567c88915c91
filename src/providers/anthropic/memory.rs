//! What a poll carries over to the next in its cursor. It belongs to one credential; another one starts anew.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::reading::Cursor;
use crate::providers::PollContext;
use crate::providers::anthropic::names::Names;
use crate::providers::anthropic::usage::Counted;
use crate::providers::counters::KeptCounts;
use crate::providers::days::{self, Progress};
use crate::secrets::Secret;

/// How long after its end a day may still grow: data come after about five minutes, at times later.
const SETTLES: TimeDelta = TimeDelta::hours(6);

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// The mark of the credential it was learned with.
    credential: String,
    /// When the key turned out to be no admin key.
    pub(super) ordinary_at: Option<DateTime<Utc>>,
    pub(super) progress: Option<Progress>,
    pub(super) kept: KeptCounts<Counted>,
    pub(super) names: Names,
}

impl Memory {
    /// Reads a cursor; one of another credential or another version counts as none.
    pub(super) fn recall(cursor: Option<&Cursor>, secret: &Secret) -> Self {
        let credential = secret.fingerprint();
        cursor
            .and_then(|cursor| serde_json::from_str::<Self>(&cursor.0).ok())
            .filter(|memory| memory.credential == credential)
            .unwrap_or_else(|| Self {
                credential,
                ..Self::default()
            })
    }

    /// Notes how far the days were read.
    pub(super) fn follow(&mut self, cx: &PollContext<'_>, (start, until): (NaiveDate, NaiveDate)) {
        let read = days::Read {
            start,
            until,
            now: cx.now,
            settles: SETTLES,
        };
        self.progress = Some(days::follow(self.progress, cx.since, read));
        self.ordinary_at = None;
    }

    /// The cursor that says all this.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        serde_json::to_string(self).ok().map(Cursor)
    }
}
