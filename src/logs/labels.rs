//! Whose a response is, as one number: names are kept once, and so is each combination of them.

use spendtray_skim::Lookup;
use spendtray_skim::hashing::{both, sum};

use crate::domain::agent::{ModelOrigin, PromptSize, Region, Speed, Terms};
use crate::domain::ids::{ModelId, ProjectId, SessionId};

/// Texts by number; number 0 is the empty text.
#[derive(Debug, Clone)]
pub(super) struct Names {
    texts: Vec<Box<str>>,
    places: Lookup,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            texts: vec![Box::default()],
            places: Lookup::default(),
        }
    }
}

impl Names {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let hash = sum(text.as_bytes());
        let texts = &self.texts;
        let is_it = |at: &u32| texts.get(place(*at)).is_some_and(|own| **own == *text);
        if let Some(number) = self.places.positions(hash).find(is_it) {
            return number;
        }
        let number = u32::try_from(texts.len()).unwrap_or(0);
        self.places.insert(hash, number);
        self.texts.push(text.into());
        number
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(place(number)).map_or("", |text| text)
    }
}

/// Whose a response is, and on which terms. Names are numbers of [`Names`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) model: u32,
    pub(super) project: u32,
    pub(super) session: u32,
    pub(super) terms: Terms,
}

impl Label {
    fn hash(&self) -> u64 {
        let one = u64::from(self.model) << 32 | u64::from(packed(self.terms));
        both(one, u64::from(self.project) << 32 | u64::from(self.session))
    }
}

/// Labels by number, and their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Labels {
    pub(super) names: Names,
    all: Vec<Label>,
    places: Lookup,
    /// The label asked for last: the next line mostly has the same.
    last: u32,
}

/// A label's names, as texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) model: &'a str,
    pub(super) project: &'a str,
    pub(super) session: &'a str,
    pub(super) terms: Terms,
}

impl Labels {
    pub(super) fn number_of(&mut self, named: Named<'_>) -> u32 {
        if !self.all.is_empty() && self.named(self.last) == named {
            return self.last;
        }
        let label = Label {
            model: self.names.number(named.model),
            project: self.names.number(named.project),
            session: self.names.number(named.session),
            terms: named.terms,
        };
        self.last = self.number(label);
        self.last
    }

    pub(super) fn number(&mut self, label: Label) -> u32 {
        let all = &self.all;
        let hash = label.hash();
        let is_it = |at: &u32| all.get(place(*at)) == Some(&label);
        if let Some(number) = self.places.positions(hash).find(is_it) {
            return number;
        }
        let number = u32::try_from(all.len()).unwrap_or(0);
        self.places.insert(hash, number);
        self.all.push(label);
        number
    }

    pub(super) fn get(&self, number: u32) -> Label {
        self.all.get(place(number)).copied().unwrap_or_default()
    }

    pub(super) fn named(&self, number: u32) -> Named<'_> {
        let label = self.get(number);
        Named {
            model: self.names.text(label.model),
            project: self.names.text(label.project),
            session: self.names.text(label.session),
            terms: label.terms,
        }
    }
}

/// The numbers that another's labels have here, each looked up once.
pub(super) struct Translation<'a> {
    theirs: &'a Labels,
    mine: Vec<Option<u32>>,
}

impl<'a> Translation<'a> {
    pub(super) fn of(theirs: &'a Labels) -> Self {
        Self {
            mine: vec![None; theirs.all.len()],
            theirs,
        }
    }

    pub(super) fn number(&mut self, labels: &mut Labels, theirs: u32) -> u32 {
        let mut number = || labels.number_of(self.theirs.named(theirs));
        match self.mine.get_mut(place(theirs)) {
            Some(place) => *place.get_or_insert_with(number),
            None => number(),
        }
    }
}

