//! Tells when the configuration file (or `.env` beside it) changed; sleeps in between.

use std::path::Path;

/// Watches until dropped.
#[derive(Debug)]
pub struct Watch {}

impl Watch {
    /// Calls back, on another thread, each time the file has been changed, made or removed; bursts count as one.
    ///
    /// # Errors
    /// A sentence on why the folder cannot be watched; changes then need a restart or "Refresh now".
    pub fn start(file: &Path, changed: impl Fn() + Send + 'static) -> Result<Self, String> {
        todo!()
    }
}
