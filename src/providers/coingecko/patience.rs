//! How long each source is waited for: short, because another one is asked next and the poll as a whole must end.

use std::time::Duration;

use crate::providers::PollError;

/// All tries of one source together. Five times this, the key left out among them, is still less than a poll may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What comes of it in time.
pub(super) async fn within<T>(
    name: &str,
    answer: impl Future<Output = Result<T, PollError>>,
) -> Result<T, PollError> {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or_else(|_| {
            Err(PollError::Unreachable(format!(
                "{name} did not answer within {} s",
                PATIENCE.as_secs()
            )))
        })
}
