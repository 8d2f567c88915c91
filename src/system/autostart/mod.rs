//! Start at login: an XDG desktop entry, a `LaunchAgent`, a registry value.

use std::path::{Path, PathBuf};

/// Start at login for one program.
#[derive(Debug, Clone)]
pub struct Autostart {
    program: PathBuf,
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

impl Autostart {
    /// For this program; `config_home` is where all programs' configuration lies, `home` the user's home.
    #[must_use]
    pub fn new(program: PathBuf, config_home: &Path, home: &Path) -> Self {
        todo!()
    }

    /// Whether it does now.
    #[must_use]
    pub fn status(&self) -> Status {
        todo!()
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When the entry cannot be written.
    pub fn enable(&self) -> Result<(), AutostartError> {
        todo!()
    }

    /// Makes it not so.
    ///
    /// # Errors
    /// When the entry cannot be removed.
    pub fn disable(&self) -> Result<(), AutostartError> {
        todo!()
    }

    /// Where the entry lies, for people.
    #[must_use]
    pub fn place(&self) -> String {
        todo!()
    }
}
