//! Usage with an identity: kept once however often it is read; newer figures replace older ones.

use std::collections::BTreeMap;

use crate::domain::usage::{SlotRange, SlotWidth, UsageEvent};
use crate::store::cell;
use crate::store::database::{Connection, Error, Row, query};
use crate::store::usage::Touched;
use crate::store::usage::row::EventRow;

/// So many events in one statement.
const CHUNK: usize = 50;
const COLUMNS: usize = 21;

const FIND: &str = "
    SELECT key, at, slot_at, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced, as_of
    FROM usage_event WHERE account = $1 AND key = $2";

const INSERT: &str = "
    INSERT INTO usage_event (account, key, at, slot_at, api_key, model, project, person, requests,
        input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
        basis, currency, nanos, unpriced, as_of)
    VALUES ";

const OR_REPLACE: &str = "
    ON CONFLICT (account, key) DO UPDATE SET
        at = excluded.at, slot_at = excluded.slot_at, api_key = excluded.api_key, model = excluded.model,
        project = excluded.project, person = excluded.person, requests = excluded.requests,
        input = excluded.input, cached_input = excluded.cached_input, cache_write = excluded.cache_write,
        cache_write_5m = excluded.cache_write_5m, cache_write_1h = excluded.cache_write_1h,
        output = excluded.output, reasoning = excluded.reasoning, basis = excluded.basis,
        currency = excluded.currency, nanos = excluded.nanos, unpriced = excluded.unpriced,
        as_of = excluded.as_of";

const SLOTS_WITHIN: &str = "
    SELECT MIN(slot_at), MAX(slot_at) FROM usage_event WHERE account = $1 AND at >= $2 AND at < $3
        AND slot_at >= $4 AND slot_at < $3";

const FORGET_WITHIN: &str = "
    DELETE FROM usage_event WHERE account = $1 AND at >= $2 AND at < $3
        AND slot_at >= $4 AND slot_at < $3";

/// Keeps events; of two with one key in a reading the later counts. Touches the slots where one was and where it is.
pub(super) async fn keep(
    connection: &mut Connection,
    account: &str,
    events: &[UsageEvent],
    touched: &mut Touched,
) -> Result<(), Error> {
    let by_key: BTreeMap<&str, &UsageEvent> = events
        .iter()
        .map(|event| (event.key.as_str(), event))
        .collect();
    let mut changed = Vec::new();
    for event in by_key.into_values().map(EventRow::new) {
        let known = find(connection, account, &event.key).await?;
        if known.as_ref() == Some(&event) {
            continue;
        }
        touched.add(event.slot_at);
        if let Some(known) = known {
            touched.add(known.slot_at);
        }
        changed.push(event);
    }
    for chunk in changed.chunks(CHUNK) {
        let sql = format!("{INSERT}{}{OR_REPLACE}", cell::places(chunk.len(), COLUMNS));
        let statement = chunk.iter().fold(query(sql), |statement, event| {
            event.bind(statement, account)
        });
        connection.execute(statement).await?;
    }
    Ok(())
}

async fn find(
    connection: &mut Connection,
    account: &str,
    key: &str,
) -> Result<Option<EventRow>, Error> {
    let statement = query(FIND).bind(account).bind(key);
    let found = connection.first(statement, EventRow::read).await?;
    Ok(found.and_then(Result::ok))
}

/// Forgets the events within a range; the range says what they summed to.
pub(super) async fn forget(
    connection: &mut Connection,
    account: &str,
    range: &SlotRange,
    touched: &mut Touched,
) -> Result<(), Error> {
    let within = |sql: &'static str| {
        query(sql)
            .bind(account)
            .bind(cell::millis(range.from))
            .bind(cell::millis(range.until))
            // The slot may begin before the range; the index is by slot.
            .bind(cell::millis(SlotWidth::QuarterHour.start_of(range.from)))
    };
    let ends = |row: &Row<'_>| [0, 1].map(|column| cell::number(row, column).ok());
    let ends = connection.first(within(SLOTS_WITHIN), ends).await?;
    let Some([Some(first), Some(last)]) = ends else {
        return Ok(());
    };
    touched.add(first);
    touched.add(last);
    connection.execute(within(FORGET_WITHIN)).await
}
