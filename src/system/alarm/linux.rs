//! Linux: `timerfd` on the wall clock (`man 2 timerfd_create`). It rings once, counts the time of a suspend, and is cancelled
//! by whoever sets the clock.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Waits for the alarm.
pub(super) async fn ring(duration: Duration) -> io::Result<()> {
    let alarm = set(duration)?;
    #[expect(
        deprecated,
        reason = "its successor is not safe and asks for what an owned descriptor is"
    )]
    let alarm = AsyncFd::with_interest(alarm, Interest::READABLE)?;
    // Readable: the time has come, or the clock was set. Either way it is time to look.
    alarm.readable().await.map(drop)
}

fn set(duration: Duration) -> io::Result<OwnedFd> {
    let alarm = timerfd_create(
        TimerfdClockId::Realtime,
        TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
    )?;
    let now = Duration::try_from(clock_gettime(ClockId::Realtime)).unwrap_or_default();
    let when = Itimerspec {
        it_interval: Timespec::default(),
        it_value: Timespec::try_from(now + duration).unwrap_or_default(),
    };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(&alarm, flags, &when)?;
    Ok(alarm)
}
