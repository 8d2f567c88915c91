//! Polls as the engine starts them, waits for them and takes them in.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinError;

use super::{Engine, Finished, InFlight, News};
use crate::app::poller::{Background, poll};
use crate::app::{record, schedule};
use crate::domain::account::AccountId;
use crate::system::heap;

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
        let Some(planned) = self
            .planned
            .iter()
            .find(|planned| planned.id() == account)
            .cloned()
        else {
            return;
        };
        let background = match record::background(self.ledger.store(), &planned, now).await {
            Ok(background) => Background {
                fresh_since: self.fresh_since(&planned, now),
                ..background
            },
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
    pub(super) fn abandon_polls(&mut self) {
        self.polls.abort_all();
        self.in_flight.clear();
        self.again.clear();
    }

    /// Takes in the polls that have ended. Those of one round end soon after each other: what they brought is judged
    /// and drawn once.
    pub(super) async fn finish_all(&mut self, first: Result<Finished, JoinError>) {
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
        }
        // What is known of today is shown before the rest of the logs is read, however fast that goes.
        if self.in_flight.is_empty() || !self.reading().is_empty() {
            self.show(self.reach.clock.now()).await;
        }
        if self.in_flight.is_empty() {
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
            let planned = self.rested(planned);
            match record::record(self.ledger.store(), &planned, &finished.polled, now).await {
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
        if self.again.remove(&finished.account) || self.is_behind(&finished.account) {
            // Not without a look at the answer: it may have said to wait.
            self.refresh(&finished.account, now).await;
        }
    }
}
