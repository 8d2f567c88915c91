//! `keys`: every key of every workspace that is known, a hundred on a page.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::providers::PollError;
use crate::providers::openrouter::caller::Key;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::Rows;

const WHAT: &str = "OpenRouter's answer to `keys`";
const PAGE: usize = 100;
const MOST_PAGES: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Rows<Key>,
}

/// Asks for the keys of the default workspace, and of the others that activity named.
pub(super) async fn ask(
    vendor: Vendor<'_>,
    workspaces: &BTreeSet<String>,
) -> Result<Vec<Key>, PollError> {
    let mut keys = of_workspace(vendor, None).await?;
    let told: BTreeSet<String> = keys
        .iter()
        .filter_map(|key| key.workspace_id.0.clone())
        .collect();
    for workspace in workspaces.difference(&told) {
        keys.extend(of_workspace(vendor, Some(workspace)).await?);
    }
    Ok(keys)
}

async fn of_workspace(vendor: Vendor<'_>, workspace: Option<&str>) -> Result<Vec<Key>, PollError> {
    let mut keys = Vec::new();
    for page in 0..MOST_PAGES {
        let mut request = vendor
            .request("keys")?
            .query("include_disabled", "true")
            .query("offset", (page * PAGE).to_string());
        if let Some(workspace) = workspace {
            request = request.query("workspace_id", workspace);
        }
        let reply = vendor.get(&request).await?;
        let body: Body = reply::object(&reply, WHAT)?;
        let rows = reply::data(body.data, WHAT)?;
        let count = rows.len();
        keys.extend(rows);
        if count < PAGE {
            return Ok(keys);
        }
    }
    Err(PollError::Malformed(format!(
        "{WHAT} has more than {MOST_PAGES} pages"
    )))
}
