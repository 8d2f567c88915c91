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
mod usage;

use std::time::Duration;

use crate::http::{Credential, Request};
use crate::providers::organization;
use crate::providers::reply::Vendor;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use memory::Memory;

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
    Box::pin(organization::read::<Memory>(cx))
}

/// A request in Anthropic's manner.
fn request<'a>(vendor: Vendor<'a>, path: &str) -> Result<Request<'a>, PollError> {
    let key = Credential::Header("x-api-key", vendor.key()?);
    Ok(Request::new(vendor.url(path))
        .credential(key)
        .header("anthropic-version", "2023-06-01"))
}
