//! What the engine does when it is told something: by a click, a saved configuration, a second start.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Engine, Flow, Haste};
use crate::app::accounts::{Planned, planned};
use crate::app::ledger::Ledger;
use crate::app::message::Command;
use crate::app::settings::Settings;
use crate::config::Config;
use crate::domain::account::AccountId;
use crate::domain::poll::FailureKind;
use crate::http::Http;
use crate::view::menu::Action;

impl Engine {
    pub(super) async fn obey(&mut self, command: Command) -> Flow {
        self.take_in().await;
        let now = self.follow_clock();
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
            Command::LogsGrew(agents) => self.logs_grew(&agents, now).await,
            Command::Redraw => self.desk.redraw(),
            Command::Look => {}
        }
        // A person at the machine may just have woken it: what is overdue starts now, not at the next tick.
        self.tick().await;
        Flow::Go
    }

    /// Asks because a person wants to see it: with what the secret store holds now.
    async fn refresh(&mut self, account: &AccountId, now: DateTime<Utc>) {
        if self.told_to_wait(now).contains(account) {
            return;
        }
        self.take_time(Haste::SomebodyWaits);
        self.reach.vault.look_anew();
        self.ask(account, now).await;
    }

    /// Asks now, or once more after the poll under way; a vendor that told us to wait is left alone.
    pub(super) async fn ask(&mut self, account: &AccountId, now: DateTime<Utc>) {
        if self.told_to_wait(now).contains(account) {
            return;
        }
        if self.in_flight.contains_key(account) {
            self.again.insert(account.clone());
        } else {
            self.start(account, now).await;
        }
    }

    /// Looks again for credentials that were missing or refused: another command may just have stored one.
    async fn wake(&mut self, now: DateTime<Utc>) {
        self.reach.vault.look_anew();
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

    /// Plans the accounts that there are under a configuration; who is not among them is asked no more. Returns those that
    /// there were.
    pub(super) fn plan(&mut self, config: &Config) -> Vec<Planned> {
        let logs = &self.reach.logs;
        let all = planned(config, &self.reach.variables, self.registry, &|id| {
            logs.has(id)
        });
        let is_planned = |id: &AccountId| all.iter().any(|planned| planned.id() == id);
        self.due.retain(|id, _| is_planned(id));
        std::mem::replace(&mut self.planned, all)
    }

    /// Drops the polls under way of accounts whose settings are not what they were.
    fn abandon_changed(&mut self, before: &[Planned]) {
        let unchanged = |id: &AccountId| {
            let of = |all: &[Planned]| all.iter().find(|each| each.id() == id).cloned();
            of(before)
                .zip(of(&self.planned))
                .is_some_and(|(old, new)| old.account == new.account)
        };
        let (go_on, dropped) = std::mem::take(&mut self.in_flight)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(id, _)| unchanged(id));
        self.again.retain(|id| go_on.contains_key(id));
        self.in_flight = go_on;
        for poll in dropped.into_values() {
            poll.task.abort();
        }
    }

    /// Takes over what new settings change besides accounts: variables, the request log, the ledger.
    async fn reach_anew(&mut self, settings: &Settings, now: DateTime<Utc>) {
        self.reach.variables = Arc::new(settings.variables.clone());
        self.reach.prices.take(&settings.config.prices);
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
                    self.abandon_polls();
                }
                Err(error) => self.desk.ledger_trouble(&error),
            }
        }
    }

    /// Takes new settings, or keeps the old ones and says why. Polls whose settings changed are dropped; the others
    /// go on, so that a file saved ten times a second asks nobody ten times a second.
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
        self.reach.vault.look_anew();
        if settings.variables != *self.reach.variables {
            self.abandon_polls();
        }
        self.reach_anew(&settings, now).await;
        let before = self.plan(&settings.config);
        self.abandon_changed(&before);
        self.dismiss_agents(&before);
        self.desk
            .take(settings, self.planned.iter().map(Planned::card).collect());
        let waiting = self.told_to_wait(now);
        for planned in &self.planned {
            let unchanged = before.iter().any(|old| old.account == planned.account);
            let has_plan = self.due.get(planned.id()).copied().flatten().is_some();
            // A vendor that told us to wait meant the credential, not how often we ask or what we call it.
            let waits = waiting.contains(planned.id())
                && before.iter().any(|old| is_same_to_vendor(old, planned));
            if !(has_plan && (unchanged || waits)) {
                self.due
                    .insert(planned.id().clone(), Some(DateTime::UNIX_EPOCH));
            }
        }
        self.await_agents();
        self.desk.look_again(self.ledger.store(), now).await;
        self.start_due(now).await;
    }
}

/// Whether a vendor cannot tell two settings of an account apart.
fn is_same_to_vendor(one: &Planned, other: &Planned) -> bool {
    let (one, other) = (&one.account, &other.account);
    one.id == other.id
        && one.credential == other.credential
        && one.base_url == other.base_url
        && one.options == other.options
}
