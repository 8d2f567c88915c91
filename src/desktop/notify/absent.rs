//! No notifications: on systems for which none are built yet. Notices are logged.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::app::message::Command;
use crate::view::notice::Notice;

/// Logs every notice.
pub(super) async fn serve(
    mut notices: UnboundedReceiver<Notice>,
    _clicks: UnboundedSender<Command>,
) {
    while let Some(notice) = notices.recv().await {
        tracing::warn!(
            title = notice.title,
            "a notice; this build shows none on this system"
        );
    }
}
