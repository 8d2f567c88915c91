//! `organization/costs`: what each day cost by project, key and line item, in dollars.
//!
//! Amounts are texts or numbers, also in scientific notation.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::providers::PollError;
use crate::providers::daybook::{Bill, Charge};
use crate::providers::openai::usage;
use crate::providers::reply::Vendor;
use crate::providers::wire::{Amount, Lenient};

const WHAT: &str = "OpenAI's answer to `organization/costs`";
/// The most day buckets on a page.
const BUCKETS: &str = "180";

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
pub(super) async fn ask(vendor: Vendor<'_>, start: NaiveDate) -> Result<Bill, PollError> {
    let request = usage::request(vendor, "organization/costs", start)?
        .query("limit", BUCKETS)
        .query("group_by[]", "project_id")
        .query("group_by[]", "api_key_id")
        .query("group_by[]", "line_item");
    let days = usage::walk::<Row>(vendor, &request, WHAT).await?;
    Ok(Bill::of(days, (start, vendor.cx.now), Row::charge))
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
