//! The only door to wall time. Everything that needs "now" is handed a [`Clock`] or an instant.
//!
//! When to look again is the engine's business; how to wait for it is here, because a test's time does not pass by
//! itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::system::alarm;

/// Tells the time: the system's, or one that a test sets.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System { ahead: TimeDelta },
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The system's time.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System {
            ahead: TimeDelta::zero(),
        })
    }

    /// The system's pace from another instant on: for transcripts of commands that must not change with the day.
    #[must_use]
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        Self(Kind::System {
            ahead: start - system_now(),
        })
    }

    /// A time that stands still until it is set.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Kind::Manual(Arc::new(Mutex::new(start))))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::System { ahead } => system_now() + *ahead,
            Kind::Manual(instant) => *instant.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Waits that long or less: until the system tells that its clock was set, or a minute where nobody would tell. A
    /// manual clock waits as the runtime does.
    pub async fn wait(&self, duration: Duration) {
        match &self.0 {
            Kind::System { .. } => alarm::wait(duration).await,
            Kind::Manual(_) => tokio::time::sleep(duration.min(alarm::LONGEST_UNTOLD)).await,
        }
    }

    /// Sets a manual clock; the system's cannot be set.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Kind::Manual(instant) = &self.0 {
            *instant.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a manual clock.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this file is the one door to wall time"
)]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual("2026-11-23T08:30:00Z".parse().unwrap());
        let twin = clock.clone();
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(
            twin.now(),
            "2026-11-23T08:35:00Z".parse::<DateTime<Utc>>().unwrap()
        );
    }
}
