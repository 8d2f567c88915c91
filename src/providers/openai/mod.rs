//! OpenAI: an organization's costs, its tokens and requests by model, key and project, its keys and its spend limit.
//!
//! Money comes from `organization/costs` alone, grouped by project, key and line item, because only that matches the
//! invoice; what `organization/usage/…` counts adds tokens and requests, never money. Both come in days of UTC. Today
//! is read on every poll, a day that is over until it has settled. Names of keys and projects and the spend limit are
//! asked for daily and carried in the cursor.
//!
//! All this takes an admin key. An ordinary key is only known to work: what it spends is not told to it. There is no
//! balance of credits (OpenAI tells it to browsers only), and the old `usage?date=` is never asked.

mod costs;
mod limit;
mod memory;
mod names;
mod ordinary;
mod usage;

use std::time::Duration;

use futures_util::future::join;

use crate::domain::reading::Reading;
use crate::providers::counters;
use crate::providers::days;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use memory::Memory;
use usage::Counter;

/// OpenAI's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "openai",
    name: "OpenAI",
    kind: Kind::BilledApi,
    shows: "costs by model, key and project, tokens, keys, the spend limit",
    auth: Auth::ApiKey {
        env: &["OPENAI_ADMIN_KEY", "OPENAI_API_KEY"],
        help: "Create an admin key (an ordinary key cannot read costs) at https://platform.openai.com/settings/organization/admin-keys.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://api.openai.com/v1",
    hosts: &["api.openai.com"],
    every: Duration::from_mins(5),
    coins: &[],
    options: &[],
    links: Links {
        dashboard: Some("https://platform.openai.com/usage"),
        top_up: Some("https://platform.openai.com/settings/organization/billing/overview"),
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
            counters::count(vendor, start, &Counter::ALL, &mut memory.kept),
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
    memory.follow(cx, (start, read_until), &bill);
    memory.write(cx, &mut reading.figures);
    reading.resume = memory.cursor();
    Ok(reading)
}
