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
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub use parts::Parts;

use crate::app::accounts::{Planned, Registry, planned};
use crate::app::desk::{Desk, Outside};
use crate::app::ledger::{Changed, Ledger};
use crate::app::message::Command;
use crate::app::poller::{Polled, Reach, poll};
use crate::app::settings::Reload;
use crate::app::{record, schedule};
use crate::domain::account::AccountId;
use crate::domain::poll::{FailureKind, PollState};
use crate::system::heap;
use crate::view::Refreshing;

/// The longest sleep: the machine may have been suspended and the clock may have been set, which no timer tells.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);
/// How long what one poll brought waits to be shown while others are under way.
const TOGETHER: Duration = Duration::from_millis(300);
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
    in_flight: BTreeMap<AccountId, InFlight>,
    again: BTreeSet<AccountId>,
    permits: Arc<Semaphore>,
    polls_begun: u64,
    purged_at: Option<DateTime<Utc>>,
    news: News,
    seen_at: DateTime<Utc>,
    desk: Desk,
}

/// A poll under way.
struct InFlight {
    number: u64,
    task: AbortHandle,
}

struct Finished {
    number: u64,
    account: AccountId,
    polled: Polled,
}

/// Whether what polls brought is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Shown,
    Waiting,
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
            seen_at: parts.reach.clock.now(),
            reach: parts.reach,
            ledger: parts.ledger,
            registry: parts.registry,
            reload: parts.reload,
            planned,
            due: BTreeMap::new(),
            polls: JoinSet::new(),
            in_flight: BTreeMap::new(),
            again: BTreeSet::new(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            polls_begun: 0,
            purged_at: None,
            news: News::Shown,
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
                    self.finish_all(done).await;
                    Flow::Go
                }
                () = clock.wait(wait) => {
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
            let next_at = known.map_or(Some(DateTime::UNIX_EPOCH), |known| {
                at_start(&known.poll, latest)
            });
            self.due.entry(planned.id().clone()).or_insert(next_at);
        }
    }

    fn wait(&self) -> Duration {
        let now = self.reach.clock.now();
        let next = self
            .due
            .iter()
            .filter(|(id, _)| !self.in_flight.contains_key(id))
            .filter_map(|(_, due)| *due)
            .min();
        let until = next.map_or(TimeDelta::hours(1), |next| next - now);
        let longest = match self.news {
            News::Shown => LONGEST_SLEEP,
            News::Waiting => TOGETHER,
        };
        until.to_std().unwrap_or(Duration::ZERO).min(longest)
    }

    async fn show(&mut self, now: DateTime<Utc>) {
        self.news = News::Shown;
        let refreshing = if self.in_flight.is_empty() {
            Refreshing::No
        } else {
            Refreshing::Yes
        };
        self.desk.show(&self.ledger, refreshing, now).await;
    }

    async fn tick(&mut self) {
        let now = self.follow_clock();
        if self.ledger.try_again(now).await == Changed::Yes {
            let waiting = self.told_to_wait(now);
            self.abandon_polls();
            self.due.retain(|id, _| waiting.contains(id));
            self.desk.look_again(self.ledger.store(), now).await;
            self.plan_from_ledger();
        }
        self.start_due(now).await;
        self.purge(now).await;
        self.show(now).await;
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

    async fn start_due(&mut self, now: DateTime<Utc>) {
        // A vendor that told us to wait is not taken along with others, however soon it is due.
        let waiting = self.told_to_wait(now);
        let due: Vec<AccountId> = self
            .planned
            .iter()
            .filter(|planned| !self.in_flight.contains_key(planned.id()))
            .filter(|planned| {
                let at = self.due.get(planned.id()).copied().flatten();
                let is_due = if waiting.contains(planned.id()) {
                    schedule::is_beyond_all_plans
                } else {
                    schedule::is_due
                };
                at.is_some_and(|at| is_due(now, at, planned.account.every))
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
        self.polls_begun += 1;
        let (reach, permits, number) = (
            self.reach.clone(),
            Arc::clone(&self.permits),
            self.polls_begun,
        );
        let polled = account.clone();
        let task = self.polls.spawn(async move {
            let _permit = permits.acquire().await;
            let (account, polled) = (polled, poll(&reach, &planned, &background).await);
            Finished {
                number,
                account,
                polled,
            }
        });
        self.in_flight
            .insert(account.clone(), InFlight { number, task });
    }

    /// Drops the polls under way: they go on from what another ledger knew.
    fn abandon_polls(&mut self) {
        self.polls.abort_all();
        self.in_flight.clear();
        self.again.clear();
    }

    /// Takes in the polls that have ended. Those of one round end soon after each other: what they brought is judged
    /// and drawn once.
    async fn finish_all(&mut self, first: Result<Finished, JoinError>) {
        let mut next = Some(first);
        while let Some(done) = next {
            if let Ok(finished) = done {
                self.finish(finished).await;
            }
            next = self.polls.try_join_next();
        }
        self.news = News::Waiting;
        if self.in_flight.is_empty() {
            self.reach.http.rest();
            self.show(self.reach.clock.now()).await;
            heap::give_back();
        }
    }

    async fn finish(&mut self, finished: Finished) {
        let in_flight = self.in_flight.get(&finished.account);
        if in_flight.is_none_or(|in_flight| in_flight.number != finished.number) {
            return;
        }
        let now = self.follow_clock();
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
        self.desk.polled(now);
        self.desk
            .look_at(self.ledger.store(), &finished.account, now)
            .await;
        if self.again.remove(&finished.account) {
            // Not without a look at the answer: it may have said to wait.
            self.refresh(&finished.account, now).await;
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
