//! The loop: next deadline, commands, finished polls. It alone owns ledger, schedule and alert state.
//!
//! It touches no widget and never waits for one; it sleeps until the next thing is due.

mod commands;
mod logs;
mod parts;
mod round;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use parts::Parts;

use crate::app::accounts::{Planned, Registry, planned};
use crate::app::desk::{Desk, Outside};
use crate::app::engine::round::{Finished, Haste, InFlight};
use crate::app::ledger::{Changed, Ledger};
use crate::app::message::Command;
use crate::app::poller::Reach;
use crate::app::schedule;
use crate::app::settings::{GiveBack, Reload};
use crate::domain::account::AccountId;
use crate::domain::poll::{FailureKind, PollState};
use crate::view::Refreshing;

/// The longest sleep: forecasts and paces drift, with no instant at which they become others.
const LONGEST_SLEEP: TimeDelta = TimeDelta::minutes(5);
/// How long a round of polls that nobody asked for may take before it is shown that it is under way.
const UNSEEN: TimeDelta = TimeDelta::seconds(5);
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
    give_back: GiveBack,
    planned: Vec<Planned>,
    due: BTreeMap<AccountId, Option<DateTime<Utc>>>,
    polls: JoinSet<Finished>,
    /// The polls whose outcome is not in the ledger yet.
    in_flight: BTreeMap<AccountId, InFlight>,
    /// Those of them that have ended.
    arrived: Vec<Finished>,
    haste: Haste,
    again: BTreeSet<AccountId>,
    permits: Arc<Semaphore>,
    polls_begun: u64,
    purged_at: Option<DateTime<Utc>>,
    /// When what has happened since must be shown. `None`: all of it is.
    show_at: Option<DateTime<Utc>>,
    /// When the memory that a round took is given back. `None`: it was.
    rest_at: Option<DateTime<Utc>>,
    seen_at: DateTime<Utc>,
    desk: Desk,
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
                    http: parts.reach.http.apart(),
                    read_autostart: parts.autostart,
                    config_file: parts.config_file,
                },
                parts.settings,
                cards,
            ),
            seen_at: parts.reach.clock.now(),
            reach: parts.reach,
            ledger: parts.ledger,
            registry: parts.registry,
            reload: parts.reload,
            give_back: parts.give_back,
            planned,
            due: BTreeMap::new(),
            polls: JoinSet::new(),
            in_flight: BTreeMap::new(),
            arrived: Vec::new(),
            haste: Haste::SomebodyWaits,
            again: BTreeSet::new(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            polls_begun: 0,
            purged_at: None,
            show_at: None,
            rest_at: None,
        }
    }

    /// Runs until it is told to stop, or nobody is left to tell it anything.
    pub async fn run(mut self, mut commands: UnboundedReceiver<Command>, stop: CancellationToken) {
        self.begin().await;
        loop {
            let (clock, wait) = (self.reach.clock.clone(), self.wait());
            let flow = tokio::select! {
                () = stop.cancelled() => Flow::End,
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => Flow::End,
                },
                Some(done) = self.polls.join_next() => {
                    self.arrive(done).await;
                    Flow::Go
                }
                () = clock.wait(wait) => {
                    self.wake_up().await;
                    Flow::Go
                }
            };
            if flow == Flow::End {
                break;
            }
        }
        self.take_in().await;
        self.polls.abort_all();
        self.ledger.store().close().await;
        self.desk.stopped();
    }

    /// Shows what the ledger knows at once, then polls what is due.
    async fn begin(&mut self) {
        let now = self.reach.clock.now();
        self.desk.look_again(self.ledger.store(), now).await;
        self.plan_from_ledger();
        self.await_agents();
        // The icon appears with the first view; no poll comes before it.
        self.show(now).await;
        self.start_due(now).await;
        self.show(now).await;
    }

    /// Takes over the plans that an earlier process left, so that a restart does not ask everybody at once.
    fn plan_from_ledger(&mut self) {
        for planned in &self.planned {
            let known = self.desk.snapshot().account(planned.id());
            let latest = schedule::after_success(self.seen_at, planned.account.every);
            let known = known.filter(|_| !logs::is_log(planned));
            let next_at = known.map_or(Some(DateTime::UNIX_EPOCH), |known| {
                at_start(&known.poll, latest)
            });
            self.due.entry(planned.id().clone()).or_insert(next_at);
        }
    }

    /// How long nothing has to be done.
    fn wait(&self) -> Duration {
        let now = self.reach.clock.now();
        let due = self
            .due
            .iter()
            .filter(|(id, _)| !self.in_flight.contains_key(id))
            .filter_map(|(_, due)| *due);
        let others = [
            self.show_at,
            // While somebody is asked nobody rests; the end of the round says when.
            self.rest_at.filter(|_| self.in_flight.is_empty()),
            self.desk.changes_at(),
            self.ledger.tries_again_at(),
        ];
        let next = due.chain(others.into_iter().flatten()).min();
        let until = next.map_or(LONGEST_SLEEP, |next| next - now);
        let until = until.min(LONGEST_SLEEP).to_std().unwrap_or_default();
        self.counting(until)
    }

    async fn show(&mut self, now: DateTime<Utc>) {
        self.show_at = None;
        let refreshing = if self.in_flight.is_empty() {
            Refreshing::No
        } else {
            Refreshing::Yes
        };
        let reading = self.reading();
        self.desk
            .show(&self.ledger, (refreshing, reading), now)
            .await;
    }

    /// The time has come for something: to ask, to show, or only to look. What a round of polls brings is shown at its
    /// end, so the round's beginning is not, unless it takes long or time alone has changed what is shown.
    async fn wake_up(&mut self) {
        if self.rests() {
            return;
        }
        let idle = self.in_flight.is_empty();
        let now = self.look_up().await;
        let begun = idle && !self.in_flight.is_empty();
        if begun && self.show_at.is_none() && self.desk.changes_at().is_none_or(|at| at > now) {
            self.show_at = Some(now + UNSEEN);
        } else {
            self.show(now).await;
        }
    }

    async fn tick(&mut self) {
        let now = self.look_up().await;
        self.show(now).await;
    }

    /// Does what is due but for showing it.
    async fn look_up(&mut self) -> DateTime<Utc> {
        self.take_in().await;
        let now = self.follow_clock();
        if self.ledger.try_again(now).await == Changed::Yes {
            let waiting = self.told_to_wait(now);
            self.abandon_polls();
            self.due.retain(|id, _| waiting.contains(id));
            self.desk.look_again(self.ledger.store(), now).await;
            self.plan_from_ledger();
        }
        self.look_for_agents();
        self.start_due(now).await;
        self.purge(now).await;
        now
    }

    /// The time. When the clock was set back since the last look, plans move with it: what was due in five minutes
    /// still is, and not in the hours that come a second time.
    fn follow_clock(&mut self) -> DateTime<Utc> {
        let now = self.reach.clock.now();
        let back = self.seen_at - now;
        if back > TimeDelta::zero() {
            for planned in self.due.values_mut().flatten() {
                *planned = planned.checked_sub_signed(back).unwrap_or(now);
            }
        }
        self.seen_at = now;
        now
    }

    /// The accounts whose vendors want to be left alone for now.
    fn told_to_wait(&self, now: DateTime<Utc>) -> BTreeSet<AccountId> {
        let accounts = self.desk.snapshot().accounts.iter();
        accounts
            .filter(|known| {
                let failure = known.poll.failure.as_ref();
                failure.is_some_and(|failure| failure.retry_at.is_some())
                    && self
                        .due
                        .get(&known.id)
                        .copied()
                        .flatten()
                        .is_some_and(|at| at > now)
            })
            .map(|known| known.id.clone())
            .collect()
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
}

/// When an account is asked first after a start: as planned, but at once after a failure that a new start may
/// have mended (another network, another credential). A vendor that told us to wait is left alone.
///
/// No good poll plans later than `latest`: such a plan was made before the clock was set back.
fn at_start(poll: &PollState, latest: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &poll.failure {
        Some(failure) if failure.kind == FailureKind::Throttled => poll.next_at,
        Some(_) => Some(DateTime::UNIX_EPOCH),
        None => Some(
            poll.next_at
                .map_or(DateTime::UNIX_EPOCH, |next| next.min(latest)),
        ),
    }
}
