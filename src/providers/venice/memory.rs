//! What a poll carries over to the next in its cursor: where the ledger walk goes on, and the parts that are asked for
//! less often. It belongs to one credential; another one starts anew.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::reading::Cursor;
use crate::domain::usage::SlotWidth;
use crate::providers::PollContext;
use crate::providers::venice::ledger::Walk;
use crate::providers::venice::sides::Sides;
use crate::secrets::Secret;

/// Venice books some rows late; so much of the ledger is read again.
const OVERLAP: TimeDelta = TimeDelta::hours(6);

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    /// The mark of the credential it was learned with.
    credential: String,
    ledger: Option<Ledger>,
    #[serde(default)]
    pub(super) sides: Sides,
}

/// How much of the ledger was read.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ledger {
    /// The first instant that was read.
    from: DateTime<Utc>,
    /// Where to read on.
    next: DateTime<Utc>,
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

    /// Where the ledger is read from: the start of a slot, because slots are replaced whole.
    pub(super) fn start(&self, since: DateTime<Utc>) -> DateTime<Utc> {
        let start = match self.ledger {
            Some(ledger) if ledger.from <= since => ledger.next.max(since),
            _ => since,
        };
        SlotWidth::QuarterHour.start_of(start)
    }

    /// Notes how far a walk came.
    pub(super) fn follow(&mut self, walk: &Walk, cx: &PollContext<'_>) {
        let start = self.start(cx.since);
        let from = match self.ledger {
            Some(ledger) if ledger.from <= cx.since => ledger.from,
            _ => start,
        };
        self.ledger = Some(Ledger {
            from,
            next: walk.next_start(start, cx.now, OVERLAP),
        });
    }

    /// The cursor that says all this.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        serde_json::to_string(self).ok().map(Cursor)
    }
}
