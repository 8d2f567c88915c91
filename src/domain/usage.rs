//! Usage: what was consumed when, by whom, at what cost; and sums of it that keep their basis.
//!
//! Pricing lives in `analysis`; here is only what was learned and how it is added up.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::domain::ids::{KeyId, ModelId, ProjectId, UserId};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::tokens::TokenCounts;

/// How a sum of money came to be. Sums of different basis are never added without their mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The vendor's money.
    Billed,
    /// The vendor's count, not yet on a bill.
    Metered,
    /// Our price table times the tokens.
    Estimated,
}

/// What a piece of usage cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// The vendor says so.
    Reported {
        /// How much; negative for a refund.
        money: Money,
        /// Billed or metered.
        basis: Basis,
    },
    /// Our price table says so.
    Estimated {
        /// How much.
        money: Money,
        /// The date of the price used.
        as_of: NaiveDate,
    },
    /// Nobody says. Never shown as zero.
    Unknown,
}

/// Whom usage is attributed to; every part may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Attribution {
    /// The API key.
    pub key: Option<KeyId>,
    /// The model.
    pub model: Option<ModelId>,
    /// The project or workspace.
    pub project: Option<ProjectId>,
    /// The person.
    pub user: Option<UserId>,
}

/// One consumed request or batch with an identity: the same `key` with newer figures replaces the older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// The identity within the account.
    pub key: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Whose it was.
    pub who: Attribution,
    /// How many requests.
    pub requests: u64,
    /// The tokens, where told.
    pub tokens: TokenCounts,
    /// What it cost.
    pub cost: Cost,
}

/// How wide a usage slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotWidth {
    /// 15 minutes of UTC: every zone's days can be cut from these.
    QuarterHour,
    /// A day of UTC, because the vendor reports no finer.
    Day,
}

impl SlotWidth {
    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::QuarterHour => 900,
            Self::Day => 86_400,
        }
    }

    /// The start of the slot of this width that holds the instant.
    #[must_use]
    pub fn start_of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = at.timestamp().div_euclid(self.seconds()) * self.seconds();
        DateTime::from_timestamp(seconds, 0).unwrap_or(at)
    }
}

/// Usage of one attribution within one slot of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSlot {
    /// When the slot starts.
    pub start: DateTime<Utc>,
    /// How wide it is.
    pub width: SlotWidth,
    /// Whose it was; thousands of slots are held at once, and those of one attribution share it.
    pub who: Arc<Attribution>,
    /// How many requests. `None`: not told.
    pub requests: Option<u64>,
    /// The tokens. `None`: not told.
    pub tokens: Option<TokenCounts>,
    /// What it cost; models without a price are named in it.
    pub spend: Spend,
}

impl UsageSlot {
    /// Adds what another slot of the same attribution tells.
    pub fn add(&mut self, other: &Self) {
        if let Some(more) = other.requests {
            self.requests = Some(self.requests.unwrap_or_default().saturating_add(more));
        }
        if let Some(more) = &other.tokens {
            self.tokens.get_or_insert_default().add(more);
        }
        self.spend.merge(&other.spend);
    }
}

/// Slots that a source without row identity reports for a span: they replace whatever was known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRange {
    /// First instant of the span, inclusive.
    pub from: DateTime<Utc>,
    /// End of the span, exclusive.
    pub until: DateTime<Utc>,
    /// All usage within it.
    pub slots: Vec<UsageSlot>,
}

/// Sums of money by currency and basis, with what could not be priced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SpendAtRest", into = "SpendAtRest")]
pub struct Spend {
    /// One for each currency and basis, in their order. Thousands of spends are held at once and nearly all have one
    /// sum: it stands in the spend itself.
    sums: SmallVec<[Sum; 1]>,
    /// Models whose tokens are counted but whose cost nobody knows: the sums are a lower bound.
    pub unpriced: BTreeSet<ModelId>,
}

/// Of one currency and basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    kind: (Currency, Basis),
    amount: Decimal,
}

impl Spend {
    /// A spend of one sum.
    #[must_use]
    pub fn of(money: Money, basis: Basis) -> Self {
        let mut spend = Self::default();
        spend.add(money, basis);
        spend
    }

    /// Adds to the sum of the same currency and basis.
    pub fn add(&mut self, money: Money, basis: Basis) {
        let kind = (money.currency, basis);
        match self.sums.binary_search_by(|sum| sum.kind.cmp(&kind)) {
            Ok(place) => {
                let sum = &mut self.sums[place];
                sum.amount = sum.amount.saturating_add(money.amount);
            }
            Err(place) => self.sums.insert(
                place,
                Sum {
                    kind,
                    amount: money.amount,
                },
            ),
        }
    }

