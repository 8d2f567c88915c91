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
mod kept;
mod limit;
mod memory;
mod names;
mod ordinary;
mod slots;
mod usage;

use std::time::Duration;

use chrono::NaiveDate;
use futures_util::future::join;

use crate::domain::reading::{Reading, Wait};
use crate::domain::usage::SlotRange;
use crate::providers::days;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use costs::Costs;
use kept::Counted;
use memory::Memory;

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
    let costs = match costs::ask(vendor, start).await {
        Err(refusal @ PollError::Unauthorized { .. }) => {
            memory.ordinary_at = Some(cx.now);
            return ordinary::instead(vendor, memory, refusal).await;
        }
        asked => asked?,
    };
    let (counted, names_missing) = join(
        kept::count(vendor, start, &mut memory.kept),
        memory.names.refresh(vendor, &costs),
    )
    .await;
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    let sentences = costs.missing().into_iter().chain(counted.sentences());
    for what in sentences.chain(names_missing) {
        reading.complete.missing(what);
    }
    reading.wait = wait(&costs);
    reading.ranges = range(cx, &costs, &counted).into_iter().collect();
    let read_until = if counted.again {
        start
    } else {
        until(&costs, &counted)
    };
    memory.follow(cx, (start, read_until), &costs);
    memory.write(cx, &mut reading.figures);
    reading.resume = memory.cursor();
    Ok(reading)
}

/// The first day that did not come whole.
fn until(costs: &Costs, counted: &Counted) -> NaiveDate {
    costs.until.min(counted.until)
}

/// The days that are known, as slots. `None`: none came.
fn range(cx: &PollContext<'_>, costs: &Costs, counted: &Counted) -> Option<SlotRange> {
    let until = until(costs, counted);
    let end = days::midnight(until).min(days::after(cx.now));
    let from = days::midnight(counted.from);
    (from < end).then(|| SlotRange {
        from,
        until: end,
        slots: slots::join(&costs.charges, &counted.counts, counted.from..until),
    })
}

/// Whether OpenAI asked to wait in the middle of its costs.
fn wait(costs: &Costs) -> Option<Wait> {
    match &costs.stopped {
        Some(PollError::Throttled { message, retry_at }) => Some(Wait {
            message: message.clone(),
            retry_at: *retry_at,
        }),
        _ => None,
    }
}
