//! A key that is no admin key: it calls models, and is told nothing about money.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::reading::Reading;
use crate::providers::PollError;
use crate::providers::anthropic::memory::Memory;
use crate::providers::anthropic::request;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::Rows;

/// A key may be given more rights.
const TRY_AGAIN: TimeDelta = TimeDelta::days(1);

const WOULD_ADD: &str = "This key works, but a workspace's key is told nothing about money. An admin key \
    (https://platform.claude.com/settings/admin-keys, or ANTHROPIC_ADMIN_KEY) adds costs by model and workspace, and \
    tokens by model, key and workspace.";

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Models {
    data: Rows<serde::de::IgnoredAny>,
}

/// Whether costs were refused so lately that they are not asked for again.
pub(super) fn is_known(since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    since.is_some_and(|since| (now - since).abs() < TRY_AGAIN)
}

/// What there is to tell instead, if the key calls models; else the refusal.
pub(super) async fn instead(
    vendor: Vendor<'_>,
    memory: Memory,
    refusal: PollError,
) -> Result<Reading, PollError> {
    match reading(vendor, memory).await {
        Err(PollError::Unauthorized { .. }) => Err(refusal),
        other => other,
    }
}

/// The reading of an ordinary key: that it works.
pub(super) async fn reading(vendor: Vendor<'_>, memory: Memory) -> Result<Reading, PollError> {
    let reply = vendor.get(&request(vendor, "v1/models")?).await?;
    let what = "Anthropic's answer to `v1/models`";
    let models: Models = reply::object(&reply, what)?;
    if models.data.rows.is_none() {
        return Err(PollError::Malformed(format!("{what} has no `data`")));
    }
    let mut reading = Reading::empty(vendor.cx.account.id.clone(), vendor.cx.now);
    reading.complete.missing(WOULD_ADD);
    reading.resume = memory.cursor();
    Ok(reading)
}
