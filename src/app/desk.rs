//! What the engine shows and tells: keeps the last snapshot, judges it, and sends only what changed.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::UnboundedSender;

use crate::analysis::digest::{AccountCard, digest};
use crate::analysis::folding::{fine_from, fold};
use crate::analysis::{alerts, turning};
use crate::app::judge::{self, Judge};
use crate::app::ledger::Ledger;
use crate::app::message::Update;
use crate::app::settings::{ReadAutostart, Settings};
use crate::app::{record, webhook};
use crate::config::{Config, edit};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, Severity};
use crate::domain::snapshot::{Since, Snapshot};
use crate::http::Http;
use crate::store::{Store, StoreError};
use crate::view::menu::{Action, Checked};
use crate::view::notice::{Notice, notice};
use crate::view::{FilesRead, Refreshing, Surroundings, View, view};

/// How long a snoozed alert is quiet.
const SNOOZE: TimeDelta = TimeDelta::hours(1);

/// What the desk reaches besides the ledger.
pub(super) struct Outside {
    pub(super) updates: UnboundedSender<Update>,
    pub(super) http: Http,
    pub(super) read_autostart: ReadAutostart,
    pub(super) config_file: PathBuf,
}

/// The engine's side of the screen.
pub(super) struct Desk {
    outside: Outside,
    autostart: Option<Checked>,
    settings: Settings,
    cards: Vec<AccountCard>,
    snapshot: Snapshot,
    /// What the ledger told of the writes of others when all of it was read. `None`: it does not tell.
    others: Option<i64>,
    shown: Option<View>,
    changes_at: Option<DateTime<Utc>>,
    refreshed_at: Option<DateTime<Utc>>,
    ledger_trouble: Option<String>,
    config_trouble: Option<String>,
}

