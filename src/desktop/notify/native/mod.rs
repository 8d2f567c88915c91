//! Notifications on macOS and Windows, by notify-rust: the notification centre and toasts.
//!
//! Both are shown and waited for by calls that block, so each has a thread of its own; few are waited for at a time.
//! Neither system lets a notification take the place of an older one.

#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod sender;

use std::sync::Arc;
use std::thread;

use notify_rust::{Notification, NotificationResponse};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::message::Command;
use crate::desktop::notify::buttons;
use crate::desktop::notify::native::sender::Sender;
use crate::view::notice::Notice;

/// So many notifications are listened to; buttons of further ones do nothing.
const LISTENED_TO: usize = 20;

/// Shows every notice and passes on which buttons were pressed.
pub(super) async fn serve(
    mut notices: UnboundedReceiver<Notice>,
    clicks: UnboundedSender<Command>,
) {
    let listeners = Arc::new(Semaphore::new(LISTENED_TO));
    let sender = Arc::new(Sender::new());
    while let Some(notice) = notices.recv().await {
        let listener = Arc::clone(&listeners).try_acquire_owned().ok();
        let popup = Popup {
            clicks: clicks.clone(),
            sender: Arc::clone(&sender),
            listener,
            notice,
        };
        let thread = thread::Builder::new().name("notification".to_owned());
        if let Err(error) = thread.spawn(move || popup.show()) {
            tracing::warn!(%error, "a notification could not be shown; alerts stay in the menu");
        }
    }
}

/// A notification and its thread's means.
struct Popup {
    notice: Notice,
    clicks: UnboundedSender<Command>,
    sender: Arc<Sender>,
    /// The right to wait for an answer. `None`: too many wait already.
    listener: Option<OwnedSemaphorePermit>,
}

impl Popup {
    /// Shows it and waits for the answer.
    fn show(self) {
        let shown = self.notification().show().and_then(|handle| {
            if self.listener.is_none() {
                // The system shows it all the same.
                return Ok(());
            }
            handle.wait_for_response(|response: &NotificationResponse| self.answered(response))
        });
        if let Err(error) = shown {
            tracing::warn!(
                %error,
                title = self.notice.title,
                "a notification could not be shown; alerts stay in the menu until they are acknowledged"
            );
        }
    }

    fn notification(&self) -> Notification {
        let mut notification = Notification::new();
        notification
            .appname("Spendtray")
            .summary(&self.notice.title)
            .body(&self.notice.body);
        for (button, label) in buttons::buttons(&self.notice) {
            notification.action(button, label);
        }
        self.sender.sign(&mut notification, self.notice.severity);
        notification
    }

    fn answered(&self, response: &NotificationResponse) {
        if let Some(action) = buttons::meaning(response, &self.notice) {
            // Without an engine there is nobody to tell.
            drop(self.clicks.send(Command::Act(action)));
        }
    }
}
