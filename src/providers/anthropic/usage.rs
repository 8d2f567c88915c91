//! `usage_report/messages`: tokens of each day by key, workspace, model and service tier. It counts no requests.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Attribution;
use crate::http::Request;
use crate::providers::PollError;
use crate::providers::anthropic::{names, request};
use crate::providers::counters::Counter;
use crate::providers::daybook::{self, Billing, Counts, Day};
use crate::providers::days;
use crate::providers::pages::{self, Turn, Walk};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Count, Lenient, Rows};

const WHAT: &str = "Anthropic's answer to `usage_report/messages`";
/// The most day buckets on a page.
const BUCKETS: &str = "31";

/// The one thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counted {
    Messages,
}

pub(super) use Counted::Messages;

/// A day of a report; the same envelope for costs and usage.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "R: Deserialize<'de> + Default"))]
struct Bucket<R> {
    starting_at: Lenient<DateTime<Utc>>,
    results: Rows<R>,
}

impl<R> From<Bucket<R>> for Day<R> {
    fn from(bucket: Bucket<R>) -> Self {
        Self {
            date: bucket.starting_at.0.map(|start| start.date_naive()),
            rows: bucket.results.rows,
            unreadable: bucket.results.unreadable,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    uncached_input_tokens: Count,
    cache_creation: Lenient<CacheCreation>,
    cache_read_input_tokens: Count,
    output_tokens: Count,
    api_key_id: Lenient<String>,
    workspace_id: Lenient<String>,
    model: Lenient<String>,
    service_tier: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_1h_input_tokens: Count,
    ephemeral_5m_input_tokens: Count,
}

impl Counter for Counted {
    fn name(self) -> String {
        "messages".to_owned()
    }

    fn serves(self) -> TimeDelta {
        TimeDelta::zero()
    }

    async fn ask(
        self,
        vendor: Vendor<'_>,
        start: NaiveDate,
    ) -> Result<(Vec<Counts>, NaiveDate), PollError> {
        let request = report(vendor, "v1/organizations/usage_report/messages", start)?
            .query("group_by[]", "api_key_id")
            .query("group_by[]", "workspace_id")
            .query("group_by[]", "model")
            .query("group_by[]", "service_tier");
        let days = walk::<Row>(vendor, &request, WHAT).await?;
        daybook::counts(days, (start, vendor.cx.now), Row::counts)
            .ok_or_else(|| reply::unreadable(WHAT))
    }
}

/// A report by days from `start` until now.
pub(super) fn report<'a>(
    vendor: Vendor<'a>,
    path: &str,
    start: NaiveDate,
) -> Result<Request<'a>, PollError> {
    let start = days::midnight(start).to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(request(vendor, path)?
        .query("starting_at", start)
        .query("bucket_width", "1d")
        .query("limit", BUCKETS))
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

/// Whom a row names; no workspace is the default one.
pub(super) fn who(
    workspace: Option<String>,
    key: Option<String>,
    model: Option<ModelId>,
) -> Attribution {
    let named = |id: &String| !id.is_empty();
    let workspace = workspace.filter(named).map(ProjectId::new);
    Attribution {
        key: key.filter(named).map(KeyId::new),
        model,
        project: Some(workspace.unwrap_or_else(|| ProjectId::from(names::DEFAULT_WORKSPACE))),
        user: None,
    }
}

impl Row {
    fn counts(self, day: NaiveDate) -> Counts {
        let tokens = self.tokens();
        let billing = match self.service_tier.0.as_deref() {
            Some(tier) if tier.starts_with("priority") => Billing::LeftOut,
            _ => Billing::OnTheBill,
        };
        let model = self.model.0.filter(|name| !name.is_empty());
        Counts {
            day,
            who: who(
                self.workspace_id.0,
                self.api_key_id.0,
                model.map(ModelId::new),
            ),
            requests: None,
            tokens,
            billing,
        }
    }

    fn tokens(&self) -> Option<TokenCounts> {
        let written = self.cache_creation.0.as_ref();
        let written = |count: fn(&CacheCreation) -> Count| written.and_then(|each| count(each).0);
        Some(TokenCounts {
            input: self.uncached_input_tokens.0?,
            cached_input: self.cache_read_input_tokens.0.unwrap_or_default(),
            cache_write_5m: written(|each| each.ephemeral_5m_input_tokens).unwrap_or_default(),
            cache_write_1h: written(|each| each.ephemeral_1h_input_tokens).unwrap_or_default(),
            output: self.output_tokens.0?,
            ..TokenCounts::default()
        })
    }
}
