//! Where tracing goes: stderr for commands, a rotated private file for the tray, secrets filtered.
//!
//! A log never stops the program: what cannot be written is dropped. Libraries are heard from warnings on only, because
//! below that HTTP libraries write headers, and so keys.

mod redact;
mod rotating;

use std::fmt::Display;
use std::io::{self, Write};
use std::panic;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::logging::redact::redact;
use crate::logging::rotating::Rotating;

/// The target of events that are told at the terminal in words of their own: they go to the file only.
const SAID: &str = "said";

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings and errors.
    Normal,
    /// What happens.
    Verbose,
    /// Everything.
    Debug,
}

/// Sends events to stderr.
pub fn to_stderr(verbosity: Verbosity) {
    install(tracing_subscriber::registry().with(people(verbosity)));
}

/// Sends events to `log/spendtray.log` in the folder (0600, rotated at 10 MB, five kept), and warnings to stderr.
///
/// # Errors
/// When the file cannot be opened; events then go to stderr only.
pub fn to_file(state: &Path, verbosity: Verbosity) -> io::Result<()> {
    let on_screen = verbosity.min(Verbosity::Normal);
    match Rotating::open(&state.join("log"), rotating::LIMIT_BYTES) {
        Ok(file) => {
            let both = tracing_subscriber::registry()
                .with(record(file, verbosity))
                .with(people(on_screen));
            install(both);
            keep_faults();
            Ok(())
        }
        Err(error) => {
            to_stderr(on_screen);
            Err(error)
        }
    }
}

/// A fault of the program itself ends it; the file keeps where, whatever becomes of stderr.
fn keep_faults() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |fault| {
        keep(fault);
        tell(fault);
    }));
}

fn keep(fault: &impl Display) {
    tracing::error!(target: SAID, "spendtray ended by a fault of its own, please report this line: {fault}");
}

/// The first installation of a process counts; a later one is a no-op.
fn install(subscriber: impl Subscriber + Send + Sync) {
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// Short lines for people.
fn people<S: Subscriber + for<'span> LookupSpan<'span>>(verbosity: Verbosity) -> impl Layer<S> {
    fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(|| Line(io::stderr()))
        .with_filter(heard(verbosity).with_target(SAID, LevelFilter::OFF))
}

/// Lines with time and origin.
fn record<S: Subscriber + for<'span> LookupSpan<'span>>(
    file: impl Write + Send + 'static,
    verbosity: Verbosity,
) -> impl Layer<S> {
    let shared = Arc::new(Mutex::new(file));
    fmt::layer()
        .with_ansi(false)
        .with_writer(move || Line(Shared(Arc::clone(&shared))))
        .with_filter(heard(verbosity))
}

fn heard(verbosity: Verbosity) -> Targets {
    let own = match verbosity {
        Verbosity::Quiet => LevelFilter::ERROR,
        Verbosity::Normal => LevelFilter::WARN,
        Verbosity::Verbose => LevelFilter::INFO,
        Verbosity::Debug => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), own)
}

/// Takes one event at a time, filters secrets, and never fails: a failing log would be reported to stderr, and that
/// may be what fails.
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        // One event is one line, whatever a vendor's answer holds.
        let text = redact(text.trim_end())
            .replace('\n', "\\n")
            .replace('\r', "\\r");
        drop(self.0.write_all(format!("{text}\n").as_bytes()));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        drop(self.0.flush());
        Ok(())
    }
}

/// A writer that several threads use in turn.
struct Shared<W>(Arc<Mutex<W>>);

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(verbosity: Verbosity, events: impl FnOnce()) -> String {
        let home = tempfile::tempdir().unwrap();
        let file = Rotating::open(home.path(), rotating::LIMIT_BYTES).unwrap();
        let subscriber = tracing_subscriber::registry().with(record(file, verbosity));
        tracing::subscriber::with_default(subscriber, events);
        std::fs::read_to_string(home.path().join("spendtray.log")).unwrap()
    }

    #[test]
    fn an_event_is_one_line_without_secrets_and_colours() {
        let secret = "VENICE_ADMIN_KEY_abcdefghijklmnopqrstuvwxyz0123456789";
        let text = logged(Verbosity::Verbose, || {
            tracing::info!(header = %format!("Authorization: Bearer {secret}"), "asked\nthe vendor");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.contains("asked\\nthe vendor") && text.contains("VENI…6789"),
            "{text}"
        );
        assert!(!text.contains(secret) && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn libraries_are_heard_from_warnings_on() {
        let text = logged(Verbosity::Debug, || {
            tracing::debug!(target: "h2::client", "headers");
            tracing::warn!(target: "zbus", "gone");
            tracing::trace!("own");
        });
        assert!(!text.contains("headers") && text.contains("gone") && text.contains("own"));
        let quiet = logged(Verbosity::Quiet, || {
            tracing::warn!(target: "zbus", "gone");
            tracing::warn!("own");
            tracing::error!("broken");
        });
        assert_eq!(quiet.lines().count(), 1, "{quiet}");
    }

    #[test]
    fn a_fault_of_the_program_itself_is_in_the_file_on_one_line() {
        let text = logged(Verbosity::Quiet, || {
            keep(&"panicked at src/main.rs:1:1:\nwhy");
        });
        assert!(
            text.contains("report this line: panicked at src/main.rs:1:1:\\nwhy"),
            "{text}"
        );
    }

    #[cfg(target_family = "unix")]
    #[test]
    fn a_full_disk_drops_lines_and_nothing_else() {
        let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
            return;
        };
        let subscriber = tracing_subscriber::registry().with(record(full, Verbosity::Debug));
        tracing::subscriber::with_default(subscriber, || tracing::error!("lost"));
        assert_eq!(Line(io::sink()).write(b"x").unwrap(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_no_crash() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("log"), "a file, not a folder").unwrap();
        assert!(to_file(home.path(), Verbosity::Quiet).is_err());
        assert!(to_file(home.path(), Verbosity::Quiet).is_err());
    }
}
