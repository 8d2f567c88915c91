//! The parts that are asked for less often than the balance: the keys, and the spend over three spans.
//!
//! A part that fails keeps what it said last, as long as that is still true of its span.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::ModelId;
use crate::domain::key::{KeyReading, ModelReading};
use crate::domain::period;
use crate::domain::reading::Figures;
use crate::domain::usage::{Spans, Spend};
use crate::providers::PollError;
use crate::providers::reply::Vendor;
use crate::providers::venice::analytics::{self, Analysed, KeySpend, Reach};
use crate::providers::venice::keys;

/// Venice itself keeps analytics for ten minutes.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Sooner where something did not come, but not on every poll: a span may be too heavy for Venice.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(4);
/// Older than this, nothing is repeated.
const OLDEST: TimeDelta = TimeDelta::days(1);
/// A poll has two minutes in all.
const LONGEST: Duration = Duration::from_secs(45);

/// The parts; `None`: nothing is known.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sides {
    tried_at: Option<DateTime<Utc>>,
    /// What did not come then.
    missing: Vec<String>,
    keys: Option<Part<Vec<KeyReading>>>,
    today: Option<Part<Analysed>>,
    week: Option<Part<Analysed>>,
    month: Option<Part<Analysed>>,
}

/// An answer and when it was given.
#[derive(Debug, Serialize, Deserialize)]
struct Part<T> {
    asked_at: DateTime<Utc>,
    said: T,
}

impl Sides {
    /// Asks when it is time to; returns a sentence for each thing that did not come.
    pub(super) async fn refresh(&mut self, vendor: Vendor<'_>) -> Vec<String> {
        let now = vendor.cx.now;
        if !self.is_due(now) {
            return self.missing.clone();
        }
        self.forget_untrue(now);
        let (keys, today, week, month) = futures_util::future::join4(
            renew(&mut self.keys, now, keys::ask(vendor)),
            renew(&mut self.today, now, analytics::ask(vendor, Reach::Today)),
            renew(&mut self.week, now, analytics::ask(vendor, Reach::Week)),
            renew(&mut self.month, now, analytics::ask(vendor, Reach::Month)),
        )
        .await;
        let keys = keys.map(|why| format!("The API keys did not come: {why}."));
        let spend = missing_spend([
            (Reach::Today, today),
            (Reach::Week, week),
            (Reach::Month, month),
        ]);
        self.tried_at = Some(now);
        self.missing = keys.into_iter().chain(spend).collect();
        self.missing.clone()
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let pause = if self.missing.is_empty() {
            ASK_AGAIN
        } else {
            TRY_AGAIN
        };
        self.tried_at.is_none_or(|tried_at| {
            tried_at.date_naive() != now.date_naive() || !is_within(now - tried_at, pause)
        })
    }

    /// What was said of a day or month that is over is not repeated, and neither is what is old.
    fn forget_untrue(&mut self, now: DateTime<Utc>) {
        let old = |asked_at| !is_within(now - asked_at, OLDEST);
        let today = now.date_naive();
        let month = period::first_of_month(today);
        self.keys.take_if(|part| old(part.asked_at));
        self.week.take_if(|part| old(part.asked_at));
        self.today
            .take_if(|part| part.asked_at.date_naive() != today);
        self.month.take_if(|part| {
            old(part.asked_at) || period::first_of_month(part.asked_at.date_naive()) != month
        });
    }

    /// Writes keys and models with their spend.
    pub(super) fn write(&self, figures: &mut Figures) {
        let mut readings = self
            .keys
            .as_ref()
            .map_or_else(Vec::new, |part| part.said.clone());
        for (reach, analysed) in self.spans() {
            for spend in &analysed.keys {
                let reading = key(&mut readings, spend);
                fill(span(&mut reading.spend, reach), spend.spend.as_ref());
            }
            for model in &analysed.models {
                let reading = self::model(&mut figures.models, &model.model);
                reading.tokens = reading.tokens.or(model.tokens);
                fill(span(&mut reading.spend, reach), model.spend.as_ref());
            }
        }
        figures.keys = readings;
    }

    /// What is known, the longest span first: its tokens are the ones a model is shown with.
    fn spans(&self) -> impl Iterator<Item = (Reach, &Analysed)> {
        [
            (Reach::Month, &self.month),
            (Reach::Week, &self.week),
            (Reach::Today, &self.today),
        ]
        .into_iter()
        .filter_map(|(reach, part)| Some((reach, &part.as_ref()?.said)))
    }
}

/// A sentence for each reason, because the three spans mostly fail together.
fn missing_spend(spans: [(Reach, Option<String>); 3]) -> Vec<String> {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (reach, why) in spans {
        if let Some(why) = why {
            by_reason.entry(why).or_default().push(reach.name());
        }
    }
    by_reason
        .into_iter()
        .map(|(why, spans)| {
            let spans = spans.join(", ");
            format!("The spend by key and model ({spans}) did not come: {why}.")
        })
        .collect()
}

fn is_within(age: TimeDelta, most: TimeDelta) -> bool {
    TimeDelta::zero() <= age && age < most
}

/// Asks; what was said before stays where nothing comes. Returns why nothing came.
async fn renew<T>(
    part: &mut Option<Part<T>>,
    now: DateTime<Utc>,
    ask: impl Future<Output = Result<T, PollError>>,
) -> Option<String> {
    match tokio::time::timeout(LONGEST, ask).await {
        Ok(Ok(said)) => {
            *part = Some(Part {
                asked_at: now,
                said,
            });
            None
        }
        Ok(Err(error)) => Some(error.reason()),
        Err(_) => Some(format!("no answer within {} s", LONGEST.as_secs())),
    }
}

fn key<'r>(readings: &'r mut Vec<KeyReading>, spend: &KeySpend) -> &'r mut KeyReading {
    let unlisted = keys::unlisted(spend);
    let known = readings
        .iter()
        .position(|reading| reading.id == unlisted.id);
    let index = known.unwrap_or_else(|| {
        readings.push(unlisted);
        readings.len() - 1
    });
    &mut readings[index]
}

fn model<'r>(readings: &'r mut Vec<ModelReading>, model: &ModelId) -> &'r mut ModelReading {
    let known = readings.iter().position(|reading| reading.model == *model);
    let index = known.unwrap_or_else(|| {
        readings.push(ModelReading {
            model: model.clone(),
            tokens: None,
            spend: Spans::default(),
        });
        readings.len() - 1
    });
    &mut readings[index]
}

const fn span(spans: &mut Spans, reach: Reach) -> &mut Option<Spend> {
    match reach {
        Reach::Today => &mut spans.today,
        Reach::Week => &mut spans.week,
        Reach::Month => &mut spans.month,
    }
}

/// What the key list said of the last seven days is newer than what analytics keep.
fn fill(span: &mut Option<Spend>, spend: Option<&Spend>) {
    if span.is_none() {
        *span = spend.cloned();
    }
}
