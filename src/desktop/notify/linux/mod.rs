//! Notifications on Linux, by notify-rust over the session bus.
//!
//! A notification keeps the connection it was sent over until it is closed: some daemons tell only the sender which
//! button was pressed, and some close what a vanished sender has shown.

mod daemon;
mod popup;

use std::collections::VecDeque;
use std::time::Duration;

use notify_rust::{NotificationHandle, NotificationResponse};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::app::message::Command;
use crate::desktop::notify::buttons;
use crate::desktop::notify::linux::daemon::Daemon;
use crate::desktop::notify::linux::popup::popup;
use crate::domain::alert::AlertKey;
use crate::view::notice::Notice;

/// The longest a daemon may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many notifications are listened to; buttons of older ones do nothing.
const LISTENED_TO: usize = 20;

/// Shows every notice and passes on which buttons were pressed.
pub(super) async fn serve(
    mut notices: UnboundedReceiver<Notice>,
    clicks: UnboundedSender<Command>,
) {
    let mut popups = Popups::default();
    loop {
        tokio::select! {
            notice = notices.recv() => match notice {
                Some(notice) => popups.show(notice).await,
                None => return,
            },
            Some(answer) = popups.answers.join_next() => {
                if let Ok(answer) = answer
                    && let Some(command) = popups.answered(answer)
                {
                    // Without an engine there is nobody to tell.
                    drop(clicks.send(command));
                }
            }
        }
    }
}

/// What a notification was answered.
struct Answer {
    ticket: u64,
    response: Option<NotificationResponse>,
}

/// A notification on the screen.
struct Popup {
    /// Ours, never given twice.
    ticket: u64,
    /// The daemon's, worth something to this daemon only.
    id: u32,
    /// The daemon's name on the bus.
    daemon: String,
    notice: Notice,
    listener: AbortHandle,
}

/// The notifications that are listened to, the oldest first.
#[derive(Default)]
struct Popups {
    shown: VecDeque<Popup>,
    answers: JoinSet<Answer>,
    last_ticket: u64,
    daemon_missed: Missed,
}

/// Whether it was logged that there is no daemon.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Missed {
    Logged,
    #[default]
    No,
}

impl Popups {
    async fn show(&mut self, notice: Notice) {
        match timeout(PATIENCE, self.send(&notice)).await {
            Ok(Ok((daemon, handle))) => {
                self.daemon_missed = Missed::No;
                self.listen(notice, daemon, handle);
            }
            Ok(Err(error)) => self.not_shown(&notice, &error.to_string()),
            Err(_) => self.not_shown(&notice, "the notification daemon does not answer"),
        }
    }

    async fn send(
        &mut self,
        notice: &Notice,
    ) -> Result<(Daemon, NotificationHandle), Box<dyn std::error::Error + Send + Sync>> {
        let daemon = Daemon::find().await?;
        let gone = self
            .shown
            .iter()
            .filter(|popup| popup.daemon != daemon.name);
        gone.for_each(|popup| popup.listener.abort());
        self.shown.retain(|popup| popup.daemon == daemon.name);
        let mut notification = popup(notice, &daemon);
        if let Some(id) = notice.alert.as_ref().and_then(|key| self.id_of(key)) {
            notification.id(id);
        }
        let handle = notification.show_async().await?;
        Ok((daemon, handle))
    }

    /// The notification of the same alert that is still on the screen, if any.
    fn id_of(&self, key: &AlertKey) -> Option<u32> {
        let mut newest = self.shown.iter().rev();
        let same = newest.find(|popup| popup.notice.alert.as_ref() == Some(key));
        same.map(|popup| popup.id)
    }

    fn listen(&mut self, notice: Notice, daemon: Daemon, handle: NotificationHandle) {
        self.last_ticket += 1;
        let (ticket, id) = (self.last_ticket, handle.id());
        let listener = self.answers.spawn(async move {
            let mut response = None;
            handle
                .wait_for_action_async(|answer| response = Some(answer.clone()))
                .await;
            Answer { ticket, response }
        });
        self.shown.push_back(Popup {
            ticket,
            id,
            daemon: daemon.name,
            notice,
            listener,
        });
        if self.shown.len() > LISTENED_TO
            && let Some(oldest) = self.shown.pop_front()
        {
            oldest.listener.abort();
        }
    }

    /// What an answer asks for. `None`: nothing, or a newer notification took the place of this one.
    fn answered(&mut self, answer: Answer) -> Option<Command> {
        let at = self
            .shown
            .iter()
            .position(|popup| popup.ticket == answer.ticket)?;
        let popup = self.shown.remove(at)?;
        let mut others = self.shown.iter();
        if others.any(|other| other.id == popup.id && other.ticket > popup.ticket) {
            return None;
        }
        buttons::meaning(&answer.response?, &popup.notice).map(Command::Act)
    }

    /// Logs a missing daemon once; the alert itself stays in the menu.
    fn not_shown(&mut self, notice: &Notice, reason: &str) {
        if self.daemon_missed == Missed::Logged {
            tracing::debug!(
                reason,
                title = notice.title,
                "a notification could not be shown"
            );
            return;
        }
        self.daemon_missed = Missed::Logged;
        tracing::warn!(
            reason,
            title = notice.title,
            "a notification could not be shown; alerts stay in the menu until they are acknowledged"
        );
    }
}
