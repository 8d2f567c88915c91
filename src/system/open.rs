//! Opens pages and files with the programs the user has chosen for them.

use std::path::Path;

/// Why it could not be opened; names what to open by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// Opens a page in the browser; only `https`, and `http` to loopback.
///
/// # Errors
/// When there is no browser, or the address is of another kind.
pub fn page(address: &str) -> Result<(), OpenError> {
    todo!()
}

/// Opens a file in the program for its kind.
///
/// # Errors
/// When there is none.
pub fn file(file: &Path) -> Result<(), OpenError> {
    todo!()
}
