//! OpenRouter: credits, keys with their spend and limits, and the account's activity by model.
//!
//! Asks `key` first: it tells what the key is. A management key then reads `credits` and `keys` on every poll, and
//! `activity` once a day is over; an ordinary one is told about itself only. `credits` is not asked with an ordinary
//! key at all, because it may be answered with zeros that mean nothing.
//!
//! Activity covers the last 30 days by model, but not today; today is what the keys spent. Once it is over, activity
//! replaces it. What was paid elsewhere with one's own keys (`byok`) is no money of OpenRouter's and is left out; its
//! tokens and requests are counted. Rate limits are deprecated there, and not read.

mod activity;
mod caller;
mod credits;
mod keys;
mod memory;

use std::time::Duration;

use futures_util::future::join3;

use crate::domain::key::KeyKind;
use crate::domain::quota::Plan;
use crate::domain::reading::Reading;
use crate::providers::recollection;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use caller::{Caller, Role};
use memory::Memory;

const WOULD_ADD: &str = "An ordinary key is told about itself only. A management key \
    (https://openrouter.ai/settings/management-keys, or OPENROUTER_MANAGEMENT_KEY) adds the balance of credits, every \
    key, and spend and tokens by model.";

/// OpenRouter's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "openrouter",
    name: "OpenRouter",
    kind: Kind::BilledApi,
    shows: "credits, spend and limits of keys, spend and tokens by model",
    auth: Auth::ApiKey {
        env: &["OPENROUTER_MANAGEMENT_KEY", "OPENROUTER_API_KEY"],
        help: "Create a management key (an ordinary key is told about itself only) at https://openrouter.ai/settings/management-keys.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://openrouter.ai/api/v1",
    hosts: &["openrouter.ai"],
    every: Duration::from_mins(2),
    coins: &[],
    options: &[],
    links: Links {
        dashboard: Some("https://openrouter.ai/activity"),
        top_up: Some("https://openrouter.ai/settings/credits"),
    },
    poll,
};

fn poll<'a>(cx: &'a PollContext<'a>) -> PollFuture<'a> {
    Box::pin(read(cx))
}

async fn read(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let vendor = Vendor::new(cx, &PROVIDER);
    let mut memory: Memory = recollection::recall(cx.resume, vendor.key()?);
    // First and alone: a refused key must not be tried on every other address as well.
    let caller = caller::ask(vendor).await?;
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    match caller.role {
        Role::Management => account(vendor, &mut memory, &mut reading).await,
        Role::Ordinary => itself(vendor, &caller, &mut memory, &mut reading),
    }
    reading.resume = recollection::keep(&memory, vendor.key()?);
    Ok(reading)
}

/// What an ordinary key is told: about itself.
fn itself(vendor: Vendor<'_>, caller: &Caller, memory: &mut Memory, reading: &mut Reading) {
    let now = vendor.cx.now;
    let daily = memory.spent_today(&caller.key, now);
    reading
        .figures
        .keys
        .extend(caller.key.reading(KeyKind::Inference, daily, now));
    reading.figures.plan = caller.is_free_tier.then(|| Plan {
        name: "Free tier".to_owned(),
        monthly: None,
    });
    reading.complete.missing(WOULD_ADD);
    memory.note_missing(&mut reading.complete);
}

/// What a management key is told: everything.
async fn account(vendor: Vendor<'_>, memory: &mut Memory, reading: &mut Reading) {
    let now = vendor.cx.now;
    let workspaces = memory.activity.workspaces.clone();
    let yesterday = memory.seen_yesterday(now);
    let (credits, keys, activity) = join3(
        credits::ask(vendor),
        keys::ask(vendor, &workspaces),
        memory.activity.refresh(vendor, yesterday),
    )
    .await;
    match credits {
        Ok(balance) => reading.figures.balances.extend(balance),
        Err(error) => lacks(reading, "credits", &error),
    }
    if let Some(error) = &activity.missing {
        lacks(reading, "activity", error);
    }
    match keys {
        Ok(keys) => {
            let today = memory.write_keys(&keys, now, &mut reading.figures);
            memory.note_missing(&mut reading.complete);
            reading.ranges.extend(activity.today(today, now));
        }
        Err(error) => lacks(reading, "keys", &error),
    }
    reading.figures.projects = memory.activity.projects();
    reading.ranges.extend(activity.range);
    reading.ranges.sort_by_key(|range| range.from);
}

/// Says what did not come, and whether OpenRouter wants to be left alone.
fn lacks(reading: &mut Reading, what: &str, error: &PollError) {
    let why = error.reason();
    reading
        .complete
        .missing(format!("The {what} did not come: {why}."));
    reading.wait = reading.wait.take().or_else(|| error.wait());
}
