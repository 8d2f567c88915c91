//! Usage summed by slot: reported ranges, sums of events, and reading them back.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::account::AccountId;
use crate::domain::usage::{Attribution, SlotRange, SlotWidth, Spend, UsageSlot};
use crate::store::cell::{self, Read};
use crate::store::database::{Connection, Error, Row, query};
use crate::store::usage::Touched;
use crate::store::usage::row::{SlotRow, Told, names};

/// So many rows in one statement.
const CHUNK: usize = 50;
const COLUMNS: usize = 20;

const READ_WITHIN: &str = "
    SELECT start_at, width, origin, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced
    FROM usage_slot WHERE account = $1 AND start_at >= $2 AND start_at < $3 AND origin = 'range'";

const READ_SINCE: &str = "
    SELECT start_at, width, origin, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced
    FROM usage_slot WHERE account = $1 AND start_at > $2";

const INSERT: &str = "
    INSERT INTO usage_slot (account, start_at, width, origin, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced)
    VALUES ";

const FORGET_AT: &str =
    "DELETE FROM usage_slot WHERE account = $1 AND start_at = $2 AND origin = 'range'";

const FORGET_SUMS: &str = "
    DELETE FROM usage_slot
    WHERE account = $1 AND start_at >= $2 AND start_at <= $3 AND origin = 'events'";

const SUM_EVENTS: &str = "
    INSERT INTO usage_slot (account, start_at, width, origin, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced)
    SELECT account, slot_at, 'quarter_hour', 'events', api_key, model, project, person,
        CAST(SUM(requests) AS BIGINT), CAST(SUM(input) AS BIGINT), CAST(SUM(cached_input) AS BIGINT),
        CAST(SUM(cache_write) AS BIGINT), CAST(SUM(cache_write_5m) AS BIGINT),
        CAST(SUM(cache_write_1h) AS BIGINT), CAST(SUM(output) AS BIGINT), CAST(SUM(reasoning) AS BIGINT),
        basis, currency, CAST(SUM(nanos) AS BIGINT), unpriced
    FROM usage_event
    WHERE account = $1 AND slot_at >= $2 AND slot_at <= $3
    GROUP BY account, slot_at, api_key, model, project, person, basis, currency, unpriced";

/// Replaces what is known of a range. Slots that stay the same are not written again, nor touched.
///
/// A slot belongs to the range if it begins within it. One that is reported but begins outside was cut by the
/// range's edge: it is kept only where nothing is known, because what is known there may be whole.
pub(super) async fn replace(
    connection: &mut Connection,
    account: &str,
    range: &SlotRange,
    touched: &mut Touched,
) -> Result<(), Error> {
    let (from, until) = (cell::millis(range.from), cell::millis(range.until));
    let mut new = by_start(range.slots.iter().flat_map(SlotRow::of_range));
    let first = new.keys().next().map_or(from, |start| from.min(*start));
    let last = new
        .keys()
        .next_back()
        .map_or(until, |start| until.max(start + 1));
    let old = within(connection, account, first, last).await?;
    for (start, rows) in &old {
        let inside = from <= *start && *start < until;
        if !inside || new.get(start) == Some(rows) {
            new.remove(start);
        } else {
            touched.add(*start);
            forget_at(connection, account, *start).await?;
        }
    }
    for start in new.keys() {
        touched.add(*start);
    }
    let added: Vec<SlotRow> = new.into_values().flatten().collect();
    insert(connection, account, &added).await
}

/// Rows by the slot's start, in one order, so that equal slots are equal.
fn by_start(rows: impl Iterator<Item = SlotRow>) -> BTreeMap<i64, Vec<SlotRow>> {
    let mut starts: BTreeMap<i64, Vec<SlotRow>> = BTreeMap::new();
    for row in rows {
        starts.entry(row.start_at).or_default().push(row);
    }
    for rows in starts.values_mut() {
        rows.sort();
    }
    starts
}

