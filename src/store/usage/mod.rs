//! Usage: events with an identity, slots summed from them or reported, and how far back they reach.
//!
//! Figures are read from slots only. The slots of events are computed anew from the events in the transaction that
//! changes them, never added to, so that nothing is counted twice however often it is reported.
//!
//! A range replaces everything known that begins within it, events too: the vendor's sum is the truth there. So of
//! one reading the ranges go first, then the events, which add what the ranges do not hold.

mod coverage;
mod events;
mod row;
mod slots;

use chrono::{DateTime, Utc};

use crate::domain::reading::Reading;
use crate::store::cell;
use crate::store::database::{Connection, Error};

pub(super) use coverage::{coverage, forget as forget_coverage};
pub(super) use slots::since;

/// Keeps the usage of a reading; returns from when on slots are not what they were (`None`: all are).
pub(super) async fn record(
    connection: &mut Connection,
    reading: &Reading,
) -> Result<Option<DateTime<Utc>>, Error> {
    let account = reading.account.to_string();
    let mut touched = Touched::default();
    let mut replaced = Touched::default();
    for range in &reading.ranges {
        events::forget(connection, &account, range, &mut touched).await?;
        slots::replace(connection, &account, range, &mut replaced).await?;
    }
    events::keep(connection, &account, &reading.events, &mut touched).await?;
    if let Some((first, last)) = touched.0 {
        slots::sum_events(connection, &account, first, last).await?;
    }
    coverage::extend(connection, &account, reading).await?;
    let firsts = [touched, replaced].map(|slots| slots.0.map(|(first, _)| first));
    let first = firsts.into_iter().flatten().min();
    Ok(first.map(|first| cell::from_millis(first).unwrap_or(DateTime::UNIX_EPOCH)))
}

/// The first and the last slot that changed. `None`: none did.
#[derive(Debug, Default)]
struct Touched(Option<(i64, i64)>);

impl Touched {
    fn add(&mut self, slot_at: i64) {
        let (first, last) = self.0.unwrap_or((slot_at, slot_at));
        self.0 = Some((first.min(slot_at), last.max(slot_at)));
    }
}