impl Desk {
    pub(super) fn new(outside: Outside, settings: Settings, cards: Vec<AccountCard>) -> Self {
        Self {
            autostart: (outside.read_autostart)(),
            outside,
            settings,
            cards,
            snapshot: Snapshot::default(),
            others: None,
            shown: None,
            changes_at: None,
            refreshed_at: None,
            ledger_trouble: None,
            config_trouble: None,
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.settings.config
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// When time alone changes what is shown. `None`: nothing is shown yet.
    pub(super) fn changes_at(&self) -> Option<DateTime<Utc>> {
        self.changes_at
    }

    /// Takes new settings.
    pub(super) fn take(&mut self, settings: Settings, cards: Vec<AccountCard>) {
        self.settings = settings;
        self.cards = cards;
    }

    /// Takes other accounts under the same settings.
    pub(super) fn deal(&mut self, cards: Vec<AccountCard>) {
        self.cards = cards;
    }

    /// Remembers that a poll has ended.
    pub(super) fn polled(&mut self, now: DateTime<Utc>) {
        self.refreshed_at = Some(now);
    }

    /// Reads the ledger again; when it cannot be read, the last snapshot stays.
    pub(super) async fn look_again(&mut self, store: &Store, now: DateTime<Utc>) {
        // Asked before: what is written meanwhile is read next time.
        let others = store.writes_of_others().await;
        match store.snapshot(record::since(now)).await {
            Ok(mut snapshot) => {
                for account in &mut snapshot.accounts {
                    fold(account, self.settings.config.policy.zone, now);
                }
                self.snapshot = snapshot;
                self.others = others;
            }
            Err(error) => self.ledger_trouble(&error),
        }
    }

    /// Reads of these accounts what is not as it was, and the alerts; everything, once another process has written.
    pub(super) async fn look_at(
        &mut self,
        store: &Store,
        changed: &[(AccountId, Since)],
        now: DateTime<Utc>,
    ) {
        let others = store.writes_of_others().await;
        if others != self.others {
            return self.look_again(store, now).await;
        }
        for (account, since) in changed {
            // A ledger that does not tell what others write is read whole.
            let since = others.map(|_| *since);
            if let Err(error) = self.renew(store, (account, since), now).await {
                return self.ledger_trouble(&error);
            }
        }
        match store.alerts().await {
            Ok(alerts) => self.snapshot.alerts = alerts,
            Err(error) => self.ledger_trouble(&error),
        }
    }

    /// Reads an account from where it changed; all of it where that is unknown, or reaches into what is kept as sums.
    async fn renew(
        &mut self,
        store: &Store,
        (account, changed): (&AccountId, Option<Since>),
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let zone = self.settings.config.policy.zone;
        let horizon = record::since(now);
        let known = self.snapshot.account_mut(account);
        let known = known.zip(changed).filter(|(known, changed)| {
            let fine = fine_from(known).is_some_and(|from| changed.usage >= Some(from));
            changed.usage.is_none() || fine
        });
        let Some((known, changed)) = known else {
            if let Some(mut whole) = store.account(account, Since::both(horizon)).await? {
                fold(&mut whole, zone, now);
                self.snapshot.learn(whole);
            }
            return Ok(());
        };
        if let Some(newer) = store.account(account, changed).await? {
            known.renew(newer, changed);
            // The sum of a day begins with the first of its quarters of an hour.
            known.forget_before(horizon - TimeDelta::days(1));
            fold(known, zone, now);
        }
        Ok(())
    }

    /// Judges, tells what fired, and shows what changed.
    pub(super) async fn show(
        &mut self,
        ledger: &Ledger,
        (refreshing, reading): (Refreshing, Vec<(AccountId, FilesRead)>),
        now: DateTime<Utc>,
    ) {
        let judge = Judge {
            store: ledger.store(),
            cards: &self.cards,
            config: &self.settings.config,
        };
        let figures = match judge.judge(&mut self.snapshot, now).await {
            Ok(judged) => {
                for record in &judged.fired {
                    self.tell(record);
                }
                judged.digest
            }
            Err(error) => {
                self.ledger_trouble(&error);
                digest(
                    &self.snapshot,
                    &self.cards,
                    &self.settings.config.policy,
                    now,
                )
            }
        };
        let surroundings = Surroundings {
            autostart: self.autostart,
            last_refresh: self.refreshed_at.or_else(|| self.last_success()),
            refreshing,
            reading,
            notes: self.notes(ledger),
        };
        self.changes_at = Some(turning::next(&figures, &self.settings.config.policy));
        let view = view(&figures, &self.settings.config.policy, &surroundings);
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.send(Update::View(Box::new(view)));
        }
    }

    /// The last good poll of an earlier process, as the ledger knows it.
    fn last_success(&self) -> Option<DateTime<Utc>> {
        let accounts = self.snapshot.accounts.iter();
        accounts.filter_map(|known| known.poll.succeeded_at).max()
    }

    fn notes(&self, ledger: &Ledger) -> Vec<String> {
        let trouble = ledger.trouble().or_else(|| self.ledger_trouble.clone());
        let trouble = trouble.into_iter().chain(self.config_trouble.clone());
        trouble.chain(self.settings.notes.iter().cloned()).collect()
    }

    fn tell(&self, record: &AlertRecord) {
        let subject = record.key.subject.split(' ').next().map(AccountId::parse);
        let card = subject.and_then(|id| self.cards.iter().find(|card| card.id == id));
        self.send(Update::Notice(notice(record, card)));
        if let Some(address) = &self.settings.config.notifications.webhook {
            webhook::post(&self.outside.http, address, record);
        }
    }

    /// Does what a click asks for, as far as it concerns alerts or needs no poll.
    pub(super) async fn act(&mut self, store: &Store, action: Action, now: DateTime<Utc>) {
        match action {
            Action::Acknowledge(key) => {
                let changed = alerts::acknowledge(&self.snapshot.alerts, &key);
                self.keep(store, changed, now).await;
            }
            Action::AcknowledgeAll => {
                let open = self.snapshot.alerts.clone();
                let changed = open
                    .iter()
                    .flat_map(|record| alerts::acknowledge(&open, &record.key))
                    .collect();
                self.keep(store, changed, now).await;
            }
            Action::Snooze(key) => {
                let changed = alerts::snooze(&self.snapshot.alerts, &key, now + SNOOZE);
                self.keep(store, changed, now).await;
            }
            Action::Open(page) => self.send(Update::Open(page)),
            Action::Copy(text) => self.send(Update::Copy(text)),
            Action::OpenSettings => self.open_settings(),
            Action::ToggleAutostart => self.send(Update::ToggleAutostart),
            Action::RefreshAll | Action::Refresh(_) | Action::Quit => {}
        }
    }

    async fn keep(&mut self, store: &Store, changed: Vec<AlertRecord>, now: DateTime<Utc>) {
        match store.save_alerts(&changed, now).await {
            Ok(()) => judge::merge(&mut self.snapshot.alerts, changed),
            Err(error) => self.ledger_trouble(&error),
        }
    }

    /// A file that is not there yet is made from the template, so that there is something to edit.
    fn open_settings(&self) {
        if let Err(error) = edit::init(&self.outside.config_file) {
            tracing::warn!(%error, "the configuration file could not be made");
        }
        self.send(Update::Edit);
    }

    /// Reads again what the menu shows besides the ledger.
    pub(super) fn redraw(&mut self) {
        self.autostart = (self.outside.read_autostart)();
    }

    /// Remembers that the ledger fails; said in the menu until it works again, logged once.
    pub(super) fn ledger_trouble(&mut self, error: &StoreError) {
        let message = error.to_string();
        if self.ledger_trouble.as_ref() != Some(&message) {
            tracing::error!(%error, "the ledger fails");
            self.ledger_trouble = Some(message);
        }
    }

    /// Remembers that the ledger works again.
    pub(super) fn ledger_works(&mut self) {
        self.ledger_trouble = None;
    }

    /// Remembers why a changed configuration is not used, and tells it once; `None`: it is used.
    pub(super) fn config_trouble(&mut self, message: Option<String>) {
        if let Some(message) = message
            .as_ref()
            .filter(|message| self.config_trouble.as_ref() != Some(*message))
        {
            self.send(Update::Notice(Notice {
                alert: None,
                severity: Severity::Warning,
                title: "The changed configuration is not used".to_owned(),
                body: format!(
                    "{}. The old settings stay until it is mended.",
                    message.trim_end_matches('.')
                ),
                link: None,
            }));
        }
        self.config_trouble = message;
    }

    /// Says that nothing follows.
    pub(super) fn stopped(&self) {
        self.send(Update::Stopped);
    }

    fn send(&self, update: Update) {
        // A mouth that has gone needs no update; the engine's end is told by the stop token.
        drop(self.outside.updates.send(update));
    }
}