/// What was reported from one instant to before another; sums of events are not touched here. A row that cannot be read counts as a difference.
async fn within(
    connection: &mut Connection,
    account: &str,
    from: i64,
    until: i64,
) -> Result<BTreeMap<i64, Vec<SlotRow>>, Error> {
    let statement = query(READ_WITHIN).bind(account).bind(from).bind(until);
    let mut rows = Vec::new();
    let see = |row: &Row<'_>| match SlotRow::read(row) {
        Ok(row) => rows.push(row),
        Err(_) => rows.extend(cell::number(row, 0).map(SlotRow::strange)),
    };
    connection.each(statement, see).await?;
    Ok(by_start(rows.into_iter()))
}

async fn forget_at(connection: &mut Connection, account: &str, start_at: i64) -> Result<(), Error> {
    let statement = query(FORGET_AT).bind(account).bind(start_at);
    connection.execute(statement).await
}

async fn insert(connection: &mut Connection, account: &str, rows: &[SlotRow]) -> Result<(), Error> {
    for chunk in rows.chunks(CHUNK) {
        let sql = format!("{INSERT}{}", cell::places(chunk.len(), COLUMNS));
        let statement = chunk
            .iter()
            .fold(query(sql), |statement, row| row.bind(statement, account));
        connection.execute(statement).await?;
    }
    Ok(())
}

/// Sums the events of the slots from the first to the last anew.
pub(super) async fn sum_events(
    connection: &mut Connection,
    account: &str,
    first: i64,
    last: i64,
) -> Result<(), Error> {
    for sql in [FORGET_SUMS, SUM_EVENTS] {
        let statement = query(sql).bind(account).bind(first).bind(last);
        connection.execute(statement).await?;
    }
    Ok(())
}

/// The slots of an account that end after an instant, oldest first; one for each start, width and attribution.
pub(in crate::store) async fn since(
    connection: &mut Connection,
    account: &AccountId,
    since: DateTime<Utc>,
) -> Result<Vec<UsageSlot>, Error> {
    let widest = TimeDelta::seconds(SlotWidth::Day.seconds());
    let statement = query(READ_SINCE)
        .bind(account.to_string())
        .bind(cell::millis(since - widest));
    let mut slots = Vec::new();
    let mut seen = Seen::default();
    let see = |row: &Row<'_>| match slot(row, &mut seen) {
        Ok(slot) if slot.start + TimeDelta::seconds(slot.width.seconds()) > since => {
            slots.push(slot);
        }
        Ok(_) => {}
        Err(_) => cell::odd("usage_slot"),
    };
    connection.each(statement, see).await?;
    slots.sort_by(|a, b| place(a).cmp(&place(b)));
    slots.dedup_by(|next, slot| {
        let is_same = place(next) == place(slot);
        if is_same {
            slot.add(next);
        }
        is_same
    });
    slots.shrink_to_fit();
    Ok(slots)
}

/// What one slot has only once.
fn place(slot: &UsageSlot) -> (DateTime<Utc>, SlotWidth, &Attribution) {
    (slot.start, slot.width, &slot.who)
}

/// The slot that a row is a part of, with nothing but this part.
fn slot(row: &Row<'_>, seen: &mut Seen) -> Read<UsageSlot> {
    let row = Told::read(row)?;
    let mut slot = UsageSlot {
        start: cell::from_millis(row.start_at)?,
        width: cell::from_word(row.width)?,
        who: seen.attribution(&row),
        requests: None,
        tokens: None,
        spend: Spend::default(),
    };
    if row.add_to(&mut slot).is_err() {
        cell::odd("usage_slot");
    }
    Ok(slot)
}

/// The attributions seen so far, in the order of their names: the slots of one share it.
#[derive(Default)]
struct Seen(Vec<Arc<Attribution>>);

impl Seen {
    fn attribution(&mut self, row: &Told<'_>) -> Arc<Attribution> {
        match self.0.binary_search_by(|who| names(who).cmp(&row.who)) {
            Ok(place) => Arc::clone(&self.0[place]),
            Err(place) => {
                let who = Arc::new(row.attribution());
                self.0.insert(place, Arc::clone(&who));
                who
            }
        }
    }
}
