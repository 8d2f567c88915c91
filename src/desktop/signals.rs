//! The system's ways of asking a program to end.

#[cfg(unix)]
use std::future::poll_fn;
#[cfg(unix)]
use std::task::Poll;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// INT, TERM and HUP; Ctrl+C elsewhere.
#[derive(Debug)]
pub(super) struct Signals {
    /// A signal that cannot be listened to is left out, and ends the process at once as it always did.
    #[cfg(unix)]
    heard: Vec<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; needs a tokio runtime.
    pub(super) fn listen() -> Self {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let heard = kinds.into_iter().filter_map(|kind| {
            signal(kind)
                .inspect_err(|error| tracing::warn!(%error, "a signal cannot be listened to"))
                .ok()
        });
        Self {
            heard: heard.collect(),
        }
    }

    /// Waits for the next one.
    pub(super) async fn asked_to_end(&mut self) {
        poll_fn(|context| {
            for signal in &mut self.heard {
                if signal.poll_recv(context).is_ready() {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on; needs a tokio runtime.
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Waits for the next one.
    pub(super) async fn asked_to_end(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl+C cannot be listened to");
            std::future::pending::<()>().await;
        }
    }
}
