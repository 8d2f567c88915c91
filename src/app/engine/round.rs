//! A round of polls: who is due is asked at once, and what they answer is kept and shown together.
//!
//! Together, because each write to the disk and each word to the desktop wakes somebody: what arrives first waits a
//! little for the rest.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{AbortHandle, JoinError};

use super::Engine;
use crate::app::accounts::Planned;
use crate::app::poller::{Background, Polled, poll};
use crate::app::record::{self, Ended};
use crate::app::schedule;
use crate::domain::account::AccountId;
use crate::domain::snapshot::Since;
use crate::system::steps::Pace;

/// How long what one poll brought waits for the others when somebody wants to see it.
const SOON: TimeDelta = TimeDelta::milliseconds(300);
/// How long it waits when nobody asked for it.
const IN_TIME: TimeDelta = TimeDelta::seconds(2);
/// How long the connections of a round take to be closed.
const CLOSING: TimeDelta = TimeDelta::seconds(1);
/// When a ledger that failed is tried again.
const TRY_AGAIN: TimeDelta = TimeDelta::seconds(60);

/// A poll under way.
pub(super) struct InFlight {
    number: u64,
    begun_at: DateTime<Utc>,
    pub(super) task: AbortHandle,
}

/// A poll that has ended.
pub(super) struct Finished {
    number: u64,
    account: AccountId,
    polled: Polled,
}

/// Whether somebody waits for what the polls bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// The program has just started, or a person asked.
    SomebodyWaits,
    /// They are asked because it is time to.
    None,
}

