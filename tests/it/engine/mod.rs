//! The engine end to end on scripted vendors and a real ledger; the test moves the clock.

mod alerts;
mod clocks;
mod growth;
mod ledger;
mod polls;
mod rest;
mod sessions;
mod settings;
mod simulation;
