//! Forgetting: history older than an instant. The last figures, open alerts and poll states stay.

use chrono::{DateTime, Utc};

use crate::domain::usage::SlotWidth;
use crate::store::database::{Connection, Error, query};
use crate::store::{cell, usage};

const FORGET: [&str; 7] = [
    "DELETE FROM balance_point WHERE at < $1",
    "DELETE FROM window_point WHERE at < $1",
    "DELETE FROM price WHERE at < $1",
    "DELETE FROM usage_event WHERE slot_at < $1",
    "DELETE FROM usage_slot WHERE start_at < $1",
    "DELETE FROM notice WHERE at < $1",
    // Of a period that is long over nothing is needed. What has no period stays: its being armed is what lets it fire.
    "DELETE FROM alert_state WHERE phase = 'armed' AND period <> '' AND touched_at < $1",
];

/// Forgets what is older than the start of that day of UTC, so that no slot is cut.
pub(super) async fn forget(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<(), Error> {
    let before = cell::millis(SlotWidth::Day.start_of(before));
    for sql in FORGET {
        connection.execute(query(sql).bind(before)).await?;
    }
    usage::forget_coverage(connection, before).await
}
