//! The table of counted responses: one entry a response, however often its lines and their copies are seen.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;

use crate::domain::agent::{AgentSlot, Tally, Terms};
use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::usage::SlotWidth;

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

/// A response as it is kept. Names are numbers of [`Names`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    pub(super) request: u64,
    pub(super) twin: u64,
    pub(super) side: bool,
    pub(super) at: i64,
    pub(super) model: u32,
    pub(super) project: u32,
    pub(super) session: u32,
    pub(super) terms: Terms,
    pub(super) tally: Tally,
}

/// Where a response is kept: under its hashed id; further requests with the same id under theirs too, the first under 0.
pub(super) type Place = (u64, u64);

/// Texts by number; number 0 is the empty text.
#[derive(Debug, Clone)]
pub(super) struct Names {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            texts: vec![String::new()],
            numbers: HashMap::from([(String::new(), 0)]),
        }
    }
}

impl Names {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(0);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// All texts but the empty one, by number.
    pub(super) fn told(&self) -> &[String] {
        self.texts.get(1..).unwrap_or_default()
    }

    pub(super) fn text(&self, number: u32) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.texts.get(at).map_or("", String::as_str)
    }
}

/// The counted responses of one agent.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) names: Names,
    pub(super) responses: HashMap<Place, Response>,
    twins: HashMap<u64, u64>,
    /// What changed since it was last kept.
    pub(super) changed: Vec<Place>,
}

impl Table {
    /// Takes a line's word into account.
    pub(super) fn see(&mut self, sighting: &Sighting<'_>) {
        let response = Response {
            request: sighting.request,
            twin: sighting.twin,
            side: sighting.side,
            at: sighting.at,
            model: self.names.number(sighting.model),
            project: self.names.number(sighting.project),
            session: self.names.number(sighting.session),
            terms: sighting.terms,
            tally: sighting.tally,
        };
        self.enter(sighting.key, response);
    }

    /// Takes over all that another table knows.
    pub(super) fn absorb(&mut self, other: &Self) {
        let mut places: Vec<&Place> = other.responses.keys().collect();
        places.sort_unstable();
        for place in places {
            if let Some(response) = other.responses.get(place) {
                self.adopt(place.0, response, &other.names);
            }
        }
    }

    /// Takes over a response of a table with other names.
    pub(super) fn adopt(&mut self, key: u64, response: &Response, names: &Names) {
        let mut mine = response.clone();
        mine.model = self.names.number(names.text(response.model));
        mine.project = self.names.number(names.text(response.project));
        mine.session = self.names.number(names.text(response.session));
        self.enter(key, mine);
    }

    fn enter(&mut self, key: u64, response: Response) {
        let mut place = (key, 0);
        if response.twin != 0 {
            let owner = *self.twins.entry(response.twin).or_insert(key);
            if owner != key && !self.responses.contains_key(&place) {
                return;
            }
        }
        // A proxy may give two requests the same message id: the second has a place of its own.
        if let Some(old) = self.responses.get(&place)
            && !is_same(old, &response)
        {
            place = (key, response.request);
        }
        let changed = match self.responses.get_mut(&place) {
            Some(old) => merge(old, response),
            None => self.responses.insert(place, response).is_none(),
        };
        if changed {
            self.changed.push(place);
        }
    }

    /// What was counted, by quarter of an hour, oldest first.
    pub(super) fn slots(&self) -> Vec<AgentSlot> {
        let mut sums: BTreeMap<(i64, &str, &str, &str, Terms), Tally> = BTreeMap::new();
        for response in self.responses.values() {
            let start = response.at.div_euclid(SlotWidth::QuarterHour.seconds());
            let key = (
                start,
                self.names.text(response.model),
                self.names.text(response.project),
                self.names.text(response.session),
                response.terms,
            );
            sums.entry(key).or_default().add(&response.tally);
        }
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        sums.into_iter()
            .map(
                |((start, model, project, session, terms), tally)| AgentSlot {
                    start: DateTime::from_timestamp(start * SlotWidth::QuarterHour.seconds(), 0)
                        .unwrap_or_default(),
                    model: ModelId::new(model),
                    project: told(project).map(ProjectId::new),
                    session: told(session),
                    terms,
                    tally,
                },
            )
            .collect()
    }
}

/// Whether two sightings of one message id are one response: unless both are on the main chain and name different
/// requests.
const fn is_same(one: &Response, other: &Response) -> bool {
    one.request == other.request || one.request == 0 || other.request == 0 || one.side || other.side
}

/// Keeps the better word of two; whether anything changed. The main chain beats a side chain, then the larger total,
/// then the one whose speed is told. The time is the earliest, so that a day's figures never move to a later day.
fn merge(old: &mut Response, mut new: Response) -> bool {
    let rank = |response: &Response| {
        (
            !response.side,
            response.tally.tokens.total(),
            response.terms.speed,
        )
    };
    let before = old.clone();
    let at = old.at.min(new.at);
    let unfinished = old.tally.unfinished.min(new.tally.unfinished);
    if rank(&new) > rank(old) {
        if new.request == 0 {
            new.request = old.request;
        }
        *old = new;
    } else if old.request == 0 {
        old.request = new.request;
    }
    old.at = at;
    old.tally.unfinished = unfinished;
    *old != before
}

/// A hash that is the same in every build, because it outlives them: FNV-1a with a final mix. Parts are told apart.
pub(super) fn hash(parts: &[&[u8]]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in *part {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
        sum = (sum ^ 0xff).wrapping_mul(PRIME);
    }
    sum ^= sum >> 33;
    sum = sum.wrapping_mul(0xff51_afd7_ed55_8ccd);
    sum ^= sum >> 33;
    // Zero means "not told".
    sum.max(1)
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
        let mut outputs: Vec<u64> = table
            .responses
            .values()
            .map(|response| response.tally.tokens.output)
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
    fn the_hash_never_changes() {
        assert_eq!(hash(&[b"msg_01", b"req_01"]), 0xebc2_dfde_0fb8_aa23);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
