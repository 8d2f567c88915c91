//! The figures a command shows: polls what it must, reads the ledger, makes the digest.
//!
//! Nothing is judged here: looking at figures never fires an alert.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::analysis::digest::{AccountDigest, AccountState, Digest, digest};
use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::app::once::{self, Outcome};
use crate::app::record;
use crate::cli::failure::{Ended, Failure};
use crate::domain::account::AccountId;
use crate::domain::poll::FailureKind;
use crate::domain::snapshot::Snapshot;
use crate::providers::Kind;
use crate::store::Store;

/// What is polled before looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polling {
    /// Every wanted account.
    Now,
    /// Wanted accounts of which nothing is known and which may be asked; agents' logs, which cost nothing.
    WhatIsUnknown,
    /// Only agents' logs.
    Logs,
}

/// The figures of the wanted accounts.
#[derive(Debug)]
pub(super) struct Figures {
    /// What the ledger knows of every account.
    pub(super) snapshot: Snapshot,
    /// The figures shown.
    pub(super) digest: Digest,
    /// How the polls went.
    pub(super) outcomes: Vec<Outcome>,
    /// Why what should have been polled was not, or was not kept: the ledger's reason. `None`: it was.
    pub(super) not_polled: Option<String>,
}

/// Polls what is wanted, then reads.
pub(super) async fn gather(
    assembly: &Assembly,
    store: &Store,
    wanted: &[Planned],
    polling: Polling,
) -> Result<Figures, Failure> {
    let since = record::since(assembly.reach.clock.now());
    gather_since((assembly, store), wanted, polling, since).await
}

/// Polls what is wanted, then reads, with usage and history since an instant: reading a month of usage takes longer than
/// all else.
pub(super) async fn gather_since(
    (assembly, store): (&Assembly, &Store),
    wanted: &[Planned],
    polling: Polling,
    since: DateTime<Utc>,
) -> Result<Figures, Failure> {
    let due = match polling {
        Polling::Now => wanted.to_vec(),
        Polling::WhatIsUnknown => unknown(assembly, store, wanted).await?,
        Polling::Logs => wanted
            .iter()
            .filter(|planned| is_log(planned))
            .cloned()
            .collect(),
    };
    let (outcomes, not_polled) = match store.read_only_reason() {
        _ if due.is_empty() => (Vec::new(), None),
        Some(reason) => (Vec::new(), Some(reason)),
        // The last figures are shown all the same.
        None => match once::refresh(&assembly.reach, store, due).await {
            Ok(outcomes) => (outcomes, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        },
    };
    let (snapshot, digest) = look_since((assembly, store), wanted, since).await?;
    Ok(Figures {
        snapshot,
        digest,
        outcomes,
        not_polled,
    })
}

/// Reads the ledger: everything it knows, and the figures of the wanted accounts.
pub(super) async fn look(
    assembly: &Assembly,
    store: &Store,
    wanted: &[Planned],
) -> Result<(Snapshot, Digest), Failure> {
    let since = record::since(assembly.reach.clock.now());
    look_since((assembly, store), wanted, since).await
}

async fn look_since(
    (assembly, store): (&Assembly, &Store),
    wanted: &[Planned],
    since: DateTime<Utc>,
) -> Result<(Snapshot, Digest), Failure> {
    let now = assembly.reach.clock.now();
    let snapshot = store.snapshot(since).await?;
    let policy = &assembly.loaded.config.policy;
    let cards = assembly.cards();
    let all = digest(&snapshot, &cards, policy, now);
    if wanted.len() == cards.len() {
        return Ok((snapshot, all));
    }
    let ids: BTreeSet<&AccountId> = wanted.iter().map(Planned::id).collect();
    let chosen: Vec<_> = cards
        .into_iter()
        .filter(|card| ids.contains(&card.id))
        .collect();
    let narrowed = Digest {
        // A budget or a coin is no account's own: seen through a few accounts its sum would be too small.
        budgets: all.budgets,
        coins: all.coins,
        ..digest(&snapshot, &chosen, policy, now)
    };
    Ok((snapshot, narrowed))
}

fn is_log(planned: &Planned) -> bool {
    planned.provider.kind == Kind::AgentLog
}

/// The accounts of which nothing is known and which may be asked now, and the logs that may have grown.
async fn unknown(
    assembly: &Assembly,
    store: &Store,
    wanted: &[Planned],
) -> Result<Vec<Planned>, Failure> {
    let now = assembly.reach.clock.now();
    let can_be_kept = store.read_only_reason().is_none();
    let mut unknown = Vec::new();
    for planned in wanted {
        let state = store.poll_state(planned.id()).await?;
        let due_again = state.next_at.is_some_and(|at| at <= now);
        let never = state.succeeded_at.is_none() && (state.failure.is_none() || due_again);
        if never || (is_log(planned) && due_again && can_be_kept) {
            unknown.push(planned.clone());
        }
    }
    Ok(unknown)
}

impl Figures {
    /// How a command ends that polled what it could and shows what the ledger knows besides.
    pub(super) fn ended_of_polls(&self) -> Ended {
        let failed = self.outcomes.iter();
        let failed = failed.filter(|outcome| outcome.failure.is_some()).count();
        match failed {
            0 => Ended::Well,
            all if all == self.outcomes.len() => Ended::Failed,
            _ => Ended::Partly,
        }
    }

    /// How a command that shows these figures ends.
    ///
    /// # Errors
    /// When what should have been polled could not be.
    pub(super) fn ended(&self) -> Result<Ended, Failure> {
        match &self.not_polled {
            Some(why) => Err(Failure::failed(format!("nothing was polled: {why}"))
                .hinted("Run `spendtray doctor` to see what works here.")),
            None => Ok(ended(&self.digest.accounts, &self.outcomes)),
        }
    }
}

fn ended(accounts: &[AccountDigest], outcomes: &[Outcome]) -> Ended {
    let failed = accounts
        .iter()
        .filter(|account| has_failed(account, outcomes))
        .count();
    match failed {
        0 => Ended::Well,
        all if all == accounts.len() => Ended::Failed,
        _ => Ended::Partly,
    }
}

fn has_failed(account: &AccountDigest, outcomes: &[Outcome]) -> bool {
    let nothing_to_show = matches!(
        account.state,
        AccountState::Failed | AccountState::Unauthorized
    );
    nothing_to_show
        || outcomes
            .iter()
            .filter(|outcome| outcome.account == *account.id())
            .filter_map(|outcome| outcome.failure.as_ref())
            // Told to wait is not failing as long as there are figures.
            .any(|failure| failure.kind != FailureKind::Throttled || account.updated_at.is_none())
}
