//! What a poll carries over to the next in its cursor: where the ledger walk goes on, and the parts that are asked for
//! less often.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::usage::SlotWidth;
use crate::providers::PollContext;
use crate::providers::venice::ledger::Walk;
use crate::providers::venice::sides::Sides;

/// Venice books some rows late; so much of the ledger is read again.
const OVERLAP: TimeDelta = TimeDelta::hours(6);

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
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
}