    /// Adds every sum of another spend, each to its own kind.
    pub fn merge(&mut self, other: &Self) {
        for (money, basis) in other.iter() {
            self.add(money, basis);
        }
        self.unpriced.extend(other.unpriced.iter().cloned());
    }

    /// Every sum with its basis, by currency, billed before metered before estimated.
    pub fn iter(&self) -> impl Iterator<Item = (Money, Basis)> + '_ {
        self.sums.iter().map(|sum| {
            let (currency, basis) = sum.kind;
            (Money::new(sum.amount, currency), basis)
        })
    }

    /// The sum of a currency and basis; `None` when there is none.
    #[must_use]
    pub fn get(&self, currency: Currency, basis: Basis) -> Option<Decimal> {
        let sum = self.sums.iter().find(|sum| sum.kind == (currency, basis));
        sum.map(|sum| sum.amount)
    }

    /// Whether there is neither a sum nor anything unpriced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty() && self.unpriced.is_empty()
    }
}

#[derive(Serialize, Deserialize)]
struct SpendAtRest {
    sums: Vec<(Currency, Basis, Decimal)>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unpriced: BTreeSet<ModelId>,
}

impl From<SpendAtRest> for Spend {
    fn from(rest: SpendAtRest) -> Self {
        let mut spend = Self {
            sums: SmallVec::new(),
            unpriced: rest.unpriced,
        };
        for (currency, basis, amount) in rest.sums {
            spend.add(Money::new(amount, currency), basis);
        }
        spend
    }
}

impl From<Spend> for SpendAtRest {
    fn from(spend: Spend) -> Self {
        let sums = spend
            .sums
            .into_iter()
            .map(|sum| (sum.kind.0, sum.kind.1, sum.amount))
            .collect();
        Self {
            sums,
            unpriced: spend.unpriced,
        }
    }
}

/// Spend of the spans people ask for. `None`: unknown, which is not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans {
    /// The running day.
    pub today: Option<Spend>,
    /// The running week, or the vendor's trailing seven days.
    pub week: Option<Spend>,
    /// The running month.
    pub month: Option<Spend>,
}

impl Spans {
    /// The spend of the running unit; `None`: unknown.
    #[must_use]
    pub const fn get(&self, unit: Unit) -> Option<&Spend> {
        match unit {
            Unit::Day => self.today.as_ref(),
            Unit::Week => self.week.as_ref(),
            Unit::Month => self.month.as_ref(),
        }
    }

    /// The place of the running unit's spend.
    pub const fn get_mut(&mut self, unit: Unit) -> &mut Option<Spend> {
        match unit {
            Unit::Day => &mut self.today,
            Unit::Week => &mut self.week,
            Unit::Month => &mut self.month,
        }
    }

    /// Spans filled unit by unit.
    #[must_use]
    pub fn from_units(mut spend: impl FnMut(Unit) -> Option<Spend>) -> Self {
        Self {
            today: spend(Unit::Day),
            week: spend(Unit::Week),
            month: spend(Unit::Month),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimated_and_billed_are_kept_apart() {
        let dollar = Money::new(Decimal::ONE, Currency::USD);
        let mut spend = Spend::of(dollar, Basis::Billed);
        spend.add(dollar, Basis::Estimated);
        spend.merge(&Spend::of(dollar, Basis::Billed));
        assert_eq!(spend.get(Currency::USD, Basis::Billed), Some(Decimal::TWO));
        assert_eq!(
            spend.get(Currency::USD, Basis::Estimated),
            Some(Decimal::ONE)
        );
    }

    #[test]
    fn a_slot_starts_at_its_quarter_of_an_hour() {
        let at = "2026-11-23T08:44:59Z".parse().unwrap();
        let start: DateTime<Utc> = "2026-11-23T08:30:00Z".parse().unwrap();
        assert_eq!(SlotWidth::QuarterHour.start_of(at), start);
    }

    #[test]
    fn a_spend_survives_being_stored() {
        let spend = Spend::of(
            Money::new("0.1".parse().unwrap(), Currency::DIEM),
            Basis::Billed,
        );
        let text = serde_json::to_string(&spend).unwrap();
        assert_eq!(serde_json::from_str::<Spend>(&text).unwrap(), spend);
    }
}
