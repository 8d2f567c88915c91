//! One counted response: as it is worked with, and packed into 48 bytes as it is kept.

use std::cmp::Ordering;

use crate::domain::agent::{Speed, Tally};
use crate::domain::tokens::TokenCounts;

/// A response as it is worked with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Response {
    /// The request's id, hashed. Zero: not told.
    pub(super) request: u32,
    /// What copies under new ids share with it, hashed. Zero: such copies do not exist.
    pub(super) twin: u64,
    /// Whether its best line belongs to a side chain.
    pub(super) side: bool,
    /// Seconds since the epoch.
    pub(super) at: u32,
    /// Whose it is.
    pub(super) label: u32,
    pub(super) tally: Tally,
}

impl Response {
    /// Whether two sightings of one message id are one response: unless both are on the main chain and name different
    /// requests.
    pub(super) const fn is_same(&self, other: &Self) -> bool {
        self.request == other.request
            || self.request == 0
            || other.request == 0
            || self.side
            || other.side
    }

    /// Whether it is the better word of two: the main chain beats a side chain, then the larger total, then the one whose
    /// speed, its own and the other's, is told.
    pub(super) fn beats(&self, other: &Self, speeds: impl FnOnce() -> [Speed; 2]) -> bool {
        let rank = |response: &Self| (!response.side, response.tally.tokens.total());
        rank(self).cmp(&rank(other)).then_with(|| {
            let [own, its] = speeds();
            own.cmp(&its)
        }) == Ordering::Greater
    }

    /// Whether the better word of two still lacks something that it tells.
    pub(super) const fn adds_to(&self, better: &Self) -> bool {
        better.request == 0 && self.request != 0
            || self.at < better.at
            || self.tally.unfinished < better.tally.unfinished
    }

    /// It, as the better word of two, with what only the other tells. The time is the earliest, so that a day's figures
    /// never move to a later day.
    pub(super) fn with_the_rest_of(&self, other: &Self) -> Self {
        let mut both = *self;
        if both.request == 0 {
            both.request = other.request;
        }
        both.at = both.at.min(other.at);
        both.tally.unfinished = both.tally.unfinished.min(other.tally.unfinished);
        both
    }
}

/// A response as it is kept. What does not fit is kept elsewhere: see [`Packed::is_wide`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    key: [u32; 2],
    request: u32,
    pub(super) at: u32,
    label: u32,
    /// Input, cached, written for five minutes or an untold time, written for an hour, output, reasoning.
    counts: [u32; 6],
    flags: u8,
    searches: u8,
}

const SIDE: u8 = 1;
const UNFINISHED: u8 = 2;
/// It is not the first request with its key.
const SECOND: u8 = 4;
/// Its figures are kept elsewhere.
const WIDE: u8 = 8;
/// Cache writes of untold time, instead of five minutes.
const UNTOLD: u8 = 16;
/// It changed since it was last kept.
const CHANGED: u8 = 32;

impl Packed {
    /// A response under its key; whether it is another request with the key of a first one.
    pub(super) fn of(key: u64, is_second: bool, response: &Response) -> Self {
        let mut packed = Self {
            key: [low(key), low(key >> 32)],
            request: response.request,
            at: response.at,
            label: response.label,
            counts: [0; 6],
            flags: if is_second { SECOND } else { 0 },
            searches: 0,
        };
        packed.take(response);
        packed
    }

    /// Takes over what a response became; the flags of its place stay.
    pub(super) fn take(&mut self, response: &Response) {
        self.request = response.request;
        self.at = response.at;
        self.label = response.label;
        self.flags &= SECOND | CHANGED;
        if response.side {
            self.flags |= SIDE;
        }
        match counts(response) {
            Some((counts, untold)) => {
                self.counts = counts;
                self.searches = u8::try_from(response.tally.web_searches).unwrap_or(0);
                self.flags |= if untold { UNTOLD } else { 0 };
                self.flags |= if response.tally.unfinished > 0 {
                    UNFINISHED
                } else {
                    0
                };
            }
            None => self.flags |= WIDE,
        }
    }

