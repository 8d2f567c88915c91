//! `cost_report`: what each day cost by workspace and description, as texts in cents: `"123.45"` is $1.2345.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::providers::PollError;
use crate::providers::anthropic::usage;
use crate::providers::daybook::{Bill, Charge};
use crate::providers::reply::Vendor;
use crate::providers::wire::{Amount, Lenient};

const WHAT: &str = "Anthropic's answer to `cost_report`";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    amount: Amount,
    currency: Lenient<String>,
    description: Lenient<String>,
    model: Lenient<String>,
    workspace_id: Lenient<String>,
}

/// Asks for the costs from a day on.
pub(super) async fn ask(vendor: Vendor<'_>, start: NaiveDate) -> Result<Bill, PollError> {
    // The report's details are only filled in when it is grouped by description.
    let request = usage::report(vendor, "v1/organizations/cost_report", start)?
        .query("group_by[]", "workspace_id")
        .query("group_by[]", "description");
    let days = usage::walk::<Row>(vendor, &request, WHAT).await?;
    Ok(Bill::of(days, (start, vendor.cx.now), Row::charge))
}

impl Row {
    fn charge(self, day: NaiveDate) -> Charge {
        // What no model cost (`Web Search Usage`) stands for itself.
        let named = |name: &String| !name.is_empty();
        let model = self
            .model
            .0
            .filter(named)
            .or(self.description.0.filter(named));
        let cost = self.currency.0.and_then(|code| {
            let currency = Currency::new(&code).ok()?;
            let cents = self.amount.0?;
            Some(Money::new(
                cents.checked_div(Decimal::ONE_HUNDRED)?.normalize(),
                currency,
            ))
        });
        Charge {
            day,
            who: usage::who(self.workspace_id.0, None, model.map(ModelId::new)),
            cost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_cents() {
        let cost = |text: &str| {
            let row: Row = serde_json::from_str(text).unwrap();
            row.charge(NaiveDate::MIN)
                .cost
                .map(|cost| cost.amount.to_string())
        };
        for (cents, dollars) in [
            ("123.45", "1.2345"),
            ("1234", "12.34"),
            ("0.000012", "0.00000012"),
        ] {
            let row = format!(r#"{{"amount":"{cents}","currency":"USD"}}"#);
            assert_eq!(cost(&row).as_deref(), Some(dollars));
        }
        assert_eq!(cost(r#"{"currency":"USD"}"#), None);
        assert_eq!(cost(r#"{"amount":"5"}"#), None);
    }
}
