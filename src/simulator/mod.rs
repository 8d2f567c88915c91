//! Simulated vendors on loopback: strict where the vendor is strict, with a plausible month of invented data.
//!
//! `spendtray demo` and the tests use the same one. A vendor is one file and one entry in [`VENDORS`].

use std::time::Duration;

use crate::clock::Clock;

/// The simulated vendors, running until dropped.
#[derive(Debug)]
pub struct Simulator {}

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

/// A request that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The vendor's id.
    pub vendor: String,
    /// `GET` and so on.
    pub method: String,
    /// The path without the vendor's prefix.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// Header names and values, lower-case names.
    pub headers: Vec<(String, String)>,
}

impl Simulator {
    /// Starts on a free port of loopback. `seed` decides the invented data.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(clock: Clock, seed: u64) -> std::io::Result<Self> {
        todo!()
    }

    /// Lines for a configuration that makes the accounts of all vendors, with their base URLs.
    #[must_use]
    pub fn config_toml(&self) -> String {
        todo!()
    }

    /// The variables that hold the keys it accepts: name and value.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        todo!()
    }

    /// A vendor's base URL.
    #[must_use]
    pub fn base_url(&self, vendor: &str) -> Option<String> {
        todo!()
    }

    /// From now on requests of a vendor whose path contains this text go wrong.
    pub fn fail(&self, vendor: &str, path_contains: &str, fault: Fault) {
        todo!()
    }

    /// All is well again.
    pub fn mend(&self) {
        todo!()
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        todo!()
    }
}
