//! `organization/usage/…`: tokens and requests of each day by project, key and model.
//!
//! `input_tokens` is everything that went in; what was read from or written to a cache is a part of it, and so are the
//! parts by text, audio and image, which are not read here.

use chrono::{DateTime, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Attribution;
use crate::http::Request;
use crate::providers::PollError;
use crate::providers::counters;
use crate::providers::daybook::{self, Billing, Counts, Day};
use crate::providers::days;
use crate::providers::pages::{self, Turn, Walk};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Count, Lenient, Rows};

/// How often the smaller counters are asked; completions are on every poll.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(15);
/// The most day buckets on a page.
const BUCKETS: &str = "31";

/// What OpenAI counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counter {
    Completions,
    Embeddings,
    Moderations,
    Images,
    AudioSpeeches,
    AudioTranscriptions,
}

/// A day of a report; the same envelope for costs and usage.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "R: Deserialize<'de> + Default"))]
struct Bucket<R> {
    start_time: Count,
    results: Rows<R>,
}

impl<R> From<Bucket<R>> for Day<R> {
    fn from(bucket: Bucket<R>) -> Self {
        let start = bucket
            .start_time
            .0
            .and_then(|seconds| i64::try_from(seconds).ok());
        let start = start.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self {
            date: start.map(|start| start.date_naive()),
            rows: bucket.results.rows,
            unreadable: bucket.results.unreadable,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    input_tokens: Count,
    input_cached_tokens: Count,
    input_cache_write_tokens: Count,
    output_tokens: Count,
    num_model_requests: Count,
    project_id: Lenient<String>,
    api_key_id: Lenient<String>,
    model: Lenient<String>,
}

impl Counter {
    pub(super) const ALL: [Self; 6] = [
        Self::Completions,
        Self::Embeddings,
        Self::Moderations,
        Self::Images,
        Self::AudioSpeeches,
        Self::AudioTranscriptions,
    ];

    /// Its name in paths.
    const fn path(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Moderations => "moderations",
            Self::Images => "images",
            Self::AudioSpeeches => "audio_speeches",
            Self::AudioTranscriptions => "audio_transcriptions",
        }
    }
}

impl counters::Counter for Counter {
    fn name(self) -> String {
        self.path().replace('_', " ")
    }

    fn serves(self) -> TimeDelta {
        match self {
            Self::Completions => TimeDelta::zero(),
            _ => ASK_AGAIN,
        }
    }

    async fn ask(
        self,
        vendor: Vendor<'_>,
        start: NaiveDate,
    ) -> Result<(Vec<Counts>, NaiveDate), PollError> {
        let path = format!("organization/usage/{}", self.path());
        let request = request(vendor, &path, start)?
            .query("limit", BUCKETS)
            .query("group_by[]", "project_id")
            .query("group_by[]", "api_key_id")
            .query("group_by[]", "model");
        let what = format!("OpenAI's answer to `{path}`");
        let days = walk::<Row>(vendor, &request, &what).await?;
        let count = |row: Row, day| row.counts(day, self);
        daybook::counts(days, (start, vendor.cx.now), count).ok_or_else(|| reply::unreadable(&what))
    }
}

/// Walks over the days of a report.
pub(super) async fn walk<R: for<'de> Deserialize<'de> + Default>(
    vendor: Vendor<'_>,
    request: &Request<'_>,
    what: &str,
) -> Result<Walk<Day<R>>, PollError> {
    let walk = pages::walk::<Bucket<R>>(vendor, request, Turn::Token, what).await?;
    Ok(walk.map(Day::from))
}

/// A report by days from `start` until now.
pub(super) fn request<'a>(
    vendor: Vendor<'a>,
    path: &str,
    start: NaiveDate,
) -> Result<Request<'a>, PollError> {
    let start = days::midnight(start).timestamp().to_string();
    Ok(vendor
        .request(path)?
        .query("start_time", start)
        .query("bucket_width", "1d"))
}

/// Whom a row names.
pub(super) fn who(
    project: Option<String>,
    key: Option<String>,
    model: Option<ModelId>,
) -> Attribution {
    let named = |id: &String| !id.is_empty();
    Attribution {
        key: key.filter(named).map(KeyId::new),
        model,
        project: project.filter(named).map(ProjectId::new),
        user: None,
    }
}

/// A model without the date of its snapshot: usage names the snapshot, the bill mostly does not.
pub(super) fn model(name: &str) -> Option<ModelId> {
    let name = name.trim();
    let is_date = |text: &str| text.parse::<NaiveDate>().is_ok();
    let undated = name
        .len()
        .checked_sub("-2026-04-23".len())
        .and_then(|cut| name.split_at_checked(cut))
        .filter(|(_, date)| date.strip_prefix('-').is_some_and(is_date))
        .map_or(name, |(undated, _)| undated);
    (!undated.is_empty()).then(|| ModelId::from(undated))
}

impl Row {
    fn counts(self, day: NaiveDate, counter: Counter) -> Counts {
        let tokens = self.tokens(counter);
        let model = self.model.0.as_deref().and_then(model);
        Counts {
            day,
            who: who(self.project_id.0, self.api_key_id.0, model),
            requests: self.num_model_requests.0,
            tokens,
            billing: Billing::OnTheBill,
        }
    }

    fn tokens(&self, counter: Counter) -> Option<TokenCounts> {
        let output = match counter {
            Counter::Completions => self.output_tokens.0?,
            Counter::Embeddings | Counter::Moderations => 0,
            Counter::Images | Counter::AudioSpeeches | Counter::AudioTranscriptions => return None,
        };
        let all = self.input_tokens.0?;
        let cached_input = self.input_cached_tokens.0.unwrap_or_default().min(all);
        let written = self.input_cache_write_tokens.0.unwrap_or_default();
        let cache_write = written.min(all - cached_input);
        Some(TokenCounts {
            input: all - cached_input - cache_write,
            cached_input,
            cache_write,
            output,
            ..TokenCounts::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_counted_with_its_model() {
        let undated = |name: &str| model(name).map(|model| model.to_string());
        assert_eq!(undated("gpt-5.5-2026-04-23").as_deref(), Some("gpt-5.5"));
        assert_eq!(undated("gpt-4-0613").as_deref(), Some("gpt-4-0613"));
        assert_eq!(undated("o3").as_deref(), Some("o3"));
        assert_eq!(
            undated("größe-2026-04-2é").as_deref(),
            Some("größe-2026-04-2é")
        );
        assert_eq!(undated(" "), None);
    }

    #[test]
    fn the_parts_of_the_input_are_not_added_on_top() {
        let row: Row = serde_json::from_str(
            r#"{"input_tokens":1650000,"input_cached_tokens":900000,"input_cache_write_tokens":50000,
                "input_audio_tokens":7,"output_tokens":110000}"#,
        )
        .unwrap();
        let tokens = row.tokens(Counter::Completions).unwrap();
        assert_eq!(tokens.input, 700_000);
        assert_eq!(tokens.total(), 1_760_000);
    }
}
