//! `billing/usage-analytics`: what each key, the web application and each model spent over a span.
//!
//! Venice's dollars include bundled credits here and leave earned credits out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{KeyId, ModelId};
use crate::domain::money::{Currency, Money};
use crate::domain::period;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spend};
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Count, Lenient, Rows, Told};

const WHAT: &str = "Venice's answer to `billing/usage-analytics`";

/// A span that people ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The running UTC day.
    Today,
    /// The last seven days.
    Week,
    /// The running UTC month.
    Month,
}

/// Spend over a span.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Analysed {
    pub(super) keys: Vec<KeySpend>,
    pub(super) models: Vec<ModelSpend>,
}

/// What a key spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeySpend {
    /// `None`: the web application.
    pub(super) id: Option<KeyId>,
    pub(super) label: Option<String>,
    /// `None`: not told.
    pub(super) spend: Option<Spend>,
}

/// What went to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ModelSpend {
    pub(super) model: ModelId,
    /// `None`: it counts no tokens, or they are not told by class.
    pub(super) tokens: Option<TokenCounts>,
    /// `None`: not told.
    pub(super) spend: Option<Spend>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    by_key: Rows<KeyRow>,
    by_model: Rows<ModelRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KeyRow {
    api_key_id: Told<String>,
    description: Lenient<String>,
    total_usd: Amount,
    total_diem: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ModelRow {
    model_name: Lenient<String>,
    unit_type: Lenient<String>,
    total_usd: Amount,
    total_diem: Amount,
    breakdown: Rows<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    r#type: Lenient<String>,
    units: Count,
}

impl Reach {
    /// What a sentence calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "the last seven days",
            Self::Month => "this month",
        }
    }

    fn query(self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let today = now.date_naive();
        let first = match self {
            Self::Week => return vec![("lookback", "7d".to_owned())],
            Self::Today => today,
            Self::Month => period::first_of_month(today),
        };
        // Venice ignores one date without the other.
        vec![
            ("startDate", first.to_string()),
            ("endDate", today.to_string()),
        ]
    }
}

/// Asks for the spend over a span.
pub(super) async fn ask(vendor: Vendor<'_>, reach: Reach) -> Result<Analysed, PollError> {
    let mut request = vendor.request("billing/usage-analytics")?;
    request.query = reach.query(vendor.cx.now);
    let reply = vendor.get(&request).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let keys = reply::every(body.by_key, WHAT)?;
    let models = reply::every(body.by_model, WHAT)?;
    if keys.is_none() && models.is_none() {
        return Err(PollError::Malformed(format!(
            "{WHAT} has neither `byKey` nor `byModel`"
        )));
    }
    Ok(Analysed {
        keys: told(keys, KeyRow::spend),
        models: told(models, ModelRow::spend),
    })
}

fn told<R, T>(rows: Option<Vec<R>>, one: impl FnMut(R) -> Option<T>) -> Vec<T> {
    rows.into_iter().flatten().filter_map(one).collect()
}

impl KeyRow {
    /// `None`: it does not say whose spend it is.
    fn spend(self) -> Option<KeySpend> {
        let id = match self.api_key_id {
            Told::Nothing => return None,
            Told::Null => None,
            Told::Value(id) => Some(KeyId::new(id)),
        };
        Some(KeySpend {
            id,
            label: self.description.0.filter(|label| !label.trim().is_empty()),
            spend: spend(self.total_usd, self.total_diem),
        })
    }
}

impl ModelRow {
    fn spend(self) -> Option<ModelSpend> {
        let name = self.model_name.0.filter(|name| !name.is_empty())?;
        let counts_tokens = self.unit_type.0.as_deref() == Some("tokens");
        Some(ModelSpend {
            model: ModelId::new(name),
            tokens: self
                .breakdown
                .rows
                .filter(|_| counts_tokens && self.breakdown.unreadable == 0)
                .and_then(|parts| tokens(&parts)),
            spend: spend(self.total_usd, self.total_diem),
        })
    }
}

/// Tokens by class. `None`: there are none, or the count or class of one is not told.
fn tokens(parts: &[Part]) -> Option<TokenCounts> {
    let mut counts = TokenCounts::default();
    for part in parts {
        let class = match part.r#type.0.as_deref()? {
            "Input" => &mut counts.input,
            "Output" => &mut counts.output,
            "Cache Read" => &mut counts.cached_input,
            "Cache Write" => &mut counts.cache_write,
            _ => return None,
        };
        *class = class.saturating_add(part.units.0?);
    }
    (!parts.is_empty()).then_some(counts)
}

/// A sum for each currency that is told; a told zero stays one. `None`: none is told.
pub(super) fn spend(usd: Amount, diem: Amount) -> Option<Spend> {
    let told = [(usd, Currency::USD), (diem, Currency::DIEM)];
    let mut sums = told
        .into_iter()
        .filter_map(|(amount, currency)| Some(Money::new(amount.0?, currency)))
        .peekable();
    sums.peek()?;
    let mut spend = Spend::default();
    sums.for_each(|money| spend.add(money, Basis::Billed));
    Some(spend)
}
