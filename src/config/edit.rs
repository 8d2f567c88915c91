//! Changes single keys of the configuration file and leaves everything else as the user wrote it.
//!
//! Each change is written to a file beside it and renamed over; a broken file is never touched.

use std::path::Path;

use crate::config::{ConfigError, Switch};
use crate::domain::account::AccountId;

/// Writes the commented template when there is no file yet; returns whether it did.
///
/// # Errors
/// When it cannot be written.
pub fn init(file: &Path) -> Result<bool, ConfigError> {
    todo!()
}

/// Adds the account when it is not there, and switches it on or off.
///
/// # Errors
/// When the file is broken or cannot be written; it is unchanged then.
pub fn switch_account(file: &Path, account: &AccountId, switch: Switch) -> Result<(), ConfigError> {
    todo!()
}

/// Gives an account another name.
///
/// # Errors
/// When there is no such account in the file, the new id is taken, or the file cannot be written.
pub fn rename_account(file: &Path, from: &AccountId, to: &AccountId) -> Result<(), ConfigError> {
    todo!()
}
