//! Where tracing goes: stderr for commands, a rotated private file for the tray, secrets filtered.

use std::path::Path;

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
    todo!()
}

/// Sends events to `log/spendtray.log` in the folder (0600, rotated at 10 MB, five kept), and warnings to stderr.
///
/// # Errors
/// When the file cannot be opened; events then go to stderr only.
pub fn to_file(state: &Path, verbosity: Verbosity) -> std::io::Result<()> {
    todo!()
}
