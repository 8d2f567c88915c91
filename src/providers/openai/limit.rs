//! `organization/spend_limit`: the month's limit, in cents, though costs are in dollars.

use crate::domain::zone::Zone;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::period::Unit;
use crate::domain::quota::{QuotaWindow, Source, WhenFull};
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};

const WHAT: &str = "OpenAI's answer to `organization/spend_limit`";

/// What may be spent in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SpendLimit {
    dollars: Decimal,
    /// Whether OpenAI stops serving there.
    enforced: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    threshold_amount: Amount,
    currency: Lenient<String>,
    interval: Lenient<String>,
    enforcement: Lenient<Enforcement>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Enforcement {
    status: Lenient<String>,
}

/// Asks for the limit. `None`: there is none, or none that is understood.
pub(super) async fn ask(vendor: Vendor<'_>) -> Result<Option<SpendLimit>, PollError> {
    let reply = match vendor
        .get(&vendor.request("organization/spend_limit")?)
        .await
    {
        // None is set, or this key may not see it; neither is a fault.
        Err(PollError::Refused { .. } | PollError::Unauthorized { .. }) => return Ok(None),
        reply => reply?,
    };
    let body: Body = reply::object(&reply, WHAT)?;
    Ok(body.limit())
}

impl Body {
    fn limit(&self) -> Option<SpendLimit> {
        let monthly = self.interval.0.as_deref() == Some("month");
        let in_dollars = self
            .currency
            .0
            .as_deref()
            .is_some_and(|code| code.eq_ignore_ascii_case("usd"));
        let cents = self
            .threshold_amount
            .0
            .filter(|cents| *cents > Decimal::ZERO)?;
        let status = self
            .enforcement
            .0
            .as_ref()
            .and_then(|enforcement| enforcement.status.0.as_deref());
        (monthly && in_dollars).then(|| SpendLimit {
            dollars: (cents / Decimal::ONE_HUNDRED).normalize(),
            enforced: status == Some("enforcing"),
        })
    }
}

impl SpendLimit {
    /// The month as a window that fills up; `spent` in dollars, `None` when unknown.
    pub(super) fn window(self, spent: Option<Decimal>, now: DateTime<Utc>) -> QuotaWindow {
        let percent = spent
            .and_then(|spent| spent.checked_mul(Decimal::ONE_HUNDRED))
            .and_then(|hundredfold| hundredfold.checked_div(self.dollars))
            .map(|percent| percent.normalize());
        let month = Unit::Month.around(now, Zone::UTC);
        QuotaWindow {
            name: "spend_limit".into(),
            label: "Month limit".to_owned(),
            used_percent: percent,
            used: spent,
            limit: Some(self.dollars),
            unit: Some("USD".to_owned()),
            span: Some(month.until - month.from),
            resets_at: Some(month.until),
            source: Source::Official,
            when_full: if self.enforced {
                WhenFull::Refuses
            } else {
                WhenFull::ServesOn
            },
        }
    }
}
