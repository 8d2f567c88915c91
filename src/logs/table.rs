//! The table of counted responses: one entry a response, however often its lines and their copies are seen.

use std::collections::HashMap;

use spendtray_skim::Lookup;
use spendtray_skim::hashing::both;
pub(super) use spendtray_skim::hashing::hash;

use crate::domain::agent::{Tally, Terms, Use};
use crate::domain::tokens::TokenCounts;
use crate::logs::gone::Gone;
use crate::logs::labels::{Labels, Named, Translation, place};
use crate::logs::response::{Packed, Response};

/// No response has more of anything: a sum of less than it cannot overflow.
const MOST: u64 = 1 << 44;

/// So many responses are mostly in a file.
const A_FILES: usize = 32;

/// One line's word on one response.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sighting<'a> {
    /// The response's id, hashed.
    pub(super) key: u64,
    /// The request's id, hashed. Zero: not told.
    pub(super) request: u64,
    /// What copies under new ids share with it, hashed. Zero: such copies do not exist.
    pub(super) twin: u64,
    /// Whether the line belongs to a side chain, whose lines may repeat the main chain's under new requests.
    pub(super) side: bool,
    /// Seconds since the epoch.
    pub(super) at: i64,
    /// The model as the log names it.
    pub(super) model: &'a str,
    /// The folder worked in; empty when not told.
    pub(super) project: &'a str,
    /// The session; empty when not told.
    pub(super) session: &'a str,
    /// What the price depends on.
    pub(super) terms: Terms,
    /// How much.
    pub(super) tally: Tally,
}

/// What became of a response.
pub(super) struct Change<'r> {
    /// What it was. `None`: it was not there.
    pub(super) before: Option<&'r Response>,
    pub(super) after: &'r Response,
}

/// The counted responses of one agent, or those that are at hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) labels: Labels,
    /// Those that are not at hand.
    gone: Gone,
    entries: Vec<Packed>,
    /// The figures that do not fit into their entries.
    wide: HashMap<u32, Response>,
    places: Lookup,
    /// The key of the first response with a twin.
    twins: HashMap<u64, u64>,
    /// The entries that changed since they were last kept.
    changed: Vec<u32>,
}

impl Table {
    /// Takes a line's word into account.
    pub(super) fn see(&mut self, sighting: &Sighting<'_>) {
        let label = self.labels.number_of(Named {
            model: sighting.model,
            project: sighting.project,
            session: sighting.session,
            terms: sighting.terms,
        });
        let response = Response {
            request: short(sighting.request),
            twin: sighting.twin,
            side: sighting.side,
            at: instant(sighting.at),
            label,
            tally: bounded(&sighting.tally),
        };
        self.enter(sighting.key, &response, &mut |_| {});
    }

