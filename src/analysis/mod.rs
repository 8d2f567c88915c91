//! Verbs: domain in, figures out. `now` is an argument; nothing here can fail, odd input becomes a mark in the result.
//!
//! No I/O, no clock, no configuration: what the user decided comes as a `Policy`. Reading order: `digest` puts the
//! rest in order; `summary` counts, `freshness` doubts, `books` joins both for one account; `rules` says what is
//! watched, `alerts` when it is told. Beside that line stand `costing` (what agents' tokens cost), `session` (their
//! windows) and `usage_report` (usage over time).

pub mod alerts;
mod books;
mod budgets;
mod coins;
pub mod costing;
pub mod digest;
mod exchange;
#[cfg(test)]
mod extremes;
pub mod folding;
mod forecast;
mod freshness;
pub mod pricelist;
mod ranking;
pub mod rules;
mod rung;
pub mod session;
pub mod standing;
mod summary;
#[cfg(test)]
mod testing;
pub mod turning;
pub mod usage_report;
mod wording;