/// The names of labels as ids, each made once, so that thousands of slots share a few texts.
pub(super) struct Shared<'a> {
    names: &'a Names,
    models: Vec<Option<ModelId>>,
    projects: Vec<Option<ProjectId>>,
    sessions: Vec<Option<SessionId>>,
}

impl<'a> Shared<'a> {
    pub(super) fn of(labels: &'a Labels) -> Self {
        let names = &labels.names;
        Self {
            names,
            models: vec![None; names.len()],
            projects: vec![None; names.len()],
            sessions: vec![None; names.len()],
        }
    }

    pub(super) fn model(&mut self, number: u32) -> ModelId {
        shared(&mut self.models, self.names, number).unwrap_or_else(|| ModelId::from(""))
    }

    /// `None`: it is not told.
    pub(super) fn project(&mut self, number: u32) -> Option<ProjectId> {
        shared(&mut self.projects, self.names, number).filter(|_| number > 0)
    }

    /// `None`: it is not told.
    pub(super) fn session(&mut self, number: u32) -> Option<SessionId> {
        shared(&mut self.sessions, self.names, number).filter(|_| number > 0)
    }
}

fn shared<T>(known: &mut [Option<T>], names: &Names, number: u32) -> Option<T>
where
    T: Clone + for<'t> From<&'t str>,
{
    let known = known.get_mut(place(number))?;
    let id = known.get_or_insert_with(|| T::from(names.text(number)));
    Some(id.clone())
}

/// A number of the lists here as a place in them.
pub(super) fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The speeds by the number that stands for them in an index, of this version and of the first: none may move.
pub(super) const SPEEDS: [Speed; 6] = [
    Speed::Standard,
    Speed::Fast,
    Speed::Priority,
    Speed::Flex,
    Speed::Batch,
    Speed::Unknown,
];

/// Terms as a number: two bits of flags, the prompt's rank, the speed's place, and whether costs are recorded.
pub(super) fn packed(terms: Terms) -> u16 {
    let speed = SPEEDS.iter().position(|speed| *speed == terms.speed);
    let speed = u16::try_from(speed.unwrap_or(0)).unwrap_or(0);
    u16::from(terms.region == Region::UnitedStates)
        | u16::from(terms.model == ModelOrigin::Assumed) << 1
        | u16::from(terms.recorded) << 2
        | u16::from(terms.prompt.rank()) << 3
        | speed << 6
}

/// The terms of a number; `None`: they are not known here.
pub(super) fn unpacked(number: u16) -> Option<Terms> {
    Some(Terms {
        region: if number & 1 == 0 {
            Region::Anywhere
        } else {
            Region::UnitedStates
        },
        model: if number & 2 == 0 {
            ModelOrigin::Named
        } else {
            ModelOrigin::Assumed
        },
        recorded: number & 4 != 0,
        prompt: PromptSize::from_rank(u8::try_from(number >> 3 & 7).ok()?)?,
        speed: *SPEEDS.get(usize::from(number >> 6))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_survive_as_a_number_and_unknown_ones_are_refused() {
        for number in 0..=u16::MAX {
            if let Some(terms) = unpacked(number) {
                assert_eq!(packed(terms), number);
            }
        }
        assert_eq!(unpacked(7 << 6), None);
        assert_eq!(unpacked(7 << 3), None);
    }

    #[test]
    fn the_same_names_have_the_same_number_also_in_another_order() {
        let mut labels = Labels::default();
        let named = |model, project| Named {
            model,
            project,
            session: "",
            terms: Terms::default(),
        };
        let first = labels.number_of(named("m", "p"));
        let other = labels.number_of(named("p", "m"));
        assert_ne!(first, other);
        assert_eq!(labels.number_of(named("m", "p")), first);
        assert_eq!(labels.named(other), named("p", "m"));
        let mut more = Labels::default();
        more.number_of(named("x", ""));
        let mut translation = Translation::of(&labels);
        let mine = translation.number(&mut more, other);
        assert_eq!(more.named(mine), named("p", "m"));
    }
}
