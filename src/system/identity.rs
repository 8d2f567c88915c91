//! What tells a file from another that later has its name.

use std::fs::Metadata;

/// The device and number of a file. `None` where the system does not say cheaply.
#[must_use]
pub fn of(metadata: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}
