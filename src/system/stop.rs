//! How the user or the system asks the program to end. What then happens is its caller's.

use std::future::poll_fn;
use std::task::Poll;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows;

/// INT, TERM and HUP; on Windows Ctrl+C, Ctrl+Break, a console that is closed, and the end of the session.
#[derive(Debug)]
pub struct Signals {
    /// A signal that cannot be listened to is left out, and ends the process at once as it always did.
    #[cfg(unix)]
    heard: Vec<Signal>,
    #[cfg(windows)]
    interrupted: Option<windows::CtrlC>,
    #[cfg(windows)]
    broken: Option<windows::CtrlBreak>,
    #[cfg(windows)]
    closed: Option<windows::CtrlClose>,
    #[cfg(windows)]
    shut_down: Option<windows::CtrlShutdown>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; needs a tokio runtime.
    #[must_use]
    pub fn listen() -> Self {
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
    pub async fn asked_to_end(&mut self) {
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

#[cfg(windows)]
impl Signals {
    /// Listens from now on; needs a tokio runtime.
    #[must_use]
    pub fn listen() -> Self {
        Self {
            interrupted: heard(windows::ctrl_c()),
            broken: heard(windows::ctrl_break()),
            closed: heard(windows::ctrl_close()),
            shut_down: heard(windows::ctrl_shutdown()),
        }
    }

    /// Waits for the next one.
    pub async fn asked_to_end(&mut self) {
        poll_fn(|context| {
            let asked = is_asked(self.interrupted.as_mut(), |signal| {
                signal.poll_recv(context)
            }) || is_asked(self.broken.as_mut(), |signal| signal.poll_recv(context))
                || is_asked(self.closed.as_mut(), |signal| signal.poll_recv(context))
                || is_asked(self.shut_down.as_mut(), |signal| signal.poll_recv(context));
            if asked {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

#[cfg(windows)]
fn heard<S>(signal: std::io::Result<S>) -> Option<S> {
    signal
        .inspect_err(|error| tracing::warn!(%error, "a signal cannot be listened to"))
        .ok()
}

#[cfg(windows)]
fn is_asked<S>(signal: Option<&mut S>, poll: impl FnOnce(&mut S) -> Poll<Option<()>>) -> bool {
    signal.is_some_and(|signal| poll(signal).is_ready())
}
