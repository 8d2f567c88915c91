//! The parts that are asked for less often than the balance: the keys, and the spend over three spans.
//!
//! A part that fails keeps what it said last, as long as that is still true of its span.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::ModelId;
use crate::domain::key::{KeyReading, ModelReading};
use crate::domain::reading::Figures;
use crate::domain::usage::{Spans, Spend};
use crate::providers::PollError;
use crate::providers::reply::Vendor;
use crate::providers::venice::analytics::{self, Analysed, KeySpend, Reach};
use crate::providers::venice::{calendar, keys};

/// Venice itself keeps analytics for ten minutes.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Older than this, nothing is repeated.
const OLDEST: TimeDelta = TimeDelta::days(1);
/// A poll has two minutes in all.
const LONGEST: Duration = Duration::from_mins(1);

/// The parts; `None`: nothing is known.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sides {
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
    /// Asks for what is due; returns a sentence for each part that did not come.
    pub(super) async fn refresh(&mut self, vendor: Vendor<'_>) -> Vec<String> {
        let now = vendor.cx.now;
        let (keys, today, week, month) = futures_util::future::join4(
            renew(&mut self.keys, now, |_| true, keys::ask(vendor)),
            spend(&mut self.today, vendor, Reach::Today),
            spend(&mut self.week, vendor, Reach::Week),
            spend(&mut self.month, vendor, Reach::Month),
        )
        .await;
        let keys = keys.map(|why| format!("The API keys did not come: {why}."));
        [keys, today, week, month].into_iter().flatten().collect()
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

async fn spend(
    part: &mut Option<Part<Analysed>>,
    vendor: Vendor<'_>,
    reach: Reach,
) -> Option<String> {
    let now = vendor.cx.now;
    let still_true = |asked_at: DateTime<Utc>| match reach {
        Reach::Today => asked_at.date_naive() == now.date_naive(),
        Reach::Week => true,
        Reach::Month => calendar::month(asked_at.date_naive()) == calendar::month(now.date_naive()),
    };
    let why = renew(part, now, still_true, analytics::ask(vendor, reach)).await?;
    Some(format!(
        "The spend of {} by key and model did not come: {why}.",
        reach.name()
    ))
}

/// Asks when it is time to; what was said before stays as long as it is true. Returns why nothing new came.
async fn renew<T>(
    part: &mut Option<Part<T>>,
    now: DateTime<Utc>,
    still_true: impl Fn(DateTime<Utc>) -> bool,
    ask: impl Future<Output = Result<T, PollError>>,
) -> Option<String> {
    let within = |age: TimeDelta, most: TimeDelta| TimeDelta::zero() <= age && age < most;
    part.take_if(|part| !within(now - part.asked_at, OLDEST) || !still_true(part.asked_at));
    if part
        .as_ref()
        .is_some_and(|part| within(now - part.asked_at, ASK_AGAIN))
    {
        return None;
    }
    match tokio::time::timeout(LONGEST, ask).await {
        Ok(Ok(said)) => {
            *part = Some(Part {
                asked_at: now,
                said,
            });
            None
        }
        Ok(Err(error)) => Some(error.to_string()),
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