    /// Takes over all that another table knows; `each` is told what changed.
    pub(super) fn absorb(&mut self, other: &Self, each: &mut dyn FnMut(&Change<'_>)) {
        let mut translation = Translation::of(&other.labels);
        self.make_room_for(other);
        for (key, mut response) in other.responses() {
            response.label = translation.number(&mut self.labels, response.label);
            self.enter(key, &response, each);
        }
    }

    /// Makes room for what another table alone knows. Where all keys are looked up one behind the other, what the memory
    /// answers is waited for once; when each is taken over, it is near.
    fn make_room_for(&mut self, other: &Self) {
        let keys = other.entries.iter().map(Packed::key);
        let new = keys.filter(|key| !self.has(*key)).count();
        self.entries.reserve(new);
        self.changed.reserve(new);
    }

    /// Lets go of the responses before an instant, in seconds since the epoch; all must be kept elsewhere.
    pub(super) fn let_go(&mut self, since: u32) {
        let mut stay = Self {
            labels: std::mem::take(&mut self.labels),
            gone: std::mem::take(&mut self.gone),
            ..Self::default()
        };
        let mut order: Vec<u32> = (0..).take(self.entries.len()).collect();
        // In order of time, which is the order in which uses are asked for.
        order.sort_by_key(|at| self.entries.get(place(*at)).map(|entry| entry.at));
        for at in order {
            if let (Some(entry), Some(response)) = (self.entries.get(place(at)), self.response(at))
            {
                stay.enter_since(since, entry.key(), &response);
            }
        }
        stay.all_entered();
        stay.keep();
        *self = stay;
    }

    /// Takes over a response that is kept elsewhere, or only that it is there, where it is of before an instant.
    pub(super) fn enter_since(&mut self, since: u32, key: u64, response: &Response) {
        // A later word on a response may be of an earlier time.
        if response.at >= since || self.has(key) {
            self.enter(key, response, &mut |_| {});
        } else {
            self.gone.add(key);
            if response.twin != 0 {
                self.gone.add(response.twin);
            }
        }
    }

    /// No more is taken over by [`Self::enter_since`].
    pub(super) fn all_entered(&mut self) {
        self.gone.sort();
    }

    /// Whether another table may know something of a response that is not at hand.
    pub(super) fn lacks(&self, other: &Self) -> bool {
        let mut keys = other.entries.iter().map(Packed::key);
        !self.gone.is_empty()
            && (keys.any(|key| self.gone.may_have(key))
                || other.twins.keys().any(|twin| self.gone.may_have(*twin)))
    }

    /// How many responses are at hand.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes over a response whose label is one of this table's; `each` is told what changed.
    pub(super) fn enter(&mut self, key: u64, new: &Response, each: &mut dyn FnMut(&Change<'_>)) {
        let first = self.find(key, None);
        if new.twin != 0 {
            let owner = *self.twins.entry(new.twin).or_insert(key);
            if owner != key && first.is_none() {
                return;
            }
        }
        let Some((at, known)) = self.known(first) else {
            return self.add((key, false), new, each);
        };
        if known.is_same(new) {
            return self.better((at, &known), new, each);
        }
        // A proxy may give two requests the same message id: the second has a place of its own.
        let second = self.find(key, Some(new.request));
        match self.known(second) {
            Some((at, known)) => self.better((at, &known), new, each),
            None => self.add((key, true), new, each),
        }
    }

    fn known(&self, at: Option<u32>) -> Option<(u32, Response)> {
        Some((at?, self.response(at?)?))
    }

    /// Whether something is known under a key.
    pub(super) fn has(&self, key: u64) -> bool {
        self.find(key, None).is_some()
    }

    fn better(
        &mut self,
        (at, before): (u32, &Response),
        new: &Response,
        each: &mut dyn FnMut(&Change<'_>),
    ) {
        let speed = |label: u32| self.labels.get(label).terms.speed;
        let is_better = new.beats(before, || [new.label, before.label].map(speed));
        if !is_better && !new.adds_to(before) {
            return;
        }
        let after = if is_better {
            new.with_the_rest_of(before)
        } else {
            before.with_the_rest_of(new)
        };
        let Some(entry) = self.entries.get_mut(place(at)) else {
            return;
        };
        entry.take(&after);
        if entry.is_wide() {
            self.wide.insert(at, after);
        }
        if entry.change() {
            self.changed.push(at);
        }
        each(&Change {
            before: Some(before),
            after: &after,
        });
    }

    fn add(
        &mut self,
        (key, is_second): (u64, bool),
        new: &Response,
        each: &mut dyn FnMut(&Change<'_>),
    ) {
        let mut entry = Packed::of(key, is_second, new);
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if at == 0 {
            self.entries.reserve(A_FILES);
            self.changed.reserve(A_FILES);
        }
        if entry.is_wide() {
            self.wide.insert(at, *new);
        }
        entry.change();
        self.places.insert(hash_of(key, entry.second()), at);
        self.entries.push(entry);
        self.changed.push(at);
        each(&Change {
            before: None,
            after: new,
        });
    }

    /// The entry of a key: the first with it, or the further one of that request.
    fn find(&self, key: u64, request: Option<u32>) -> Option<u32> {
        let is_it = |at: &u32| {
            let entry = self.entries.get(place(*at));
            entry.is_some_and(|entry| entry.key() == key && entry.second() == request)
        };
        self.places.positions(hash_of(key, request)).find(is_it)
    }

    fn response(&self, at: u32) -> Option<Response> {
        let entry = self.entries.get(place(at))?;
        if entry.is_wide() {
            return self.wide.get(&at).copied();
        }
        Some(entry.response())
    }

    /// Every response with its key, in the order in which they came.
    pub(super) fn responses(&self) -> impl Iterator<Item = (u64, Response)> + '_ {
        let numbers = 0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries
            .iter()
            .zip(numbers)
            .filter_map(|(entry, at)| Some((entry.key(), self.response(at)?)))
    }

    /// The instants of all responses since one, and how much of each counts against a plan, in the order in which they
    /// came.
    pub(super) fn uses_since(&self, since: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        let late = self.entries.iter().zip(0_u32..);
        let late = late.filter(move |(entry, _)| entry.at >= since);
        late.filter_map(|(entry, at)| {
            let tokens = match entry.plain_tokens() {
                Some(tokens) => tokens,
                None => Use::counted(&self.wide.get(&at)?.tally.tokens),
            };
            Some((entry.at, tokens))
        })
    }

    /// Every response that changed, with its key.
    pub(super) fn changes(&self) -> impl Iterator<Item = (u64, Response)> + '_ {
        self.changed.iter().filter_map(|at| {
            let key = self.entries.get(place(*at))?.key();
            Some((key, self.response(*at)?))
        })
    }

    /// How many changed.
    pub(super) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Everything is kept: from now on it has not changed.
    pub(super) fn keep(&mut self) {
        for at in std::mem::take(&mut self.changed) {
            if let Some(entry) = self.entries.get_mut(place(at)) {
                entry.keep();
            }
        }
    }
}

/// The hash of the first response with a key, or of a further one of that request.
fn hash_of(key: u64, request: Option<u32>) -> u64 {
    request.map_or(key, |request| both(key, u64::from(request)))
}

/// Half of a request's hash is enough to tell the few requests of one message id apart.
pub(super) fn short(request: u64) -> u32 {
    let half = u32::try_from((request ^ (request >> 32)) & u64::from(u32::MAX)).unwrap_or(0);
    if request == 0 { 0 } else { half.max(1) }
}

/// An instant as it is kept. What is dated before 1970 or after 2106 was written by a broken clock.
pub(super) fn instant(at: i64) -> u32 {
    u32::try_from(at.max(0)).unwrap_or(u32::MAX)
}

/// Counts that no machine can have produced are cut, so that sums stay sums.
pub(super) fn bounded(tally: &Tally) -> Tally {
    let cut = |count: u64| count.min(MOST);
    let tokens = &tally.tokens;
    Tally {
        requests: cut(tally.requests),
        tokens: TokenCounts {
            input: cut(tokens.input),
            cached_input: cut(tokens.cached_input),
            cache_write: cut(tokens.cache_write),
            cache_write_5m: cut(tokens.cache_write_5m),
            cache_write_1h: cut(tokens.cache_write_1h),
            output: cut(tokens.output),
            reasoning: cut(tokens.reasoning),
        },
        web_searches: cut(tally.web_searches),
        unfinished: cut(tally.unfinished),
        recorded_usd: tally.recorded_usd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: u64, request: u64, output: u64) -> Sighting<'static> {
        let mut sighting = Sighting {
            key,
            request,
            model: "m",
            ..Sighting::default()
        };
        sighting.tally.requests = 1;
        sighting.tally.tokens.output = output;
        sighting
    }

    fn outputs(lines: &[Sighting<'_>]) -> Vec<u64> {
        let mut table = Table::default();
        for line in lines {
            table.see(line);
        }
        let outputs = table.responses();
        let mut outputs: Vec<u64> = outputs
            .map(|(_, response)| response.tally.tokens.output)
            .collect();
        outputs.sort_unstable();
        outputs
    }

    #[test]
    fn a_responses_lines_are_counted_once_with_the_largest_total() {
        assert_eq!(
            outputs(&[line(1, 7, 8), line(1, 7, 200), line(1, 0, 3)]),
            [200]
        );
    }

    #[test]
    fn two_requests_with_the_message_id_of_a_proxy_are_two() {
        assert_eq!(
            outputs(&[line(1, 7, 8), line(1, 9, 5), line(1, 9, 6)]),
            [6, 8]
        );
    }

    #[test]
    fn two_requests_of_one_message_id_stay_two_when_another_file_has_them_the_other_way_round() {
        let of = |lines: &[Sighting<'_>]| {
            let mut table = Table::default();
            for line in lines {
                table.see(line);
            }
            table
        };
        let mut one = of(&[line(1, 7, 8), line(1, 9, 6)]);
        let other = of(&[line(1, 9, 6), line(1, 7, 8)]);
        one.absorb(&other, &mut |_| {});
        assert_eq!(one.responses().count(), 2);
        let mut third = of(&[line(1, 9, 6)]);
        third.absorb(&one, &mut |_| {});
        assert_eq!(third.responses().count(), 2);
    }

    #[test]
    fn a_side_chain_that_repeats_the_main_chain_is_not_counted() {
        let side = Sighting {
            side: true,
            ..line(1, 9, 900)
        };
        assert_eq!(outputs(&[line(1, 7, 8), side.clone()]), [8]);
        assert_eq!(outputs(&[side, line(1, 7, 8)]), [8]);
    }

    #[test]
    fn a_copy_under_a_new_id_is_not_counted() {
        let twin = |key| Sighting {
            twin: 5,
            ..line(key, 0, 8)
        };
        assert_eq!(outputs(&[twin(1), twin(2), twin(1)]), [8]);
    }

    #[test]
    fn figures_beyond_all_bounds_are_kept_apart_and_cut() {
        let large = u64::from(u32::MAX) + 5;
        assert_eq!(outputs(&[line(1, 7, 8), line(1, 7, large)]), [large]);
        assert_eq!(outputs(&[line(1, 7, u64::MAX)]), [MOST]);
    }
}
