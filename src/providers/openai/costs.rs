//! `organization/costs`: what each day cost by project, key and line item, in dollars.
//!
//! Amounts are texts or numbers, also in scientific notation.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::domain::usage::Attribution;
use crate::providers::PollError;
use crate::providers::days;
use crate::providers::openai::usage::{self, Bucket};
use crate::providers::pages::{self, Turn};
use crate::providers::reply::Vendor;
use crate::providers::wire::{Amount, Lenient, Rows};

const WHAT: &str = "OpenAI's answer to `organization/costs`";
/// The most day buckets on a page.
const BUCKETS: &str = "180";

/// What one day cost someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) day: NaiveDate,
    pub(super) who: Attribution,
    /// `None`: not told, or not readable.
    pub(super) cost: Option<Money>,
}

/// Costs and how far they reach.
#[derive(Debug)]
pub(super) struct Costs {
    pub(super) charges: Vec<Charge>,
    /// The days that were told, those without costs among them.
    pub(super) days: BTreeSet<NaiveDate>,
    /// The first day that did not come.
    pub(super) until: NaiveDate,
    /// Why the walk ended early.
    pub(super) stopped: Option<PollError>,
    unreadable: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    amount: Lenient<Sum>,
    line_item: Lenient<String>,
    project_id: Lenient<String>,
    api_key_id: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sum {
    value: Amount,
    currency: Lenient<String>,
}

/// Asks for the costs from a day on.
pub(super) async fn ask(vendor: Vendor<'_>, start: NaiveDate) -> Result<Costs, PollError> {
    let request = usage::request(vendor, "organization/costs", start)?
        .query("limit", BUCKETS)
        .query("group_by[]", "project_id")
        .query("group_by[]", "api_key_id")
        .query("group_by[]", "line_item");
    let walk = pages::walk::<Bucket<Row>>(vendor, &request, Turn::Token, WHAT).await?;
    let mut costs = Costs {
        charges: Vec::new(),
        days: BTreeSet::new(),
        until: usage::until(&walk, start, vendor.cx.now),
        stopped: walk.stopped,
        unreadable: walk.unreadable,
    };
    for bucket in walk.rows {
        costs.add(bucket);
    }
    Ok(costs)
}

impl Costs {
    fn add(&mut self, bucket: Bucket<Row>) {
        let (
            Some(day),
            Rows {
                rows: Some(rows),
                unreadable,
            },
        ) = (bucket.day(), bucket.results)
        else {
            self.unreadable += 1;
            return;
        };
        self.unreadable += unreadable;
        self.days.insert(day);
        self.charges
            .extend(rows.into_iter().map(|row| row.charge(day)));
    }

    /// Whether every entry that came could be read.
    pub(super) const fn is_readable(&self) -> bool {
        self.unreadable == 0
    }

    /// What did not come, in a sentence. `None`: everything came.
    pub(super) fn missing(&self) -> Option<String> {
        if let Some(why) = &self.stopped {
            let day = days::previous(self.until);
            return Some(format!(
                "The costs are known up to {day} only: {}.",
                why.reason()
            ));
        }
        (self.unreadable > 0).then(|| {
            format!(
                "{} entries of the costs could not be read.",
                self.unreadable
            )
        })
    }
}

impl Row {
    fn charge(self, day: NaiveDate) -> Charge {
        let cost = self.amount.0.and_then(|sum| {
            let currency = Currency::new(&sum.currency.0?).ok()?;
            Some(Money::new(sum.value.0?, currency))
        });
        let model = self.line_item.0.as_deref().and_then(billed_model);
        Charge {
            day,
            who: usage::who(self.project_id.0, self.api_key_id.0, model),
            cost,
        }
    }
}

/// The model of a line item like `gpt-5.5, cached input`; what is no model (`web search tool calls`) stands for itself.
fn billed_model(line_item: &str) -> Option<ModelId> {
    let name = line_item.split(", ").next().unwrap_or(line_item);
    usage::model(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_item_names_its_model() {
        let model = |text: &str| billed_model(text).map(|model| model.to_string());
        assert_eq!(model("gpt-5.5, input").as_deref(), Some("gpt-5.5"));
        assert_eq!(
            model("gpt-4o-2024-08-06, output").as_deref(),
            Some("gpt-4o")
        );
        let tool = "web search tool calls";
        assert_eq!(model(tool).as_deref(), Some(tool));
        assert_eq!(model(""), None);
    }
}
