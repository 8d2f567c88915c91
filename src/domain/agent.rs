//! What a coding agent used, as its own log tells it: exact counts, and the terms its price depends on. No costs here.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{ModelId, ProjectId, SessionId};
use crate::domain::tokens::TokenCounts;

/// How fast, and so how dear, requests were answered.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Speed {
    /// The usual.
    #[default]
    Standard,
    /// Anthropic's fast mode.
    Fast,
    /// A priority tier.
    Priority,
    /// A tier that may wait.
    Flex,
    /// A batch.
    Batch,
    /// Named by a word this program does not know: counted, and priced as the usual.
    Unknown,
}

/// Where requests were answered.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Region {
    /// Anywhere.
    #[default]
    Anywhere,
    /// In the United States only, which some vendors charge more for.
    UnitedStates,
}

/// Between which lengths a request's prompt was, cache included. Some vendors charge a whole request more above one.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct PromptSize(u8);

impl PromptSize {
    /// The lengths in tokens above which some vendor charges more; exactly as many is not above.
    pub const BOUNDS: [u64; 5] = [100_000, 128_000, 200_000, 256_000, 272_000];

    /// The size of a prompt of so many tokens.
    #[must_use]
    pub fn of(tokens: u64) -> Self {
        let exceeded = Self::BOUNDS.iter().filter(|bound| tokens > **bound);
        Self(u8::try_from(exceeded.count()).unwrap_or(u8::MAX))
    }

    /// Whether it is longer than a bound. `None`: the bound is not one of [`Self::BOUNDS`], so nobody knows.
    #[must_use]
    pub fn exceeds(self, bound: u64) -> Option<bool> {
        let place = Self::BOUNDS.iter().position(|known| *known == bound)?;
        Some(usize::from(self.0) > place)
    }

    /// How many of the bounds it exceeds.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self.0
    }

    /// The size that exceeds so many bounds. `None`: there are not so many.
    #[must_use]
    pub fn from_rank(rank: u8) -> Option<Self> {
        (usize::from(rank) <= Self::BOUNDS.len()).then_some(Self(rank))
    }
}

/// How it is known which model answered.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ModelOrigin {
    /// The log names it.
    #[default]
    Named,
    /// The log does not; this is the agent's default of the time.
    Assumed,
}

/// Everything besides tokens that the price of a request depends on.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Terms {
    /// How fast.
    pub speed: Speed,
    /// Where.
    pub region: Region,
    /// How long the prompt was.
    pub prompt: PromptSize,
    /// Whether the model is known.
    pub model: ModelOrigin,
    /// Whether the log itself records what the request cost.
    pub recorded: bool,
}

/// Counts of some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: TokenCounts,
    /// Web searches the vendor bills.
    pub web_searches: u64,
    /// Requests whose last line never came: their output is a lower bound.
    pub unfinished: u64,
    /// Dollars the log itself records, where [`Terms::recorded`] says so; else zero.
    pub recorded_usd: Decimal,
}

impl Tally {
    /// Adds another tally; a sum that would overflow stays at the limit.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.tokens.add(&other.tokens);
        self.web_searches = self.web_searches.saturating_add(other.web_searches);
        self.unfinished = self.unfinished.saturating_add(other.unfinished);
        if !other.recorded_usd.is_zero() {
            self.recorded_usd = self.recorded_usd.saturating_add(other.recorded_usd);
        }
    }
}

/// What an agent used of one model under the same terms, in one project and session, within a quarter of an hour of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSlot {
    /// When the quarter starts.
    pub start: DateTime<Utc>,
    /// The model as the log names it.
    pub model: ModelId,
    /// The folder worked in. `None`: not told.
    pub project: Option<ProjectId>,
    /// The agent's session. `None`: not told.
    pub session: Option<SessionId>,
    /// What the price depends on.
    pub terms: Terms,
    /// How much.
    pub tally: Tally,
}

/// One response of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentResponse {
    /// When.
    pub at: DateTime<Utc>,
    /// What was used, as the slot that holds the instant tells it.
    pub slot: AgentSlot,
}

/// One response of an agent, as far as windows are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: DateTime<Utc>,
    /// Tokens that count against a plan: input from no cache, and output.
    pub tokens: u64,
}

impl Use {
    /// How much of some tokens counts.
    #[must_use]
    pub const fn counted(tokens: &TokenCounts) -> u64 {
        tokens.input.saturating_add(tokens.output)
    }
}

impl From<&AgentResponse> for Use {
    fn from(response: &AgentResponse) -> Self {
        Self {
            at: response.at,
            tokens: Self::counted(&response.slot.tally.tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_of_exactly_the_bound_does_not_exceed_it() {
        let exceeds = |tokens, bound| PromptSize::of(tokens).exceeds(bound);
        assert_eq!(exceeds(200_000, 200_000), Some(false));
        assert_eq!(exceeds(200_001, 200_000), Some(true));
        assert_eq!(exceeds(272_000, 272_000), Some(false));
        assert_eq!(exceeds(272_001, 272_000), Some(true));
        assert_eq!(exceeds(0, 100_000), Some(false));
        assert_eq!(exceeds(500_000, 64_000), None);
    }
}
