//! Venice: DIEM, dollar and credit balances, the billing ledger, and spend by key and model.
//!
//! Asks `billing/balance` and `billing/usage-history` on every poll, `billing/usage-analytics` and `api_keys` at
//! most every ten minutes (Venice keeps analytics that long itself); what it learned of these in between is carried in
//! the cursor, so every reading is whole. Without the balance there is no reading; any other part that fails marks the
//! reading as partial. It never asks for rate limits, and never for `billing/usage`, which Venice has retired.
//!
//! Days, epochs and months are UTC, as Venice cuts them.

mod analytics;
mod balance;
mod keys;
mod ledger;
mod memory;
mod sides;
mod sku;
mod slots;

use std::time::Duration;

use futures_util::future::join;

use crate::domain::reading::Reading;
use crate::providers::recollection;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use memory::Memory;

/// Venice's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "venice",
    name: "Venice",
    kind: Kind::BilledApi,
    shows: "DIEM, dollar and credit balances, spend by key and model (web app included)",
    auth: Auth::ApiKey {
        env: &["VENICE_ADMIN_KEY", "VENICE_API_KEY"],
        help: "Create an ADMIN key (an INFERENCE key cannot read billing) at https://venice.ai/settings/api.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://api.venice.ai/api/v1",
    hosts: &["api.venice.ai"],
    every: Duration::from_mins(2),
    coins: &["VVV", "DIEM"],
    options: &[],
    links: Links {
        dashboard: Some("https://venice.ai/settings/api"),
        top_up: Some("https://venice.ai/billing?amount={amount}"),
    },
    poll,
};

fn poll<'a>(cx: &'a PollContext<'a>) -> PollFuture<'a> {
    Box::pin(read(cx))
}

async fn read(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let vendor = Vendor::new(cx, &PROVIDER);
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    // First and alone: a refused key must not be tried on every other address as well.
    let balance = balance::ask(vendor).await?;
    balance.write(cx.now, &mut reading.figures);

    let mut memory: Memory = recollection::recall(cx.resume, vendor.key()?);
    let start = memory.start(cx.since);
    let (walk, sides) = join(ledger::walk(vendor, start), memory.sides.refresh(vendor)).await;
    for what in sides.into_iter().chain(walk.missing()) {
        reading.complete.missing(what);
    }
    memory.sides.write(&mut reading.figures);
    memory.follow(&walk, cx);
    reading.ranges = walk.range(start, cx.now).into_iter().collect();
    reading.resume = recollection::keep(&memory, vendor.key()?);
    Ok(reading)
}
