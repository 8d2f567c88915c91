//! What Anthropic's organization tells besides its days, and what of it a poll carries over to the next.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::reading::Figures;
use crate::http::Request;
use crate::providers::anthropic::names::Names;
use crate::providers::anthropic::usage::{Counted, Messages};
use crate::providers::anthropic::{PROVIDER, costs, request};
use crate::providers::daybook::Bill;
use crate::providers::organization::Organization;
use crate::providers::reply::Vendor;
use crate::providers::{PollError, Provider};

/// What is carried over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    names: Names,
}

impl Organization for Memory {
    type Counter = Counted;

    const CARD: &'static Provider = &PROVIDER;
    const COUNTERS: &'static [Counted] = &[Messages];
    /// Data come after about five minutes, at times later.
    const SETTLES: TimeDelta = TimeDelta::hours(6);
    const MODELS: &'static str = "v1/models";
    const ADMIN_WOULD_ADD: &'static str = "This key works, but a workspace's key is told nothing about money. An admin \
        key (https://platform.claude.com/settings/admin-keys, or ANTHROPIC_ADMIN_KEY) adds costs by model and \
        workspace, and tokens by model, key and workspace.";

    fn request<'a>(vendor: Vendor<'a>, path: &str) -> Result<Request<'a>, PollError> {
        request(vendor, path)
    }

    async fn costs(vendor: Vendor<'_>, start: NaiveDate) -> Result<Bill, PollError> {
        costs::ask(vendor, start).await
    }

    async fn names(&mut self, vendor: Vendor<'_>, bill: &Bill) -> Vec<String> {
        self.names.refresh(vendor, bill).await
    }

    fn write(&mut self, _bill: &Bill, _now: DateTime<Utc>, figures: &mut Figures) {
        self.names.write(figures);
    }
}
