//! The commands, run as a user runs them.

mod accounts;
mod agent_logs;
mod alerts;
mod config;
mod demo;
mod doctor;
mod help;
mod ledger;
mod login;
mod prices;
#[cfg(unix)]
mod read_only;
mod resident;
mod status;
#[cfg(target_os = "linux")]
mod storm;
mod usage;
