//! The loop: next deadline, commands, finished polls. It alone owns ledger, schedule and alert state.
//!
//! It touches no widget and never waits for one; it sleeps until the next thing is due.

mod commands;
mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use parts::{Parts, ReadAutostart, Reload, Settings};

use crate::app::accounts::{Planned, Registry, planned};
use crate::app::desk::{Desk, Outside};
use crate::app::ledger::{Changed, Ledger};
use crate::app::message::Command;
use crate::app::poller::{Polled, Reach, poll};
use crate::app::{record, schedule};
use crate::domain::account::AccountId;
use crate::domain::poll::{FailureKind, PollState};

/// The longest sleep: the machine may have been suspended and the clock may have been set, which no timer tells.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);
/// So many vendors are asked at once.
const AT_ONCE: usize = 8;
/// History older than this is dropped.
const KEPT: TimeDelta = TimeDelta::days(90);

/// The resident engine.
pub struct Engine {
    reach: Reach,
    ledger: Ledger,
    registry: Registry,
    reload: Reload,
    planned: Vec<Planned>,
    due: BTreeMap<AccountId, Option<DateTime<Utc>>>,
    polls: JoinSet<Finished>,
    in_flight: BTreeSet<AccountId>,
    again: BTreeSet<AccountId>,
    permits: Arc<Semaphore>,
    generation: u64,
    purged_at: Option<DateTime<Utc>>,
    desk: Desk,
}

struct Finished {
    generation: u64,
    account: AccountId,
    polled: Polled,
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    End,
}

