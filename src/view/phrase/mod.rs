//! One figure each in words: spend, balances, windows, keys, coins, budgets, states.
//!
//! Menu, tooltip, title and the status text take their words from here, so that the same figure reads the same
//! everywhere. Where a phrase stands is decided by those.

pub mod account;
pub mod budget;
pub mod key;
pub mod market;
pub mod quota;
pub mod spend;

/// A vendor's name with underscores as words: `earned_credits` as `Earned credits`.
#[must_use]
pub fn words(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
