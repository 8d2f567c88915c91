//! What can go wrong on purpose, and for which requests.

use std::time::Duration;

/// What goes wrong instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status, headers and body.
    Answer {
        /// The status.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The right answer after a while.
    Slow(Duration),
    /// No answer, the connection stays open.
    Hang,
    /// The connection is cut before an answer.
    Reset,
    /// The right answer, cut in the middle.
    Truncated,
}

/// A fault and the requests it hits.
#[derive(Debug)]
pub(super) struct Planned {
    /// The vendor's id.
    pub(super) vendor: String,
    /// What the path, without the vendor's prefix, must contain; empty: all.
    pub(super) path_contains: String,
    /// What happens.
    pub(super) fault: Fault,
}

/// The fault for a request: of several that fit, the one planned last.
pub(super) fn planned_for(faults: &[Planned], vendor: &str, path: &str) -> Option<Fault> {
    faults
        .iter()
        .rev()
        .find(|planned| planned.vendor == vendor && path.contains(&planned.path_contains))
        .map(|planned| planned.fault.clone())
}
