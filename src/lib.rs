//! Spendtray: what your AI keys, subscriptions and tokens cost right now.

pub mod analysis;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod domain;
pub mod http;
pub mod logging;
pub mod providers;
pub mod secrets;
pub mod simulator;
pub mod store;
pub mod system;
pub mod view;
