//! Simulated vendors on loopback: strict where the vendor is strict, with a plausible month of invented data.
//!
//! `spendtray demo` and the tests use the same one. A vendor is one file and one entry in `VENDORS`: a value
//! with a plain function from a request to an answer. What it tells depends on the seed, the instant the
//! simulator started and the clock only, so the same start tells the same story. It is no mock: nobody programs
//! its answers; what goes wrong is said with [`Simulator::fail`].
//!
//! Read on: `server` for the wire, `demo` for the story that `spendtray demo` shows, `venice` for the ledger.

mod anthropic;
mod call;
mod coinbase;
mod coingecko;
mod demo;
mod dexscreener;
mod ecb;
mod fault;
mod frankfurter;
mod geckoterminal;
mod market;
mod month;
mod openai;
mod openrouter;
mod random;
mod report;
mod server;
mod venice;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::simulator::call::Vendor;
use crate::simulator::server::Shared;

pub use crate::simulator::fault::Fault;

/// Every simulated vendor, by id.
const VENDORS: &[&Vendor] = &[
    &anthropic::VENDOR,
    &coinbase::VENDOR,
    &coingecko::VENDOR,
    &dexscreener::VENDOR,
    &ecb::VENDOR,
    &frankfurter::VENDOR,
    &geckoterminal::VENDOR,
    &openai::VENDOR,
    &openrouter::VENDOR,
    &venice::VENDOR,
];

/// A Venice key that may look at billing: it is among [`Simulator::variables`].
pub const VENICE_ADMIN_KEY: &str = venice::ADMIN_KEY;

/// A Venice key that may only call models.
pub const VENICE_INFERENCE_KEY: &str = venice::INFERENCE_KEY;

/// A CoinGecko key of the demo plan: it is among [`Simulator::variables`].
pub const COINGECKO_DEMO_KEY: &str = coingecko::DEMO_KEY;

/// A CoinGecko key of a paid plan.
pub const COINGECKO_PRO_KEY: &str = coingecko::PRO_KEY;

/// An OpenAI key that may look at the organization: it is among [`Simulator::variables`].
pub const OPENAI_ADMIN_KEY: &str = openai::ADMIN_KEY;

/// An OpenAI key that may only call models.
pub const OPENAI_ORDINARY_KEY: &str = openai::ORDINARY_KEY;

/// An Anthropic key that may look at the organization: it is among [`Simulator::variables`].
pub const ANTHROPIC_ADMIN_KEY: &str = anthropic::ADMIN_KEY;

/// An Anthropic key that may only call models.
pub const ANTHROPIC_ORDINARY_KEY: &str = anthropic::ORDINARY_KEY;

/// An OpenRouter key that may look at the account: it is among [`Simulator::variables`].
pub const OPENROUTER_MANAGEMENT_KEY: &str = openrouter::MANAGEMENT_KEY;

/// An OpenRouter key that calls models.
pub const OPENROUTER_ORDINARY_KEY: &str = openrouter::ORDINARY_KEY;

/// The simulated vendors, running until dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
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
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(clock, seed));
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            serving,
        })
    }

    /// Lines for a configuration that makes the accounts of all vendors, with their base URLs.
    #[must_use]
    pub fn config_toml(&self) -> String {
        demo::config_toml(&self.shared.world, |vendor| {
            self.base_url(vendor).unwrap_or_default()
        })
    }

    /// The variables that hold the keys it accepts: name and value.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        VENDORS
            .iter()
            .flat_map(|vendor| vendor.variables)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// A vendor's base URL. `None`: no such vendor is simulated.
    #[must_use]
    pub fn base_url(&self, vendor: &str) -> Option<String> {
        let vendor = VENDORS.iter().find(|known| known.id == vendor)?;
        Some(format!(
            "http://{}/{}{}",
            self.address, vendor.id, vendor.root
        ))
    }

    /// From now on requests of a vendor whose path contains this text go wrong; the last such call counts.
    pub fn fail(&self, vendor: &str, path_contains: &str, fault: Fault) {
        self.shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault::Planned {
                vendor: vendor.to_owned(),
                path_contains: path_contains.to_owned(),
                fault,
            });
    }

    /// All is well again.
    pub fn mend(&self) {
        self.shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|entry| entry.seen.clone())
            .collect()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
