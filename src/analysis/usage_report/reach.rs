//! Whether rows cover everything they should: from when to when each account's usage is known.

use chrono::{DateTime, NaiveTime, Utc};

use crate::analysis::digest::SumReach;
use crate::analysis::usage_report::{Grain, Question, Row, RowTime, Source};
use crate::domain::period::start_of_day;
use crate::domain::usage::SlotWidth;

/// From when to when an account's usage is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All that ever was.
    Everything,
    /// Within a span.
    Within {
        /// Its start.
        from: DateTime<Utc>,
        /// Its end, exclusive.
        until: DateTime<Utc>,
    },
}

/// Marks the rows that may lack something; why, one sentence an account.
pub(super) fn mark(
    question: &Question,
    sources: &[Source],
    rows: &mut [(Row, Vec<&Source>)],
) -> Vec<String> {
    if !matches!(question.grain, Grain::Calendar(_)) {
        return Vec::new();
    }
    let mut lacking: Vec<&Source> = Vec::new();
    for (row, of_row) in rows {
        for source in sources {
            let contributes = of_row.iter().any(|other| other.account == source.account);
            // Before an account's first reading it may not have been there; since its last one it was. A row of one
            // model or key is its own accounts' only.
            let lacks = (contributes && !begins_whole(question, source, row))
                || ((contributes || question.by.is_empty()) && !ends_whole(question, source, row));
            if lacks {
                row.sum.reach = SumReach::LowerBound;
                lacking.push(source);
            }
        }
    }
    let begins_before = |source: &&Source| begins_late(question, source);
    let mut told: Vec<&Source> = sources
        .iter()
        .filter(begins_before)
        .chain(lacking)
        .collect();
    told.sort_by(|one, other| one.account.cmp(&other.account));
    told.dedup_by(|one, other| one.account == other.account);
    told.into_iter()
        .filter_map(|source| sentence(question, source))
        .collect()
}

/// Whether the days asked for by name begin before the account's usage is known.
fn begins_late(question: &Question, source: &Source) -> bool {
    match (question.since, source.known) {
        (Some(since), Known::Within { from, .. }) => {
            start_of_day(since, question.zone) < from && from.date_naive() > since
        }
        _ => false,
    }
}

/// Whether an account's usage is known from a row's first instant on.
fn begins_whole(question: &Question, source: &Source, row: &Row) -> bool {
    let (Known::Within { from, .. }, RowTime::Days { first, .. }) = (source.known, row.time) else {
        return true;
    };
    let begins = start_of_day(question.since.unwrap_or(first).max(first), question.zone);
    // A history of UTC days that begins with the row's own first day lacks nothing of it.
    let begins_with_it =
        tells_days(source) && from.time() == NaiveTime::MIN && from.date_naive() <= first;
    from <= begins || begins_with_it
}

/// Whether an account's usage is known up to a row's end. What runs may grow: it is whole from its first reading on.
fn ends_whole(question: &Question, source: &Source, row: &Row) -> bool {
    let (Known::Within { until, .. }, RowTime::Days { first, end }) = (source.known, row.time)
    else {
        return true;
    };
    let runs = row.span(question.zone).until > question.now;
    let needed = if runs { first } else { end };
    until >= start_of_day(needed, question.zone)
        || tells_days(source) && until.date_naive() >= needed
}

fn tells_days(source: &Source) -> bool {
    let mut pieces = source.pieces.iter();
    pieces.all(|piece| piece.slot.width == SlotWidth::Day)
}

fn sentence(question: &Question, source: &Source) -> Option<String> {
    let Known::Within { from, until } = source.known else {
        return None;
    };
    let date = |at: DateTime<Utc>| at.with_timezone(&question.zone).format("%-d %b %Y");
    Some(format!(
        "{}: usage is known from {} to {} only",
        source.label,
        date(from),
        date(until)
    ))
}
