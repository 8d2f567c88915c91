//! What an agent's vendor told it of its quotas, where the agent keeps that beside or within its logs. Read only.

use std::path::PathBuf;

use crate::domain::quota::QuotaReport;
use crate::logs::files::{Places, Stamp};

/// Which of the agent's logs changed since they were last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogsSince<'a> {
    /// Some did, or they were never asked; of those looked at these were last written, the last first.
    Changed(&'a [PathBuf]),
    /// None did.
    Same,
}

/// Asks for the vendor's word; it is handed what was found the last time, to say it again when nothing changed.
pub(super) type AskVendor = fn(&Places<'_>, Option<&Told>, LogsSince<'_>) -> Option<Told>;

/// The vendor's word, and the file it stood in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Where it stood. Nothing is read again while it is the same.
    pub(super) stamp: Stamp,
    /// `None`: the file says nothing of quotas.
    pub(super) quota: Option<QuotaReport>,
}

impl Told {
    pub(super) const fn quota(&self) -> Option<&QuotaReport> {
        self.quota.as_ref()
    }
}

/// An agent that keeps nothing of the kind.
pub(super) fn nothing(_: &Places<'_>, _: Option<&Told>, _: LogsSince<'_>) -> Option<Told> {
    None
}

/// The stable names and labels of windows, by their length in minutes. Vendors say 299 for 300.
pub(super) fn window_words(minutes: u64) -> (String, String) {
    let near = |wanted: u64| minutes.abs_diff(wanted) <= 1;
    let (name, label) = if near(300) {
        ("5h", "Session (5 h)")
    } else if near(10_080) {
        ("week", "Week")
    } else if (40_000..=44_640).contains(&minutes) {
        ("month", "Month")
    } else if near(1440) {
        ("day", "Day")
    } else {
        let hours = minutes.saturating_add(30) / 60;
        return (format!("{hours}h"), format!("{hours} h"));
    };
    (name.to_owned(), label.to_owned())
}
