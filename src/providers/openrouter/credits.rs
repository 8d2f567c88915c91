//! `credits`: what was ever paid in and ever used; the balance is the difference.

use serde::Deserialize;

use crate::domain::money::{Currency, Money};
use crate::domain::quota::{Balance, Standing};
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};

const WHAT: &str = "OpenRouter's answer to `credits`";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Lenient<Totals>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Totals {
    total_credits: Amount,
    total_usage: Amount,
}

/// Asks for the credits; only a management key may. `None`: not told.
pub(super) async fn ask(vendor: Vendor<'_>) -> Result<Option<Balance>, PollError> {
    let reply = vendor.get(&vendor.request("credits")?).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let Some(totals) = body.data.0 else {
        return Err(PollError::Malformed(format!("{WHAT} has no `data`")));
    };
    let left = totals.total_credits.0.zip(totals.total_usage.0);
    let left = left.and_then(|(paid, used)| paid.checked_sub(used));
    Ok(left.map(|left| Balance {
        name: "credits".into(),
        remaining: Some(Money::new(left.normalize(), Currency::USD)),
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    }))
}
