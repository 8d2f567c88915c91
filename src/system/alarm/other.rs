//! Systems without an alarm that a runtime can wait for: they use the runtime's own timers.

use std::future::{Ready, ready};
use std::io;
use std::time::Duration;

/// Always an error.
pub(super) fn ring(_: Duration) -> Ready<io::Result<()>> {
    ready(Err(io::ErrorKind::Unsupported.into()))
}
