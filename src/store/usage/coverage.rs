//! How far back an account's usage reaches without a hole: the table `usage_coverage`.

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::reading::Reading;
use crate::store::cell;
use crate::store::database::{Connection, Error, Row, query};

const READ: &str = "SELECT covered_from, covered_until FROM usage_coverage WHERE account = $1";

const KEEP: &str = "
    INSERT INTO usage_coverage (account, covered_from, covered_until) VALUES ($1, $2, $3)
    ON CONFLICT (account) DO UPDATE SET
        covered_from = excluded.covered_from, covered_until = excluded.covered_until";

const CUT: &str =
    "UPDATE usage_coverage SET covered_from = $1 WHERE covered_from < $1 AND covered_until >= $1";

const FORGET: &str = "DELETE FROM usage_coverage WHERE covered_until < $1";

/// A span of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: i64,
    until: i64,
}

/// Adds what a reading covers.
pub(super) async fn extend(
    connection: &mut Connection,
    account: &str,
    reading: &Reading,
) -> Result<(), Error> {
    let read = |row: &Row<'_>| {
        Some(Span {
            from: cell::number(row, 0).ok()?,
            until: cell::number(row, 1).ok()?,
        })
    };
    let before = connection.first(query(READ).bind(account), read).await?;
    let before = before.flatten();
    let after = covered(before, reading);
    let Some(span) = after.filter(|_| after != before) else {
        return Ok(());
    };
    let statement = query(KEEP).bind(account).bind(span.from).bind(span.until);
    connection.execute(statement).await
}

/// What is covered after a reading: spans that touch or overlap grow together, and after a hole counting begins anew.
fn covered(before: Option<Span>, reading: &Reading) -> Option<Span> {
    let told = told_by_ranges(reading);
    match (before, told.or_else(|| told_by_events(reading))) {
        (Some(known), Some(span)) if told.is_some() => Some(joined(known, span)),
        (Some(known), Some(span)) => Some(hull(known, span)),
        (known, span) => known.or(span),
    }
}

/// The newest span that the reading's ranges cover without a hole.
fn told_by_ranges(reading: &Reading) -> Option<Span> {
    let mut ranges: Vec<Span> = reading
        .ranges
        .iter()
        .map(|range| Span {
            from: cell::millis(range.from),
            until: cell::millis(range.until),
        })
        .filter(|span| span.from < span.until)
        .collect();
    ranges.sort_by_key(|span| span.from);
    ranges.into_iter().reduce(joined)
}

/// Events come by a cursor, without a hole, so they reach from the first of them to the reading.
fn told_by_events(reading: &Reading) -> Option<Span> {
    let first = reading.events.iter().map(|event| event.at).min()?;
    Some(Span {
        from: cell::millis(first),
        until: cell::millis(reading.taken_at.max(first)),
    })
}

fn joined(known: Span, range: Span) -> Span {
    if range.from > known.until {
        range
    } else if range.until < known.from {
        known
    } else {
        hull(known, range)
    }
}

fn hull(one: Span, other: Span) -> Span {
    Span {
        from: one.from.min(other.from),
        until: one.until.max(other.until),
    }
}

/// From when to when an account's usage is known.
type Reach = (DateTime<Utc>, DateTime<Utc>);

/// From when to when an account's usage reaches without a hole.
pub(in crate::store) async fn coverage(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<Option<Reach>, Error> {
    let statement = query(READ).bind(account.to_string());
    let read = |row: &Row<'_>| Ok((cell::instant(row, 0)?, cell::instant(row, 1)?));
    let mut found = cell::readable(connection, "usage_coverage", statement, read).await?;
    Ok(found.pop())
}

/// Forgets what is covered before an instant, because the usage itself is forgotten.
pub(in crate::store) async fn forget(
    connection: &mut Connection,
    before: i64,
) -> Result<(), Error> {
    for sql in [CUT, FORGET] {
        connection.execute(query(sql).bind(before)).await?;
    }
    Ok(())
}
