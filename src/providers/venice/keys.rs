//! `api_keys`: the account's keys with their caps, joined with what analytics say they spent.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::ids::KeyId;
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::{Currency, Money};
use crate::domain::period;
use crate::domain::usage::Spans;
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::venice::analytics::{self, KeySpend};
use crate::providers::wire::{Amount, Lenient, Rows};

const WHAT: &str = "Venice's answer to `api_keys`";

/// The id under which Venice's own web application spends.
pub(super) const WEB_APP: &str = "web-app";

/// How many characters of an id name a key that has no description.
const NAMING_CHARACTERS: usize = 8;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Rows<Key>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Key {
    id: Lenient<String>,
    api_key_type: Lenient<String>,
    description: Lenient<String>,
    created_at: Lenient<DateTime<Utc>>,
    expires_at: Lenient<DateTime<Utc>>,
    last_used_at: Lenient<DateTime<Utc>>,
    consumption_limits: Lenient<Amounts>,
    limit_period: Lenient<String>,
    usage: Lenient<Usage>,
    current_period_usage: Lenient<Amounts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    trailing_seven_days: Lenient<Amounts>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Amounts {
    usd: Amount,
    diem: Amount,
}

/// Asks for the keys; a key without an id is left out, because nothing can be told about it.
pub(super) async fn ask(vendor: Vendor<'_>) -> Result<Vec<KeyReading>, PollError> {
    let reply = vendor.get(&vendor.request("api_keys")?).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let now = vendor.cx.now;
    Ok(reply::data(body.data, WHAT)?
        .into_iter()
        .filter_map(|key| key.reading(now))
        .collect())
}

impl Key {
    fn reading(self, now: DateTime<Utc>) -> Option<KeyReading> {
        let limits = self.limits(now);
        let id = self.id.0.filter(|id| !id.is_empty())?;
        let week = self
            .usage
            .0
            .and_then(|usage| usage.trailing_seven_days.0)
            .and_then(|sums| analytics::spend(sums.usd, sums.diem));
        Some(KeyReading {
            label: label(self.description.0, &id),
            id: KeyId::new(id),
            kind: match self.api_key_type.0.as_deref() {
                Some("ADMIN") => KeyKind::Admin,
                Some("INFERENCE") => KeyKind::Inference,
                _ => KeyKind::Unknown,
            },
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            last_used_at: self.last_used_at.0,
            spend: Spans {
                week,
                ..Spans::default()
            },
            limits,
        })
    }

    /// The caps. A cap whose period is not told is left out: what is left of it cannot be told either.
    fn limits(&self, now: DateTime<Utc>) -> Vec<KeyLimit> {
        let (period, resets_at) = match self.limit_period.0.as_deref() {
            Some("EPOCH") => (LimitPeriod::Day, Some(period::next_utc_midnight(now))),
            Some("MONTH") => (LimitPeriod::Month, Some(period::next_utc_month(now))),
            Some("LIFETIME") => (LimitPeriod::Lifetime, None),
            _ => return Vec::new(),
        };
        let caps = self.consumption_limits.0.unwrap_or_default();
        let used = self.current_period_usage.0.unwrap_or_default();
        [
            (caps.usd, used.usd, Currency::USD),
            (caps.diem, used.diem, Currency::DIEM),
        ]
        .into_iter()
        .filter_map(|(cap, used, currency)| {
            let cap = cap.0.filter(|cap| *cap >= Decimal::ZERO)?;
            Some(KeyLimit {
                max: Money::new(cap, currency),
                used: used.0.map(|used| Money::new(used, currency)),
                period,
                resets_at,
            })
        })
        .collect()
    }
}

/// The description, else the end of the id: `Key abcdefgh`.
fn label(description: Option<String>, id: &str) -> String {
    description
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| {
            let skipped = id.chars().count().saturating_sub(NAMING_CHARACTERS);
            format!("Key {}", id.chars().skip(skipped).collect::<String>())
        })
}

/// A key that analytics know and the list does not: the web application, or a key that is gone.
pub(super) fn unlisted(spend: &KeySpend) -> KeyReading {
    let (id, kind, label) = match &spend.id {
        None => {
            let label = spend.label.clone().unwrap_or_else(|| "Web App".to_owned());
            (KeyId::from(WEB_APP), KeyKind::WebApp, label)
        }
        Some(id) => (
            id.clone(),
            KeyKind::Unknown,
            label(spend.label.clone(), id.as_str()),
        ),
    };
    KeyReading {
        id,
        label,
        kind,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        spend: Spans::default(),
        limits: Vec::new(),
    }
}
