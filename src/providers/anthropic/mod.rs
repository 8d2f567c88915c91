//! Anthropic: an organization's costs, its tokens by model, key and workspace, and its keys.
//!
//! Money comes from `cost_report` alone, in cents, by model and workspace; `usage_report/messages` adds tokens by key,
//! never money, and counts no requests. So what a key costs is not told: its tokens are, its cost is unknown. Both come
//! in days of UTC; today is read on every poll, a day that is over until it has settled. The Priority Tier is not in
//! the costs, and tokens of it are marked as not priced. Names are asked for daily and carried in the cursor.
//!
//! All this takes an admin key, which is not told by its looks: any key is tried. An ordinary one is only known to
//! work. There is no balance of credits. The report on Claude Code is not read, because its estimates would count again
//! what the bill counts.

mod costs;
mod memory;
mod names;
mod ordinary;
mod usage;

use std::time::Duration;

use futures_util::future::join;

use crate::domain::reading::Reading;
use crate::http::{Credential, Request};
use crate::providers::counters;
use crate::providers::days;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use memory::Memory;
use usage::Messages;

/// Anthropic's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "anthropic",
    name: "Anthropic",
    kind: Kind::BilledApi,
    shows: "costs by model and workspace, tokens by model, key and workspace, keys",
    auth: Auth::ApiKey {
        env: &["ANTHROPIC_ADMIN_KEY"],
        help: "Create an admin key (a workspace's key cannot read costs; individual accounts have none) at https://platform.claude.com/settings/admin-keys.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://api.anthropic.com",
    hosts: &["api.anthropic.com"],
    every: Duration::from_mins(5),
    coins: &[],
    options: &[],
    links: Links {
        dashboard: Some("https://platform.claude.com/cost"),
        top_up: Some("https://platform.claude.com/settings/billing"),
    },
    poll,
};

fn poll<'a>(cx: &'a PollContext<'a>) -> PollFuture<'a> {
    Box::pin(read(cx))
}

async fn read(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let vendor = Vendor::new(cx, &PROVIDER);
    let mut memory = Memory::recall(cx.resume, vendor.key()?);
    if ordinary::is_known(memory.ordinary_at, cx.now) {
        return ordinary::reading(vendor, memory).await;
    }
    let start = days::start(memory.progress, cx.since, cx.now);
    // First and alone: a refused key must not be tried on every other address as well.
    let bill = match costs::ask(vendor, start).await {
        Err(refusal @ PollError::Unauthorized { .. }) => {
            memory.ordinary_at = Some(cx.now);
            return ordinary::instead(vendor, memory, refusal).await;
        }
        asked => asked?,
    };
    let (counted, names_missing) = if bill.wait().is_some() {
        // It wants to be left alone: nothing else is asked now.
        (counters::unasked(start, cx.now, &memory.kept), Vec::new())
    } else {
        join(
            counters::count(vendor, start, &[Messages], &mut memory.kept),
            memory.names.refresh(vendor, &bill),
        )
        .await
    };
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    let sentences = bill.missing().into_iter().chain(counted.sentences());
    for what in sentences.chain(names_missing) {
        reading.complete.missing(what);
    }
    reading.wait = bill.wait().or_else(|| counted.wait.clone());
    reading.ranges = bill.range(&counted, cx.now).into_iter().collect();
    let read_until = counted.settled_until(bill.whole_until(&counted), start);
    memory.follow(cx, (start, read_until));
    memory.names.write(&mut reading.figures);
    reading.resume = memory.cursor();
    Ok(reading)
}

/// A request in Anthropic's manner.
fn request<'a>(vendor: Vendor<'a>, path: &str) -> Result<Request<'a>, PollError> {
    let key = Credential::Header("x-api-key", vendor.key()?);
    Ok(Request::new(vendor.url(path))
        .credential(key)
        .header("anthropic-version", "2023-06-01"))
}
