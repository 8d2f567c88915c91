//! The places of configuration, data, state and cache on each system, and their overrides.

use std::path::PathBuf;

/// Every place the program reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// The folder of the ledger.
    pub data: PathBuf,
    /// The folder of logs and of the lock of the resident process.
    pub state: PathBuf,
    /// The folder of what can be fetched again.
    pub cache: PathBuf,
    /// The ledger by `SPENDTRAY_LEDGER`. `None`: not set.
    pub ledger_override: Option<String>,
}
