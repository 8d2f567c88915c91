//! What the engine shows and tells: keeps the last snapshot, judges it, and sends only what changed.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::UnboundedSender;

use crate::analysis::digest::{AccountCard, digest};
use crate::analysis::{alerts, turning};
use crate::app::at_hand::AtHand;
use crate::app::judge::{self, Judge};
use crate::app::ledger::Ledger;
use crate::app::message::Update;
use crate::app::settings::{ReadAutostart, Settings};
use crate::app::webhook;
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
    at_hand: AtHand,
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
            at_hand: AtHand::default(),
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
        &self.at_hand.snapshot
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
        let zone = self.settings.config.policy.zone;
        if let Err(error) = self.at_hand.read(store, (zone, now)).await {
            self.ledger_trouble(&error);
        }
    }

    /// Reads what of these accounts is not as it was since an instant.
    pub(super) async fn look_at(
        &mut self,
        store: &Store,
        changed: &[(AccountId, Since)],
        now: DateTime<Utc>,
    ) {
        let zone = self.settings.config.policy.zone;
        if let Err(error) = self.at_hand.follow(store, changed, (zone, now)).await {
            self.ledger_trouble(&error);
        }
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
        let figures = match judge.judge(&mut self.at_hand.snapshot, now).await {
            Ok(judged) => {
                for record in &judged.fired {
                    self.tell(record);
                }
                judged.digest
            }
            Err(error) => {
                self.ledger_trouble(&error);
                digest(
                    &self.at_hand.snapshot,
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
        let accounts = self.at_hand.snapshot.accounts.iter();
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
                let changed = alerts::acknowledge(&self.at_hand.snapshot.alerts, &key);
                self.keep(store, changed, now).await;
            }
            Action::AcknowledgeAll => {
                let open = self.at_hand.snapshot.alerts.clone();
                let changed = open
                    .iter()
                    .flat_map(|record| alerts::acknowledge(&open, &record.key))
                    .collect();
                self.keep(store, changed, now).await;
            }
            Action::Snooze(key) => {
                let changed = alerts::snooze(&self.at_hand.snapshot.alerts, &key, now + SNOOZE);
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
            Ok(()) => judge::merge(&mut self.at_hand.snapshot.alerts, changed),
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
