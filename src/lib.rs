//! Spendtray: what your AI keys, subscriptions and tokens cost right now.

pub mod clock;
pub mod domain;
