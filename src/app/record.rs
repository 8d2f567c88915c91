//! What a poll learned goes to the ledger, and what follows from it: when the account is asked again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::accounts::Planned;
use crate::app::poller::{Asked, Background, Polled, failure};
use crate::app::schedule::{self, Setback};
use crate::domain::poll::FailureKind;
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
            store.record_reading(reading, next_at).await?;
            Ok(Some(next_at))
        }
        Err(error) => {
            let next_at = next_after(store, planned, error, now).await?;
            let refused =
                (error.kind() == FailureKind::Unauthorized).then_some(polled.credential.as_deref());
            store
                .record_failure(
                    planned.id(),
                    &failure(error, planned, now),
                    next_at,
                    refused.flatten(),
                )
                .await?;
            Ok(next_at)
        }
    }
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
