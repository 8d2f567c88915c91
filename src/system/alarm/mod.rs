//! Waiting for a later time of day. It shows no time; `clock` does.
//!
//! tokio's timers count the time that the machine is awake, and one that is a minute away wakes the process several
//! times on its way down the wheel. A resident program that waits nearly always asks the system itself where it can.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux::ring;
#[cfg(not(target_os = "linux"))]
use other::ring;

use std::time::Duration;

/// The longest wait where nobody tells that the clock was set or that the machine was suspended.
pub const LONGEST_UNTOLD: Duration = Duration::from_mins(1);

/// Waits that long by the clock on the wall, or less. On Linux it ends early when that clock is set, and at once when
/// the machine wakes after the time is over; elsewhere after a minute, so that whoever waits looks for himself.
pub async fn wait(duration: Duration) {
    if ring(duration).await.is_err() {
        tokio::time::sleep(duration.min(LONGEST_UNTOLD)).await;
    }
}
