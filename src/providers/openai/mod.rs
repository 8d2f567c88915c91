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
mod usage;

use std::time::Duration;

use crate::providers::organization;
use crate::providers::{Appears, Auth, Kind, Links, Need, PollContext, PollFuture, Provider};

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
    Box::pin(organization::read::<Memory>(cx))
}
