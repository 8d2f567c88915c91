//! A key as OpenRouter tells of it, in `key` and in `keys` alike; and `key` itself.

use crate::domain::zone::Zone;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::ids::KeyId;
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::usage::{Basis, Spans, Spend};
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient, Told};

const WHAT: &str = "OpenRouter's answer to `key`";

/// What a key may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// About the account; it calls no models.
    Management,
    /// About itself.
    Ordinary,
}

/// The key that asks.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) role: Role,
    pub(super) is_free_tier: bool,
    pub(super) key: Key,
}

/// A key's figures.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Key {
    hash: Lenient<String>,
    name: Lenient<String>,
    label: Lenient<String>,
    disabled: Lenient<bool>,
    limit: Amount,
    limit_remaining: Amount,
    limit_reset: Period,
    /// Since the key was made: never a day's spend.
    pub(super) usage: Amount,
    pub(super) usage_daily: Amount,
    usage_weekly: Amount,
    usage_monthly: Amount,
    created_at: Lenient<DateTime<Utc>>,
    expires_at: Lenient<DateTime<Utc>>,
    pub(super) workspace_id: Lenient<String>,
}

/// Over what a limit counts.
#[derive(Debug, Default)]
struct Period(Option<LimitPeriod>);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Told::<String>::deserialize(deserializer)?;
        Ok(Self(match text {
            Told::Null => Some(LimitPeriod::Lifetime),
            Told::Value(text) => match text.as_str() {
                "daily" => Some(LimitPeriod::Day),
                "weekly" => Some(LimitPeriod::Week),
                "monthly" => Some(LimitPeriod::Month),
                _ => None,
            },
            Told::Nothing => None,
        }))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Told<Key>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RightsBody {
    data: Lenient<Rights>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rights {
    #[serde(rename = "is_management_key")]
    manages: Lenient<bool>,
    /// The old name of the same.
    #[serde(rename = "is_provisioning_key")]
    provisions: Lenient<bool>,
    #[serde(rename = "is_free_tier")]
    free_tier: Lenient<bool>,
}

/// Asks what the key is.
pub(super) async fn ask(vendor: Vendor<'_>) -> Result<Caller, PollError> {
    let reply = vendor.get(&vendor.request("key")?).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let Told::Value(key) = body.data else {
        return Err(PollError::Malformed(format!("{WHAT} has no `data`")));
    };
    let rights = reply::object::<RightsBody>(&reply, WHAT)?
        .data
        .0
        .unwrap_or_default();
    let manages = rights.manages.0.or(rights.provisions.0);
    Ok(Caller {
        role: if manages == Some(true) {
            Role::Management
        } else {
            Role::Ordinary
        },
        is_free_tier: rights.free_tier.0 == Some(true),
        key,
    })
}

impl Key {
    /// What tells it from others: its hash in the list, its label where it is told about itself. `None`: neither.
    pub(super) fn id(&self) -> Option<String> {
        let named = |text: &&String| !text.is_empty();
        let id = self.hash.0.as_ref().filter(named);
        id.or(self.label.0.as_ref().filter(named)).cloned()
    }

    /// The key with what it spent; `daily` in dollars. `None`: it cannot be told from others.
    pub(super) fn reading(
        &self,
        kind: KeyKind,
        daily: Option<Decimal>,
        now: DateTime<Utc>,
    ) -> Option<KeyReading> {
        let spend = |dollars: Option<Decimal>| {
            dollars.map(|dollars| Spend::of(Money::new(dollars, Currency::USD), Basis::Billed))
        };
        Some(KeyReading {
            id: KeyId::new(self.id()?),
            label: self.name_for_people(),
            kind,
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            last_used_at: None,
            spend: Spans {
                today: spend(daily),
                week: spend(self.usage_weekly.0),
                month: spend(self.usage_monthly.0),
            },
            limits: self.cap(now).into_iter().collect(),
        })
    }

    fn name_for_people(&self) -> String {
        let named = |text: &&String| !text.trim().is_empty();
        let name = self.name.0.as_ref().filter(named).or(self.label.0.as_ref());
        let name = name.cloned().unwrap_or_default();
        if self.disabled.0 == Some(true) {
            format!("{name} (disabled)")
        } else {
            name
        }
    }

    /// The cap. `None`: it has none, or it is not told over what it counts.
    fn cap(&self, now: DateTime<Utc>) -> Option<KeyLimit> {
        let max = self.limit.0.filter(|max| *max >= Decimal::ZERO)?;
        let period = self.limit_reset.0?;
        let unit = match period {
            LimitPeriod::Day => Some(Unit::Day),
            LimitPeriod::Week => Some(Unit::Week),
            LimitPeriod::Month => Some(Unit::Month),
            LimitPeriod::Lifetime => None,
        };
        // What is left counts from the last reset, unlike `usage`.
        let used = self
            .limit_remaining
            .0
            .and_then(|left| max.checked_sub(left));
        Some(KeyLimit {
            max: Money::new(max, Currency::USD),
            used: used.map(|used| Money::new(used.normalize(), Currency::USD)),
            period,
            resets_at: unit.map(|unit| unit.around(now, Zone::UTC).until),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_limit_is_half_a_limit() {
        let key: Key = serde_json::from_str(
            r#"{"label":"k","usage":10.5,"usage_daily":0.5,"limit":20,"limit_remaining":9.5,"limit_reset":null}"#,
        )
        .unwrap();
        let cap = key.cap("2026-11-23T08:30:00Z".parse().unwrap()).unwrap();
        assert_eq!(
            cap.used.unwrap().amount / cap.max.amount,
            Decimal::new(525, 3)
        );
        assert_eq!((cap.period, cap.resets_at), (LimitPeriod::Lifetime, None));
    }

    #[test]
    fn no_limit_is_not_a_limit_of_nothing() {
        let key: Key =
            serde_json::from_str(r#"{"label":"k","limit":null,"limit_reset":null}"#).unwrap();
        assert_eq!(key.cap(DateTime::UNIX_EPOCH), None);
    }
}
