//! Verbs: domain in, figures out. `now` is an argument; nothing here can fail, odd input becomes a mark in the result.
//!
//! No I/O, no clock, no configuration: what the user decided comes as a `Policy`.

pub mod alerts;
pub mod digest;
pub mod rules;
