//! An organization that tells an admin key what it costs, and beside that its usage and the names of its keys and
//! projects: one flow for every vendor that does so.
//!
//! Which addresses are asked and how their answers read is each vendor's own. To an ordinary key nothing of it is told:
//! it is only known to work.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::future::join;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::domain::reading::{Figures, Reading};
use crate::http::Request;
use crate::providers::counters::{self, Counted, Counter, KeptCounts};
use crate::providers::daybook::Bill;
use crate::providers::days::{self, Progress};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::Rows;
use crate::providers::{PollContext, PollError, Provider, recollection};

/// A key may be given more rights.
const ASK_AGAIN_WHETHER_ORDINARY: TimeDelta = TimeDelta::days(1);

/// What one vendor's organization tells; the value is what it remembers for itself.
pub(super) trait Organization: Default + Serialize + DeserializeOwned {
    /// What the vendor counts apart.
    type Counter: Counter + Serialize + DeserializeOwned + 'static;

    /// Its card.
    const CARD: &'static Provider;
    /// Every counter.
    const COUNTERS: &'static [Self::Counter];
    /// How long after its end a day may still grow.
    const SETTLES: TimeDelta;
    /// The path that lists models, which every key may ask.
    const MODELS: &'static str;
    /// What an admin key would add, in sentences.
    const ADMIN_WOULD_ADD: &'static str;

    /// A request in the vendor's manner.
    fn request<'a>(vendor: Vendor<'a>, path: &str) -> Result<Request<'a>, PollError>;

    /// Asks for the costs from a day on.
    async fn costs(vendor: Vendor<'_>, start: NaiveDate) -> Result<Bill, PollError>;

    /// Asks for names when it is time to; returns a sentence for each thing that did not come.
    async fn names(&mut self, vendor: Vendor<'_>, bill: &Bill) -> Vec<String>;

    /// Writes what is known besides spend and usage.
    fn write(&mut self, bill: &Bill, now: DateTime<Utc>, figures: &mut Figures);
}

/// What is carried over from one poll to the next.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "O: Organization")]
struct Memory<O: Organization> {
    /// When the key turned out to be no admin key.
    #[serde(default)]
    ordinary_at: Option<DateTime<Utc>>,
    #[serde(default)]
    progress: Option<Progress>,
    #[serde(default)]
    kept: KeptCounts<O::Counter>,
    #[serde(flatten)]
    own: O,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Models {
    data: Rows<IgnoredAny>,
}

/// Polls an organization.
pub(super) async fn read<O: Organization>(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let vendor = Vendor::new(cx, O::CARD);
    let mut memory: Memory<O> = recollection::recall(cx.resume, vendor.key()?);
    if memory.is_of_ordinary_key(cx.now) {
        return ordinary(vendor, &memory).await;
    }
    let start = days::start(memory.progress, cx.since, cx.now);
    // First and alone: a refused key must not be tried on every other address as well.
    let bill = match O::costs(vendor, start).await {
        Err(refusal @ PollError::Unauthorized { .. }) => {
            memory.ordinary_at = Some(cx.now);
            return match ordinary(vendor, &memory).await {
                Err(PollError::Unauthorized { .. }) => Err(refusal),
                works => works,
            };
        }
        asked => asked?,
    };
    let (counted, names_missing) = memory.beside(vendor, &bill, start).await;
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    let sentences = bill.missing().into_iter().chain(counted.sentences());
    for what in sentences.chain(names_missing) {
        reading.complete.missing(what);
    }
    reading.wait = bill.wait().or_else(|| counted.wait.clone());
    reading.ranges = bill.range(&counted, cx.now).into_iter().collect();
    let read_until = counted.settled_until(bill.whole_until(&counted), start);
    memory.follow(cx, (start, read_until));
    memory.own.write(&bill, cx.now, &mut reading.figures);
    reading.resume = recollection::keep(&memory, vendor.key()?);
    Ok(reading)
}

/// The reading of an ordinary key: that it works.
async fn ordinary<O: Organization>(
    vendor: Vendor<'_>,
    memory: &Memory<O>,
) -> Result<Reading, PollError> {
    let reply = vendor.get(&O::request(vendor, O::MODELS)?).await?;
    let what = format!("{}'s answer to `{}`", O::CARD.name, O::MODELS);
    let models: Models = reply::object(&reply, &what)?;
    if models.data.rows.is_none() {
        return Err(PollError::Malformed(format!("{what} has no `data`")));
    }
    let mut reading = Reading::empty(vendor.cx.account.id.clone(), vendor.cx.now);
    reading.complete.missing(O::ADMIN_WOULD_ADD);
    reading.resume = recollection::keep(memory, vendor.key()?);
    Ok(reading)
}

impl<O: Organization> Memory<O> {
    /// Whether costs were refused so lately that they are not asked for again.
    fn is_of_ordinary_key(&self, now: DateTime<Utc>) -> bool {
        self.ordinary_at
            .is_some_and(|since| (now - since).abs() < ASK_AGAIN_WHETHER_ORDINARY)
    }

    /// What there is beside the bill: the usage, and a sentence for each name that did not come.
    async fn beside(
        &mut self,
        vendor: Vendor<'_>,
        bill: &Bill,
        start: NaiveDate,
    ) -> (Counted, Vec<String>) {
        if bill.wait().is_some() {
            // It wants to be left alone: nothing else is asked now.
            let counted = counters::unasked(start, vendor.cx.now, &self.kept);
            return (counted, Vec::new());
        }
        join(
            counters::count(vendor, start, O::COUNTERS, &mut self.kept),
            self.own.names(vendor, bill),
        )
        .await
    }

    /// Notes how far the days were read.
    fn follow(&mut self, cx: &PollContext<'_>, (start, until): (NaiveDate, NaiveDate)) {
        let read = days::Read {
            start,
            until,
            now: cx.now,
            settles: O::SETTLES,
        };
        self.progress = Some(days::follow(self.progress, cx.since, read));
        self.ordinary_at = None;
    }
}

impl<O: Organization> Default for Memory<O> {
    fn default() -> Self {
        Self {
            ordinary_at: None,
            progress: None,
            kept: KeptCounts::new(),
            own: O::default(),
        }
    }
}
