//! What a poll learned goes to the ledger, and what follows from it: when the account is asked again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::accounts::Planned;
use crate::app::poller::{Asked, Background, Polled, failure};
use crate::app::schedule::{self, Setback};
use crate::domain::poll::FailureKind;
use crate::domain::reading::{News, Reading, Wait};
use crate::domain::snapshot::Since;
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

/// A poll that has ended.
pub struct Ended<'a> {
    /// Whose.
    pub planned: &'a Planned,
    /// How.
    pub polled: &'a Polled,
    /// When the account is asked again if all is well.
    pub next_at: DateTime<Utc>,
}

/// What follows from a poll that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When the account is asked again; `None`: not by itself.
    pub next_at: Option<DateTime<Utc>>,
    /// From when on its usage and history are not what they were.
    pub changed: Since,
}

/// Writes a finished poll to the ledger.
///
/// # Errors
/// The ledger's. Nothing is written then; the last good figures stay.
pub async fn record(
    store: &Store,
    planned: &Planned,
    polled: &Polled,
    now: DateTime<Utc>,
) -> Result<Kept, StoreError> {
    let next_at = schedule::after_success(now, planned.account.every);
    let ended = Ended {
        planned,
        polled,
        next_at,
    };
    record_one(store, &ended, None, now).await
}

/// Writes the polls of a round to the ledger, the good ones at one stroke.
pub async fn record_all(
    store: &Store,
    ended: &[Ended<'_>],
    now: DateTime<Utc>,
) -> Vec<Result<Kept, StoreError>> {
    let good: Vec<_> = ended
        .iter()
        .filter_map(|ended| Some((reading(ended)?, ended.next_at)))
        .collect();
    // What cannot be written must not take the others with it: then each is tried by itself.
    let written = if good.is_empty() {
        None
    } else {
        store.record_readings(&good).await.ok()
    };
    let mut written = written.map(Vec::into_iter);
    let mut kept = Vec::with_capacity(ended.len());
    for ended in ended {
        let changed = reading(ended).and_then(|_| written.as_mut()?.next());
        kept.push(record_one(store, ended, changed, now).await);
    }
    kept
}

/// Writes one poll, of which the figures may be written already.
async fn record_one(
    store: &Store,
    ended: &Ended<'_>,
    written: Option<Since>,
    now: DateTime<Utc>,
) -> Result<Kept, StoreError> {
    let changed = match (written, reading(ended)) {
        (Some(changed), _) => changed,
        (None, Some(reading)) => store.record_reading(reading, ended.next_at).await?,
        (None, None) => Since::default(),
    };
    let next_at = follow(store, ended, now).await?;
    Ok(Kept { next_at, changed })
}

/// What there is to keep of a poll's figures. `None`: it brought none, or nothing new.
fn reading<'a>(ended: &Ended<'a>) -> Option<&'a Reading> {
    let reading = ended.polled.result.as_ref().ok();
    reading.filter(|reading| ended.polled.asked == Asked::Yes && reading.news == News::Some)
}

/// When an account is asked again whose figures are kept; a failure is kept here.
async fn follow(
    store: &Store,
    ended: &Ended<'_>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let (planned, polled) = (ended.planned, ended.polled);
    match &polled.result {
        _ if polled.asked == Asked::No => Ok(None),
        Ok(reading) => match reading.wait.as_ref().filter(|_| reading.news == News::Some) {
            None => Ok(Some(ended.next_at)),
            // What came is kept, and the vendor is left alone all the same.
            Some(wait) => record_failure(store, planned, &throttled(wait), (None, now)).await,
        },
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
