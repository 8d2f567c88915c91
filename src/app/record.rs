//! What a poll learned goes to the ledger, and what follows from it: when the account is asked again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::accounts::Planned;
use crate::app::poller::{Asked, Background, Polled, failure};
use crate::app::schedule::{self, Setback};
use crate::domain::poll::FailureKind;
use crate::domain::reading::{News, Wait};
use crate::providers::PollError;
use crate::store::{Store, StoreError};

/// How far back usage is kept at hand: a month of 31 days, an hour more where clocks are set back in it, and any zone.
const REACH_BACK: TimeDelta = TimeDelta::days(33);

/// The first instant of interest for usage.
#[must_use]
pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - REACH_BACK
}

/// What the ledger knows that a poll goes on from.
///
/// # Errors
/// The ledger's, when it cannot be read.
pub async fn background(
    store: &Store,
    planned: &Planned,
    now: DateTime<Utc>,
) -> Result<Background, StoreError> {
    let state = store.poll_state(planned.id()).await?;
    Ok(Background {
        resume: store.resume(planned.id()).await?,
        refused_credential: state.refused_credential,
        since: since(now),
        fresh_since: None,
    })
}

/// Writes a finished poll to the ledger; returns when the account is asked again (`None`: not by itself).
///
/// # Errors
/// The ledger's. Nothing is written then; the last good figures stay.
pub async fn record(
    store: &Store,
    planned: &Planned,
    polled: &Polled,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    match &polled.result {
        _ if polled.asked == Asked::No => Ok(None),
        Ok(reading) => {
            let next_at = schedule::after_success(now, planned.account.every);
            if reading.news == News::None {
                return Ok(Some(next_at));
            }
            store.record_reading(reading, next_at).await?;
            match &reading.wait {
                None => Ok(Some(next_at)),
                // What came is kept, and the vendor is left alone all the same.
                Some(wait) => record_failure(store, planned, &throttled(wait), (None, now)).await,
            }
        }
        Err(error) => {
            let mark = polled.credential.as_deref();
            let refused = mark.filter(|_| error.kind() == FailureKind::Unauthorized);
            record_failure(store, planned, error, (refused, now)).await
        }
    }
}

fn throttled(wait: &Wait) -> PollError {
    PollError::Throttled {
        message: wait.message.clone(),
        retry_at: wait.retry_at,
    }
}

async fn record_failure(
    store: &Store,
    planned: &Planned,
    error: &PollError,
    (refused, now): (Option<&str>, DateTime<Utc>),
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next_at = next_after(store, planned, error, now).await?;
    let failure = failure(error, planned, now);
    store
        .record_failure(planned.id(), &failure, next_at, refused)
        .await?;
    Ok(next_at)
}

async fn next_after(
    store: &Store,
    planned: &Planned,
    error: &PollError,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let failures_before = store.poll_state(planned.id()).await?.failures_in_a_row;
    let retry_at = match error {
        PollError::Throttled { retry_at, .. } => *retry_at,
        _ => None,
    };
    let setback = Setback {
        kind: error.kind(),
        retry_at,
        failures_before,
    };
    Ok(schedule::after_failure(
        now,
        planned.account.every,
        planned.id(),
        setback,
    ))
}
