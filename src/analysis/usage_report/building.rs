//! Rows while they are summed: where a piece is counted, and what has been added up there.

use chrono::{DateTime, NaiveDate, Utc};

use crate::analysis::usage_report::{Piece, RowTime, Source, Sum};
use crate::domain::ids::SessionId;

/// Where a piece is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Days(NaiveDate, NaiveDate),
    Session(SessionId),
    Window(DateTime<Utc>, DateTime<Utc>),
}

impl Place {
    pub(super) fn time(&self, built: &Building<'_>) -> RowTime {
        match self {
            Self::Days(first, end) => RowTime::Days {
                first: *first,
                end: *end,
            },
            Self::Session(_) => RowTime::Instants {
                from: built.first_at,
                until: built.last_at,
            },
            Self::Window(from, until) => RowTime::Instants {
                from: *from,
                until: *until,
            },
        }
    }
}

/// A row while it is summed.
pub(super) struct Building<'a> {
    pub(super) sum: Sum,
    pub(super) first_at: DateTime<Utc>,
    pub(super) last_at: DateTime<Utc>,
    pub(super) sources: Vec<&'a Source>,
}

impl Default for Building<'_> {
    fn default() -> Self {
        Self {
            sum: Sum::default(),
            first_at: DateTime::<Utc>::MAX_UTC,
            last_at: DateTime::<Utc>::MIN_UTC,
            sources: Vec::new(),
        }
    }
}

impl<'a> Building<'a> {
    pub(super) fn add(&mut self, source: &'a Source, piece: &Piece) {
        self.sum.add(&piece.slot);
        self.first_at = self.first_at.min(piece.first_at);
        self.last_at = self.last_at.max(piece.last_at);
        if self.sources.last().map(|last| &last.account) != Some(&source.account) {
            self.sources.push(source);
        }
    }
}
