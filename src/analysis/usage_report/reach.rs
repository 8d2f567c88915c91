//! Whether rows cover everything they should: from when to when each account's usage is known.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

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

/// What accounts lack.
#[derive(Default)]
pub(super) struct Lacks<'a> {
    /// Something that was asked.
    pub(super) missing: Vec<&'a Source>,
    /// The beginning of their first row, which nobody asked for by name.
    pub(super) edges: Vec<&'a Source>,
}

/// Marks the rows that may lack something.
pub(super) fn mark<'a>(
    question: &Question,
    sources: &'a [Source],
    rows: &mut [(Row, Vec<&Source>)],
) -> Lacks<'a> {
    let mut lacks = Lacks::default();
    if !matches!(question.grain, Grain::Calendar(_)) {
        return lacks;
    }
    for source in sources {
        let is_late = begins_late(question, source);
        let (mut at_start, mut at_end) = (false, false);
        for (row, of_row) in &mut *rows {
            let contributes = of_row.iter().any(|other| other.account == source.account);
            // Before an account's first reading it may not have been there; since its last one it was. A row of one
            // model or key is its own accounts' only.
            let begins = !contributes || begins_whole(question, source, row);
            let concerns = contributes || question.by.is_empty();
            let ends = !concerns || ends_whole(question, source, row);
            if !(begins && ends) {
                row.sum.reach = SumReach::LowerBound;
            }
            at_start |= !begins;
            at_end |= !ends;
        }
        if is_late || at_end {
            lacks.missing.push(source);
        } else if at_start {
            lacks.edges.push(source);
        }
    }
    lacks
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

/// From when to when the accounts' usage is known, one sentence a span.
pub(super) fn sentences(question: &Question, sources: &[&Source]) -> Vec<String> {
    let mut spans: BTreeMap<(NaiveDate, NaiveDate), Vec<&str>> = BTreeMap::new();
    for source in sources {
        if let Known::Within { from, until } = source.known {
            let date = |at: DateTime<Utc>| at.with_timezone(&question.zone).date_naive();
            let last = until - TimeDelta::milliseconds(1);
            let span = (date(from), date(last.max(from)));
            spans.entry(span).or_default().push(&source.label);
        }
    }
    let written = |day: NaiveDate| day.format("%-d %b %Y").to_string();
    let spans = spans.into_iter();
    spans
        .map(|((from, until), labels)| {
            let (from, until) = (written(from), written(until));
            let labels = labels.join(", ");
            format!("{labels}: usage is known from {from} to {until} only")
        })
        .collect()
}
