//! The places of configuration, data, state and cache on each system, and their overrides.

use std::path::PathBuf;

use crate::domain::variables::Variables;

/// Every place the program reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// The folder that holds all programs' configuration: `~/.config` on Linux.
    pub config_home: PathBuf,
    /// The folder of the ledger.
    pub data: PathBuf,
    /// The folder of logs and of the lock of the resident process.
    pub state: PathBuf,
    /// The folder of what can be fetched again.
    pub cache: PathBuf,
    /// The ledger by `--ledger` or `SPENDTRAY_LEDGER`. `None`: neither is set.
    pub ledger_override: Option<String>,
}

/// What the command line says about places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--ledger`.
    pub ledger: Option<String>,
}

impl Paths {
    /// The places on this system: flags before variables before the platform's own.
    #[must_use]
    pub fn find(variables: &Variables, overrides: &Overrides) -> Self {
        todo!()
    }

    /// The file that holds credentials where the system has no secret store.
    #[must_use]
    pub fn secrets_file(&self) -> PathBuf {
        self.data.join("secrets.toml")
    }

    /// The ledger's file where no URL says otherwise.
    #[must_use]
    pub fn ledger_file(&self) -> PathBuf {
        self.data.join("ledger.sqlite")
    }
}