impl Engine {
    pub(super) async fn start_due(&mut self, now: DateTime<Utc>) {
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

    pub(super) async fn start(&mut self, account: &AccountId, now: DateTime<Utc>) {
        let planned = self.planned.iter().find(|each| each.id() == account);
        let Some(planned) = planned.cloned() else {
            return;
        };
        let background = match record::background(self.ledger.store(), &planned, now).await {
            Ok(background) => Background {
                fresh_since: self.fresh_since(&planned, now),
                ..background
            },
            Err(error) => {
                self.desk.ledger_trouble(&error);
                self.due.insert(account.clone(), Some(now + TRY_AGAIN));
                return;
            }
        };
        self.polls_begun += 1;
        let number = self.polls_begun;
        let (reach, permits) = (self.reach.clone(), self.permits.clone());
        let task = self.polls.spawn(async move {
            let _permit = permits.acquire().await;
            let polled = poll(&reach, &planned, &background).await;
            Finished {
                number,
                account: planned.account.id,
                polled,
            }
        });
        let begun = InFlight {
            number,
            begun_at: now,
            task,
        };
        self.in_flight.insert(account.clone(), begun);
    }

    /// Drops the polls under way: they go on from what another ledger knew.
    pub(super) fn abandon_polls(&mut self) {
        self.polls.abort_all();
        self.in_flight.clear();
        self.arrived.clear();
        self.again.clear();
    }

    /// Takes the polls that have ended. Those of one round end soon after each other: what they brought is kept, judged
    /// and drawn once.
    pub(super) async fn arrive(&mut self, first: Result<Finished, JoinError>) {
        let mut next = Some(first);
        while let Some(done) = next {
            let known = done.ok().filter(|finished| self.is_wanted(finished));
            self.arrived.extend(known);
            next = self.polls.try_join_next();
        }
        if self.arrived.len() >= self.in_flight.len() {
            self.take_in().await;
        }
        if self.in_flight.is_empty() {
            self.reach.http.rest();
            self.reach.steps.settle();
            self.take_time(Haste::None);
            let now = self.reach.clock.now();
            self.show(now).await;
            self.rest_at = Some(now + CLOSING);
        } else if !self.reading().is_empty() {
            // What is known of today is shown before the rest of the logs is read, however fast that goes.
            self.take_in().await;
            self.show(self.reach.clock.now()).await;
        } else {
            let pause = match self.haste {
                Haste::SomebodyWaits => SOON,
                Haste::None => IN_TIME,
            };
            let soon = self.reach.clock.now() + pause;
            self.show_at = Some(self.show_at.map_or(soon, |at| at.min(soon)));
        }
    }

    /// Remembers whether somebody waits.
    pub(super) fn take_time(&mut self, haste: Haste) {
        self.haste = haste;
        self.reach.steps.pace(match haste {
            Haste::SomebodyWaits => Pace::Quick,
            Haste::None => Pace::Easy,
        });
    }

    /// Gives back the memory that a round of polls took, once its connections are closed. Returns whether it was time.
    pub(super) fn rests(&mut self) -> bool {
        let now = self.reach.clock.now();
        let rests = self.in_flight.is_empty() && self.rest_at.is_some_and(|at| at <= now);
        if rests {
            self.rest_at = None;
            (self.give_back)();
        }
        rests
    }

    fn is_wanted(&self, finished: &Finished) -> bool {
        let in_flight = self.in_flight.get(&finished.account);
        in_flight.is_some_and(|in_flight| in_flight.number == finished.number)
    }

    /// Keeps what has arrived, and plans anew.
    pub(super) async fn take_in(&mut self) {
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.retain(|finished| self.is_wanted(finished));
        if arrived.is_empty() {
            return;
        }
        let now = self.follow_clock();
        for finished in &arrived {
            if let Err(error) = &finished.polled.result {
                tracing::info!(account.id = %finished.account, kind = error.kind().name(), %error, "poll failed");
            }
        }
        let changed = self.keep(&arrived, now).await;
        let accounts: Vec<AccountId> = arrived.into_iter().map(|each| each.account).collect();
        self.in_flight.retain(|id, _| !accounts.contains(id));
        self.desk.polled(now);
        self.desk.look_at(self.ledger.store(), &changed, now).await;
        for account in accounts {
            if self.again.remove(&account) || self.is_behind(&account) {
                // Not without a look at the answer: it may have said to wait.
                self.ask(&account, now).await;
            }
        }
    }

    /// Writes what has arrived to the ledger; returns from when on the accounts' usage and history are not what they
    /// were.
    async fn keep(&mut self, arrived: &[Finished], now: DateTime<Utc>) -> Vec<(AccountId, Since)> {
        let mut changed = Vec::with_capacity(arrived.len());
        let mut ended: Vec<Ended<'_>> = Vec::new();
        for finished in arrived {
            let planned = self
                .planned
                .iter()
                .find(|each| *each.id() == finished.account);
            ended.extend(planned.map(|planned| Ended {
                planned,
                polled: &finished.polled,
                next_at: self.next_at(planned, &ended, now),
            }));
        }
        let all = record::record_all(self.ledger.store(), &ended, now).await;
        let accounts = ended.iter().map(|ended| ended.planned.id());
        for (account, kept) in accounts.zip(all) {
            let next_at = match kept {
                Ok(kept) => {
                    self.desk.ledger_works();
                    changed.push((account.clone(), kept.changed));
                    kept.next_at
                }
                Err(error) => {
                    self.desk.ledger_trouble(&error);
                    // Of what failed half-way a part may be kept.
                    changed.push((account.clone(), Since::both(record::since(now))));
                    Some(now + TRY_AGAIN)
                }
            };
            self.due.insert(account.clone(), next_at);
        }
        changed
    }

    /// When an account is asked again if all is well: an interval after it was asked, with others if that can be.
    fn next_at(
        &self,
        planned: &Planned,
        decided: &[Ended<'_>],
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let every = self.every(planned);
        let begun = self.in_flight.get(planned.id());
        let begun_at = begun.map_or(now, |in_flight| in_flight.begun_at);
        // A vendor that takes long is given a rest, and a clock that was set back meanwhile delays nobody.
        let (soonest, latest) = (
            now + TimeDelta::from_std(every / 2).unwrap_or_default(),
            schedule::after_success(now, every),
        );
        let wish = schedule::after_success(begun_at, every).clamp(soonest, latest);
        let plans = self
            .due
            .iter()
            .filter(|(id, _)| !self.in_flight.contains_key(id));
        let others = plans.filter_map(|(_, at)| *at);
        schedule::together(
            wish,
            every,
            others.chain(decided.iter().map(|ended| ended.next_at)),
        )
    }
}
