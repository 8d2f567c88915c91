//! What was fetched, at rest: one JSON file in the cache, replaced as a whole.

use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::analysis::pricelist::{self, Ignored};
use crate::domain::price::{PriceBook, PriceList, PriceSource};
use crate::system::private;

/// Another version is not read: the list is fetched again.
const VERSION: u32 = 1;

/// A larger cache is none of ours.
const LARGEST_BYTES: u64 = 16 << 20;

/// So many days of changes are kept, the newest.
const MOST_LISTS: usize = 200;

/// So much of what was not believed is kept.
const MOST_DISBELIEVED: usize = 50;

/// What was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    /// Where the known list is from.
    url: Option<String>,
    /// The mark of the list at its last answer.
    pub(super) etag: Option<String>,
    /// Who answered last, whatever he said.
    asked: Option<String>,
    /// When that was.
    pub(super) asked_at: Option<DateTime<Utc>>,
    /// When it last said what holds.
    confirmed_at: Option<DateTime<Utc>>,
    /// The date of the program's own list that the changes are counted from.
    bundled: Option<NaiveDate>,
    /// The changes, by day.
    lists: Vec<PriceList>,
    /// What was not believed of the last list.
    pub(super) disbelieved: Vec<Disbelieved>,
}

/// A fetched price that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disbelieved {
    /// The model.
    pub model: String,
    /// Why, in words that follow a colon.
    pub reason: String,
}

impl Kept {
    /// Reads what is there; what cannot be read is as if it were not there.
    pub(super) fn load(file: &Path) -> Self {
        match Self::read(file) {
            Ok(kept) => kept,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                tracing::info!(%error, "the fetched prices cannot be read and are fetched again");
                Self::default()
            }
        }
    }

    fn read(file: &Path) -> io::Result<Self> {
        if fs::metadata(file)?.len() > LARGEST_BYTES {
            return Err(io::Error::other("the file is too large"));
        }
        let mut kept: Self = serde_json::from_slice(&fs::read(file)?)?;
        if kept.version != VERSION {
            return Err(io::Error::other("the file is of another version"));
        }
        for list in &mut kept.lists {
            list.source = PriceSource::Fetched;
            list.models
                .retain(|_, price| pricelist::is_believable(price));
        }
        Ok(kept)
    }

    pub(super) fn save(&mut self, file: &Path) -> io::Result<()> {
        self.version = VERSION;
        if let Some(folder) = file.parent() {
            private::make_folder(folder)?;
        }
        private::replace(file, serde_json::to_vec(self)?, |_| Ok(()))
    }

    /// The program's own prices with the changes.
    pub(super) fn book(&self) -> PriceBook {
        let mut book = pricelist::bundled();
        for list in &self.lists {
            book.add(list.clone());
        }
        if let Some(at) = self.confirmed_at {
            book.confirm(at.date_naive());
        }
        book
    }

    /// The mark of the list that is known from there. `None`: none is, or the changes are counted from another list.
    pub(super) fn etag_of(&self, url: &str) -> Option<String> {
        let is_same = self.url.as_deref() == Some(url) && self.bundled == bundled_date();
        self.etag.clone().filter(|_| is_same)
    }

    /// Takes in the changes of a day.
    pub(super) fn learn(&mut self, list: PriceList, ignored: &[Ignored], now: DateTime<Utc>) {
        self.bundled = bundled_date();
        self.disbelieved = ignored
            .iter()
            .take(MOST_DISBELIEVED)
            .map(|ignored| Disbelieved {
                model: ignored.model.clone(),
                reason: ignored.reason.clone(),
            })
            .collect();
        if list.models.is_empty() {
            return;
        }
        let same_day = self
            .lists
            .iter_mut()
            .find(|known| known.as_of == list.as_of);
        match same_day {
            Some(known) => known.models.extend(list.models),
            None => self.lists.push(list),
        }
        // A list of days to come was fetched while the clock was wrong.
        self.lists.retain(|list| list.as_of <= now.date_naive());
        self.lists.sort_by_key(|list| list.as_of);
        let beyond = self.lists.len().saturating_sub(MOST_LISTS);
        self.lists.drain(..beyond);
    }

    /// Takes note that the list there says that these prices hold.
    pub(super) fn confirm(&mut self, url: &str, now: DateTime<Utc>) {
        self.url = Some(url.to_owned());
        self.confirmed_at = Some(now);
        self.answered(url, now);
    }

    /// Takes note that somebody answered there.
    pub(super) fn answered(&mut self, url: &str, now: DateTime<Utc>) {
        self.asked = Some(url.to_owned());
        self.asked_at = Some(now);
    }

    /// When somebody answered there last. `None`: nobody did, or another was asked since.
    pub(super) fn answered_at(&self, url: &str) -> Option<DateTime<Utc>> {
        self.asked_at.filter(|_| self.asked.as_deref() == Some(url))
    }
}

fn bundled_date() -> Option<NaiveDate> {
    pricelist::bundled().date()
}
