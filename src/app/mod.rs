//! The line: composes the layers below and owns the only long-lived state.
//!
//! `schedule` says when, `accounts` who, `poller` asks one, `record` keeps the answer, `judge` draws the
//! conclusions, `desk` shows them, and `engine` is the loop around all of it.

pub mod accounts;
pub mod assembly;
mod at_hand;
pub mod demo;
mod desk;
pub mod engine;
pub mod growth;
pub mod judge;
pub mod ledger;
pub mod message;
pub mod once;
pub mod poller;
pub mod pricing;
pub mod record;
pub mod resident;
pub mod schedule;
pub mod settings;
mod watcher;
mod webhook;
