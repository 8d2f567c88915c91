//! What a look at logs finds and how it is told: progress, faults, single responses.

use std::ops::ControlFlow;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::agent::{Tally, Terms};
use crate::logs::counter::Counter;
use crate::logs::files::Folder;

/// What a walk found besides files that changed.
#[derive(Debug, Default)]
pub(super) struct Sights {
    /// The folders that were entered.
    pub(super) folders: Vec<Folder>,
    /// The files that were last written, the last first.
    pub(super) newest: Vec<PathBuf>,
}

/// What was wrong with the logs or the index. None of it stopped anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Lines that should have told usage and made no sense.
    pub bad_lines: u64,
    /// Lines longer than 64 MiB.
    pub long_lines: u64,
    /// Files and folders that could not be opened or read.
    pub unreadable: u64,
    /// Indexes that were damaged: what their damaged part alone knew is lost.
    pub damaged_indexes: u64,
}

/// A counted response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseView<'a> {
    /// When its first line was written, in seconds since the epoch.
    pub at: i64,
    /// The model as the log names it.
    pub model: &'a str,
    /// The folder worked in. Empty: not told.
    pub project: &'a str,
    /// The agent's session. Empty: not told.
    pub session: &'a str,
    /// What the price depends on.
    pub terms: Terms,
    /// How much.
    pub tally: Tally,
}

/// How far a look has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that are there.
    pub files: u64,
    /// Files that had changed and have been read.
    pub read: u64,
    /// Files that had changed.
    pub changed: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Bytes that are still to be read, at most.
    pub left: u64,
    /// Whether every file was read that was written since the instant the look was asked to begin with.
    pub fresh_is_done: bool,
}

/// How a look is told to begin with what is new.
pub struct Order<'a> {
    /// Files written since then are read before all others.
    pub since: DateTime<Utc>,
    /// Told after every file.
    pub watch: &'a mut dyn FnMut(Progress),
    /// Told when what is new has been read, and then every so often: what the counter says of the time since then is
    /// complete, unless a file's time lies. A break leaves the other files for the next look.
    pub pause: &'a mut dyn FnMut(&Counter, Progress) -> ControlFlow<()>,
}
