//! What a click asks of the desktop besides figures: pages, settings, the clipboard, start at login.

use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::message::{Command, Update};
use crate::desktop::clipboard::Clipboard;
use crate::desktop::notify::Notifier;
use crate::domain::alert::Severity;
use crate::system::autostart::Autostart;
use crate::system::open;
use crate::view::notice::Notice;

/// Runs errands; what fails is told as a notification, for whoever clicked looks at the screen.
pub(super) struct Errands {
    config_file: PathBuf,
    autostart: Autostart,
    clicks: UnboundedSender<Command>,
    notifier: Notifier,
    clipboard: Clipboard,
}

impl Errands {
    /// With nothing done yet.
    pub(super) fn new(
        config_file: PathBuf,
        autostart: Autostart,
        clicks: UnboundedSender<Command>,
        notifier: Notifier,
    ) -> Self {
        Self {
            config_file,
            autostart,
            clicks,
            notifier,
            clipboard: Clipboard::default(),
        }
    }

    /// Runs one; never waits for it. Views and the end are no errands.
    pub(super) fn run(&self, update: Update) {
        match update {
            Update::Notice(notice) => self.notifier.show(notice),
            Update::Open(page) => {
                if let Err(error) = open::page(&page) {
                    sorry(
                        &self.notifier,
                        "The page could not be opened",
                        &error.to_string(),
                    );
                }
            }
            Update::Edit => {
                if let Err(error) = open::file(&self.config_file) {
                    sorry(
                        &self.notifier,
                        "The settings could not be opened",
                        &error.to_string(),
                    );
                }
            }
            Update::Copy(text) => self.copy(text),
            Update::ToggleAutostart => self.toggle_autostart(),
            Update::View(_) | Update::Stopped => {}
        }
    }

    fn copy(&self, text: String) {
        let clipboard = self.clipboard.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = clipboard.put(&text) {
                tracing::warn!(%error, "the text could not be copied");
            }
        });
    }

    fn toggle_autostart(&self) {
        let (autostart, clicks, notifier) = (
            self.autostart.clone(),
            self.clicks.clone(),
            self.notifier.clone(),
        );
        tokio::task::spawn_blocking(move || {
            if let Err(error) = autostart.toggle() {
                sorry(
                    &notifier,
                    "Start at login could not be changed",
                    &error.to_string(),
                );
            }
            // Without an engine there is nobody to tell.
            drop(clicks.send(Command::Redraw));
        });
    }
}

fn sorry(notifier: &Notifier, title: &str, reason: &str) {
    tracing::warn!(reason, "{title}");
    notifier.show(Notice {
        alert: None,
        severity: Severity::Warning,
        title: title.to_owned(),
        body: reason.to_owned(),
        link: None,
    });
}
