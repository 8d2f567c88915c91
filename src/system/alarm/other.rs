//! Systems without an alarm that a runtime can wait for: they use the runtime's own timers.

use std::io;
use std::time::Duration;

/// Always an error.
#[expect(clippy::unused_async, reason = "Linux waits here")]
pub(super) async fn ring(_: Duration) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