impl Engine {
    /// An engine that has not begun.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let planned = planned(
            &parts.settings.config,
            &parts.settings.variables,
            parts.registry,
            &|id| parts.reach.logs.has(id),
        );
        let cards = planned.iter().map(Planned::card).collect();
        Self {
            desk: Desk::new(
                Outside {
                    updates: parts.updates,
                    http: parts.reach.http.clone(),
                    read_autostart: parts.autostart,
                    config_file: parts.config_file,
                },
                parts.settings,
                cards,
            ),
            reach: parts.reach,
            ledger: parts.ledger,
            registry: parts.registry,
            reload: parts.reload,
            planned,
            due: BTreeMap::new(),
            polls: JoinSet::new(),
            in_flight: BTreeSet::new(),
            again: BTreeSet::new(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            generation: 0,
            purged_at: None,
        }
    }

    /// Runs until it is told to stop, or nobody is left to tell it anything.
    pub async fn run(mut self, mut commands: UnboundedReceiver<Command>, stop: CancellationToken) {
        self.begin().await;
        loop {
            let wait = self.wait();
            let flow = tokio::select! {
                () = stop.cancelled() => Flow::End,
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => Flow::End,
                },
                Some(done) = self.polls.join_next() => {
                    if let Ok(finished) = done {
                        self.finish(finished).await;
                    }
                    Flow::Go
                }
                () = tokio::time::sleep(wait) => {
                    self.tick().await;
                    Flow::Go
                }
            };
            if flow == Flow::End {
                break;
            }
        }
        self.polls.abort_all();
        self.ledger.store().close().await;
        self.desk.stopped();
    }

    /// Shows what the ledger knows at once, then polls what is due.
    async fn begin(&mut self) {
        let now = self.reach.clock.now();
        self.desk.look_again(self.ledger.store(), now).await;
        self.plan_from_ledger();
        self.start_due(now).await;
        self.show(now).await;
    }

    /// Takes over the plans that an earlier process left, so that a restart does not ask everybody at once.
    fn plan_from_ledger(&mut self) {
        for planned in &self.planned {
            let known = self.desk.snapshot().account(planned.id());
            let next_at = known.map_or(Some(DateTime::UNIX_EPOCH), |known| at_start(&known.poll));
            self.due.entry(planned.id().clone()).or_insert(next_at);
        }
    }

    fn wait(&self) -> Duration {
        let now = self.reach.clock.now();
        let next = self
            .due
            .iter()
            .filter(|(id, _)| !self.in_flight.contains(id))
            .filter_map(|(_, due)| *due)
            .min();
        let until = next.map_or(TimeDelta::hours(1), |next| next - now);
        until.to_std().unwrap_or(Duration::ZERO).min(LONGEST_SLEEP)
    }

    async fn show(&mut self, now: DateTime<Utc>) {
        self.desk.show(&self.ledger, &self.in_flight, now).await;
    }

    async fn tick(&mut self) {
        let now = self.reach.clock.now();
        if self.ledger.try_again(now).await == Changed::Yes {
            self.desk.look_again(self.ledger.store(), now).await;
            self.due.clear();
            self.plan_from_ledger();
        }
        self.start_due(now).await;
        self.purge(now).await;
        self.show(now).await;
    }

    async fn purge(&mut self, now: DateTime<Utc>) {
        if self
            .purged_at
            .is_some_and(|at| (now - at).abs() < TimeDelta::hours(24))
        {
            return;
        }
        self.purged_at = Some(now);
        if let Err(error) = self.ledger.store().purge(now - KEPT).await {
            tracing::warn!(%error, "old history could not be dropped");
        }
    }

    async fn start_due(&mut self, now: DateTime<Utc>) {
        let due: Vec<AccountId> = self
            .planned
            .iter()
            .filter(|planned| !self.in_flight.contains(planned.id()))
            .filter(|planned| {
                let at = self.due.get(planned.id()).copied().flatten();
                at.is_some_and(|at| schedule::is_due(now, at, planned.account.every))
            })
            .map(|planned| planned.id().clone())
            .collect();
        for account in due {
            self.start(&account, now).await;
        }
    }

    async fn start(&mut self, account: &AccountId, now: DateTime<Utc>) {
        let Some(planned) = self
            .planned
            .iter()
            .find(|planned| planned.id() == account)
            .cloned()
        else {
            return;
        };
        let background = match record::background(self.ledger.store(), &planned, now).await {
            Ok(background) => background,
            Err(error) => {
                self.desk.ledger_trouble(&error);
                self.due
                    .insert(account.clone(), Some(now + TimeDelta::seconds(60)));
                return;
            }
        };
        self.in_flight.insert(account.clone());
        let (reach, permits, generation) = (
            self.reach.clone(),
            Arc::clone(&self.permits),
            self.generation,
        );
        let account = account.clone();
        self.polls.spawn(async move {
            let _permit = permits.acquire().await;
            let polled = poll(&reach, &planned, &background).await;
            Finished {
                generation,
                account,
                polled,
            }
        });
    }

    async fn finish(&mut self, finished: Finished) {
        if finished.generation != self.generation {
            return;
        }
        let now = self.reach.clock.now();
        self.in_flight.remove(&finished.account);
        if let Some(planned) = self
            .planned
            .iter()
            .find(|planned| *planned.id() == finished.account)
        {
            if let Err(error) = &finished.polled.result {
                tracing::info!(account.id = %finished.account, kind = error.kind().name(), %error, "poll failed");
            }
            match record::record(self.ledger.store(), planned, &finished.polled, now).await {
                Ok(next_at) => {
                    self.due.insert(finished.account.clone(), next_at);
                    self.desk.ledger_works();
                }
                Err(error) => {
                    self.desk.ledger_trouble(&error);
                    self.due
                        .insert(finished.account.clone(), Some(now + TimeDelta::seconds(60)));
                }
            }
        }
        if self.again.remove(&finished.account) {
            self.start(&finished.account, now).await;
        }
        self.desk.polled(now);
        self.desk.look_again(self.ledger.store(), now).await;
        self.show(now).await;
    }
}

/// When an account is asked first after a start: as planned, but at once after a failure that a new start may
/// have mended (another network, another credential). A vendor that told us to wait is left alone.
fn at_start(poll: &PollState) -> Option<DateTime<Utc>> {
    match &poll.failure {
        Some(failure) if failure.kind == FailureKind::Throttled => poll.next_at,
        Some(_) => Some(DateTime::UNIX_EPOCH),
        None => poll.next_at.or(Some(DateTime::UNIX_EPOCH)),
    }
}
