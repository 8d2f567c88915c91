//! Mouth 2: the command line. One file a command; parsing here, figures from `app`, words from `view`.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::app::resident::Resident;

/// What is left to do after the command line has been read.
pub enum Outcome {
    /// Nothing: the command has run.
    Done(ExitCode),
    /// The process stays, with a face if it was built with one.
    Stay(Box<Stay>),
}

/// A process that stays.
pub struct Stay {
    /// Where its engine runs.
    pub runtime: tokio::runtime::Runtime,
    /// Its engine and channels.
    pub resident: Resident,
    /// Tells the person at the terminal something.
    pub say: fn(&str),
}

/// Reads the command line and runs it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    todo!()
}
