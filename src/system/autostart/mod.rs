//! Start at login: an XDG desktop entry, a `LaunchAgent`, a registry value.
//!
//! Each system's own format is written by hand, in a file of its own; no entry is made unless the user asks.

#[cfg(unix)]
mod entry_file;
#[cfg(all(unix, not(target_os = "macos")))]
mod linux;
// Its text and its rules need no Mac: they are tested everywhere.
#[cfg(any(target_os = "macos", all(unix, test)))]
mod macos;
#[cfg(windows)]
mod windows;

use std::path::{Path, PathBuf};

#[cfg(all(unix, not(target_os = "macos")))]
use crate::system::autostart::linux::Entry;
#[cfg(target_os = "macos")]
use crate::system::autostart::macos::Entry;
#[cfg(windows)]
use crate::system::autostart::windows::Entry;

/// Start at login for one program.
#[derive(Debug, Clone)]
pub struct Autostart {
    entry: Entry,
}

/// Whether the program starts at login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    On,
    /// It does not.
    Off,
    /// This system offers no way.
    Unavailable,
}

/// Why it could not be changed; names the file and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AutostartError(pub String);

/// Where entries may lie.
#[derive(Debug, Clone, Copy)]
struct Folders<'a> {
    /// All programs' configuration.
    #[cfg_attr(
        not(all(unix, not(target_os = "macos"))),
        expect(dead_code, reason = "for XDG only")
    )]
    config_home: &'a Path,
    /// The user's home.
    #[cfg_attr(
        not(any(target_os = "macos", all(unix, test))),
        expect(dead_code, reason = "for macOS only")
    )]
    home: &'a Path,
}

impl Autostart {
    /// For this program; `config_home` is where all programs' configuration lies, `home` the user's home.
    #[must_use]
    pub fn new(program: PathBuf, config_home: &Path, home: &Path) -> Self {
        let folders = Folders { config_home, home };
        Self {
            entry: Entry::new(program, folders),
        }
    }

    /// Whether it does now.
    ///
    /// An entry that is switched off, or that starts another program than this one, counts as [`Status::Off`];
    /// enabling then rewrites it.
    #[must_use]
    pub fn status(&self) -> Status {
        self.entry.status()
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the entry cannot be written.
    pub fn enable(&self) -> Result<(), AutostartError> {
        self.entry.enable()
    }

    /// Makes it not so.
    ///
    /// # Errors
    /// When the entry cannot be removed.
    pub fn disable(&self) -> Result<(), AutostartError> {
        self.entry.disable()
    }

    /// Where the entry lies, for people.
    #[must_use]
    pub fn place(&self) -> String {
        self.entry.place()
    }

    /// Changes it to what it is not now.
    ///
    /// # Errors
    /// When the entry cannot be changed.
    pub fn toggle(&self) -> Result<(), AutostartError> {
        match self.status() {
            Status::On => self.disable(),
            Status::Off | Status::Unavailable => self.enable(),
        }
    }
}