    /// The response, unless it is wide.
    pub(super) fn response(&self) -> Response {
        let [
            input,
            cached_input,
            written,
            cache_write_1h,
            output,
            reasoning,
        ] = self.counts.map(u64::from);
        let untold = self.has(UNTOLD);
        Response {
            request: self.request,
            twin: 0,
            side: self.has(SIDE),
            at: self.at,
            label: self.label,
            tally: Tally {
                requests: 1,
                tokens: TokenCounts {
                    input,
                    cached_input,
                    cache_write: if untold { written } else { 0 },
                    cache_write_5m: if untold { 0 } else { written },
                    cache_write_1h,
                    output,
                    reasoning,
                },
                web_searches: u64::from(self.searches),
                unfinished: u64::from(self.has(UNFINISHED)),
                ..Tally::default()
            },
        }
    }

    pub(super) const fn key(&self) -> u64 {
        let [low, high] = self.key;
        low as u64 | (high as u64) << 32
    }

    /// Tokens from no cache and output, unless it is wide.
    pub(super) fn plain_tokens(&self) -> Option<u64> {
        let [input, _, _, _, output, _] = self.counts;
        (!self.is_wide()).then(|| u64::from(input) + u64::from(output))
    }

    /// The request, where it is not the first with its key.
    pub(super) fn second(&self) -> Option<u32> {
        self.has(SECOND).then_some(self.request)
    }

    /// Whether its figures do not fit here.
    pub(super) const fn is_wide(&self) -> bool {
        self.has(WIDE)
    }

    /// Marks it as changed; whether it was not yet.
    pub(super) const fn change(&mut self) -> bool {
        let first = !self.has(CHANGED);
        self.flags |= CHANGED;
        first
    }

    pub(super) const fn keep(&mut self) {
        self.flags &= !CHANGED;
    }

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The counts as they are packed, and whether the time of cache writes is untold. `None`: they do not fit.
fn counts(response: &Response) -> Option<([u32; 6], bool)> {
    let tally = &response.tally;
    let tokens = &tally.tokens;
    let fits = tally.requests == 1
        && tally.unfinished <= 1
        && u8::try_from(tally.web_searches).is_ok()
        && tally.recorded_usd.is_zero()
        && response.twin == 0
        && (tokens.cache_write == 0 || tokens.cache_write_5m == 0);
    if !fits {
        return None;
    }
    let fitting = |count: u64| u32::try_from(count).ok();
    let counts = [
        fitting(tokens.input)?,
        fitting(tokens.cached_input)?,
        fitting(tokens.cache_write + tokens.cache_write_5m)?,
        fitting(tokens.cache_write_1h)?,
        fitting(tokens.output)?,
        fitting(tokens.reasoning)?,
    ];
    Some((counts, tokens.cache_write > 0))
}

/// The lower half.
fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_takes_48_bytes() {
        assert_eq!(size_of::<Packed>(), 48);
    }

    proptest::proptest! {
        #[test]
        fn what_fits_is_the_same_after_packing(
            key in proptest::prelude::any::<u64>(),
            counts in proptest::array::uniform7(proptest::prelude::any::<u32>()),
            at in proptest::prelude::any::<u32>(),
            side in proptest::prelude::any::<bool>(),
            untold in proptest::prelude::any::<bool>(),
            searches in 0_u64..300,
        ) {
            let [input, cached_input, written, cache_write_1h, output, reasoning, request] = counts.map(u64::from);
            let response = Response {
                request: u32::try_from(request).unwrap(), twin: 0, side, at, label: 9,
                tally: Tally {
                    requests: 1,
                    tokens: TokenCounts {
                        input, cached_input, cache_write_1h, output, reasoning,
                        cache_write: if untold { written } else { 0 },
                        cache_write_5m: if untold { 0 } else { written },
                    },
                    web_searches: searches,
                    unfinished: input % 2,
                    ..Tally::default()
                },
            };
            let packed = Packed::of(key, side, &response);
            proptest::prop_assert_eq!(packed.is_wide(), searches > 255);
            proptest::prop_assert_eq!((packed.key(), packed.second().is_some()), (key, side));
            if !packed.is_wide() {
                proptest::prop_assert_eq!(packed.response(), response);
            }
        }
    }
}
