//! Polls once, outside the resident process: for `status --refresh`, `accounts test`, `login` and the demo's text.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::accounts::Planned;
use crate::app::poller::{Polled, Reach, failure, poll};
use crate::app::record;
use crate::domain::account::AccountId;
use crate::domain::poll::Failure;
use crate::store::{Store, StoreError};

/// So many vendors are asked at once.
const AT_ONCE: usize = 8;

/// How the poll of an account went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose.
    pub account: AccountId,
    /// Why it failed. `None`: it went well.
    pub failure: Option<Failure>,
}

/// Polls these accounts at the same time and keeps what came, in their order.
///
/// A vendor that told us to wait is not asked; its failure is returned as it stands.
///
/// # Errors
/// The ledger's.
pub async fn refresh(
    reach: &Reach,
    store: &Store,
    planned: Vec<Planned>,
) -> Result<Vec<Outcome>, StoreError> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
    let mut polls = JoinSet::new();
    for (place, planned) in planned.into_iter().enumerate() {
        let now = reach.clock.now();
        if let Some(failure) = told_to_wait(store, &planned, reach).await? {
            outcomes.push((
                place,
                Outcome {
                    account: planned.id().clone(),
                    failure: Some(failure),
                },
            ));
            continue;
        }
        let background = record::background(store, &planned, now).await?;
        let (reach, permits) = (reach.clone(), Arc::clone(&permits));
        polls.spawn(async move {
            let _permit = permits.acquire().await;
            let polled = poll(&reach, &planned, &background).await;
            (place, planned, polled)
        });
    }
    while let Some(done) = polls.join_next().await {
        let Ok((place, planned, polled)) = done else {
            continue;
        };
        outcomes.push((place, keep(reach, store, &planned, &polled).await?));
    }
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn told_to_wait(
    store: &Store,
    planned: &Planned,
    reach: &Reach,
) -> Result<Option<Failure>, StoreError> {
    let state = store.poll_state(planned.id()).await?;
    Ok(state
        .failure
        .filter(|failure| failure.retry_at.is_some_and(|at| at > reach.clock.now())))
}

async fn keep(
    reach: &Reach,
    store: &Store,
    planned: &Planned,
    polled: &Polled,
) -> Result<Outcome, StoreError> {
    let now = reach.clock.now();
    record::record(store, planned, polled, now).await?;
    let failure = polled
        .result
        .as_ref()
        .err()
        .map(|error| failure(error, planned, now));
    Ok(Outcome {
        account: planned.id().clone(),
        failure,
    })
}
