//! What the engine does when it is told something: by a click, a saved configuration, a second start.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Engine, Flow};
use crate::app::accounts::{Planned, planned};
use crate::app::engine::parts::Settings;
use crate::app::ledger::Ledger;
use crate::app::message::Command;
use crate::domain::account::AccountId;
use crate::domain::poll::FailureKind;
use crate::http::Http;
use crate::view::menu::Action;

impl Engine {
    pub(super) async fn obey(&mut self, command: Command) -> Flow {
        let now = self.reach.clock.now();
        match command {
            Command::Act(Action::Quit) => return Flow::End,
            Command::Act(Action::RefreshAll) => {
                for account in self
                    .planned
                    .iter()
                    .map(|planned| planned.id().clone())
                    .collect::<Vec<_>>()
                {
                    self.refresh(&account, now).await;
                }
            }
            Command::Act(Action::Refresh(account)) => self.refresh(&account, now).await,
            Command::Act(action) => self.desk.act(self.ledger.store(), action, now).await,
            Command::Reload => self.reload(now).await,
            Command::Wake => self.wake(now).await,
            Command::Redraw => self.desk.redraw(),
        }
        // A person at the machine may just have woken it: what is overdue starts now, not at the next tick.
        self.tick().await;
        Flow::Go
    }

    /// Asks now; a refresh during a poll is queued once; a vendor that told us to wait is left alone.
    async fn refresh(&mut self, account: &AccountId, now: DateTime<Utc>) {
        let told_to_wait = self
            .desk
            .snapshot()
            .account(account)
            .and_then(|known| known.poll.failure.as_ref())
            .and_then(|failure| failure.retry_at)
            .is_some_and(|at| at > now);
        if told_to_wait {
            return;
        }
        if self.in_flight.contains(account) {
            self.again.insert(account.clone());
        } else {
            self.start(account, now).await;
        }
    }

    /// Looks again for credentials that were missing or refused: another command may just have stored one.
    async fn wake(&mut self, now: DateTime<Utc>) {
        self.desk.look_again(self.ledger.store(), now).await;
        let waiting: Vec<AccountId> = self
            .planned
            .iter()
            .filter(|planned| {
                let failure = self
                    .desk
                    .snapshot()
                    .account(planned.id())
                    .and_then(|account| account.poll.failure.as_ref());
                failure.is_some_and(|failure| {
                    matches!(
                        failure.kind,
                        FailureKind::Unauthorized | FailureKind::NotConfigured
                    )
                })
            })
            .map(|planned| planned.id().clone())
            .collect();
        for account in waiting {
            self.refresh(&account, now).await;
        }
    }

    /// Takes over what new settings change besides accounts: variables, the request log, the ledger.
    async fn reach_anew(&mut self, settings: &Settings, now: DateTime<Utc>) {
        self.reach.variables = Arc::new(settings.variables.clone());
        if settings.config.http_log != self.desk.config().http_log {
            match Http::new(settings.config.http_log.as_deref(), &self.reach.clock) {
                Ok(http) => self.reach.http = http,
                Err(error) => tracing::warn!(%error, "the request log keeps its place"),
            }
        }
        if settings.ledger != *self.ledger.wish() {
            match Ledger::open(settings.ledger.clone(), now).await {
                Ok(ledger) => {
                    std::mem::replace(&mut self.ledger, ledger)
                        .store()
                        .close()
                        .await;
                    self.due.clear();
                }
                Err(error) => self.desk.ledger_trouble(&error),
            }
        }
    }

    /// Takes new settings, or keeps the old ones and says why. Results of old settings are dropped.
    async fn reload(&mut self, now: DateTime<Utc>) {
        let settings = match (self.reload)() {
            Ok(settings) => settings,
            Err(message) => {
                tracing::warn!(%message, "the changed configuration is not used");
                self.desk.config_trouble(Some(message));
                return;
            }
        };
        self.desk.config_trouble(None);
        self.reach_anew(&settings, now).await;
        let before = std::mem::take(&mut self.planned);
        let logs = Arc::clone(&self.reach.logs);
        self.planned = planned(
            &settings.config,
            &settings.variables,
            self.registry,
            &|id| logs.has(id),
        );
        self.generation += 1;
        self.polls.abort_all();
        self.in_flight.clear();
        self.again.clear();
        self.due
            .retain(|id, _| self.planned.iter().any(|planned| planned.id() == id));
        self.desk
            .take(settings, self.planned.iter().map(Planned::card).collect());
        for planned in &self.planned {
            let unchanged = before.iter().any(|old| old.account == planned.account);
            let has_plan = self.due.get(planned.id()).copied().flatten().is_some();
            if !(unchanged && has_plan) {
                self.due
                    .insert(planned.id().clone(), Some(DateTime::UNIX_EPOCH));
            }
        }
        self.desk.look_again(self.ledger.store(), now).await;
        self.start_due(now).await;
    }
}
