//! Token counts by class. The classes do not overlap, except that reasoning is part of output.

use serde::{Deserialize, Serialize};

/// Tokens of some requests, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenCounts {
    /// Read neither from a cache nor written to one.
    pub input: u64,
    /// Read from a cache.
    pub cached_input: u64,
    /// Written to a cache, lifetime not told.
    pub cache_write: u64,
    /// Written to a cache for five minutes.
    pub cache_write_5m: u64,
    /// Written to a cache for an hour.
    pub cache_write_1h: u64,
    /// Generated, reasoning included.
    pub output: u64,
    /// The part of `output` that was reasoning, where told.
    pub reasoning: u64,
}

impl TokenCounts {
    /// All cache writes, whatever their lifetime.
    #[must_use]
    pub fn cache_writes(&self) -> u64 {
        self.cache_write
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Everything that went in or came out, each token once.
    #[must_use]
    pub fn total(&self) -> u64 {
        [
            self.input,
            self.cached_input,
            self.cache_writes(),
            self.output,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    /// Adds class by class; a sum that would overflow stays at the limit.
    pub fn add(&mut self, other: &Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.input, other.input);
        add(&mut self.cached_input, other.cached_input);
        add(&mut self.cache_write, other.cache_write);
        add(&mut self.cache_write_5m, other.cache_write_5m);
        add(&mut self.cache_write_1h, other.cache_write_1h);
        add(&mut self.output, other.output);
        add(&mut self.reasoning, other.reasoning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_part_of_output_and_counted_once() {
        let counts = TokenCounts {
            input: 100,
            output: 50,
            reasoning: 20,
            cache_write_1h: 5,
            ..TokenCounts::default()
        };
        assert_eq!(counts.total(), 155);
    }

    #[test]
    fn counts_add_class_by_class_without_overflow() {
        let mut sum = TokenCounts {
            input: u64::MAX,
            ..TokenCounts::default()
        };
        sum.add(&TokenCounts {
            input: 1,
            cached_input: 7,
            ..TokenCounts::default()
        });
        assert_eq!((sum.input, sum.cached_input), (u64::MAX, 7));
    }
}
