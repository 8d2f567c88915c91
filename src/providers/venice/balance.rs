//! `billing/balance`: the purses, and how much of the epoch's DIEM is used.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::money::{Currency, Money};
use crate::domain::period;
use crate::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use crate::domain::reading::Figures;
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};

const WHAT: &str = "Venice's answer to `billing/balance`";

/// What Venice says about the purses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Purses {
    standing: Standing,
    /// DIEM granted each epoch. `None`: not told.
    allocation: Option<Decimal>,
    diem: Option<Decimal>,
    usd: Option<Decimal>,
    bundled: Option<Decimal>,
    earned: Option<Decimal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    can_consume: Lenient<bool>,
    balances: Lenient<Balances>,
    diem_epoch_allocation: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Balances {
    diem: Amount,
    usd: Amount,
    bundled_credits: Amount,
    earned_credits: Amount,
}

/// Asks for the purses.
pub(super) async fn ask(vendor: Vendor<'_>) -> Result<Purses, PollError> {
    let reply = vendor.get(&vendor.request("billing/balance")?).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let Some(balances) = body.balances.0 else {
        return Err(PollError::Malformed(format!("{WHAT} has no `balances`")));
    };
    Ok(Purses {
        standing: match body.can_consume.0 {
            Some(false) => Standing::Exhausted,
            Some(true) | None => Standing::Served,
        },
        allocation: body.diem_epoch_allocation.0,
        diem: balances.diem.0,
        usd: balances.usd.0,
        bundled: balances.bundled_credits.0,
        earned: balances.earned_credits.0,
    })
}

impl Purses {
    /// Writes balances and the epoch's window. DIEM and dollars are always named, even where nothing is told, so that
    /// an exhausted account says so; an account that does not stake is granted zero DIEM and has none to tell of.
    pub(super) fn write(&self, now: DateTime<Utc>, figures: &mut Figures) {
        figures.balances.push(self.diem_balance(now));
        figures
            .balances
            .push(self.balance("usd", Currency::USD, self.usd));
        for (name, code, amount) in [
            ("bundled_credits", "BUNDLED_CREDITS", self.bundled),
            ("earned_credits", "EARNED_CREDITS", self.earned),
        ] {
            if let (Some(_), Ok(currency)) = (amount, Currency::new(code)) {
                figures.balances.push(self.balance(name, currency, amount));
            }
        }
        figures.windows.extend(self.epoch(now));
    }

    fn balance(&self, name: &str, currency: Currency, amount: Option<Decimal>) -> Balance {
        Balance {
            name: name.into(),
            remaining: amount.map(|amount| Money::new(amount, currency)),
            granted: None,
            resets_at: None,
            standing: self.standing,
        }
    }

    fn diem_balance(&self, now: DateTime<Utc>) -> Balance {
        Balance {
            granted: self
                .allocation
                .map(|allocation| Money::new(allocation, Currency::DIEM)),
            resets_at: self.staked().map(|_| period::next_utc_midnight(now)),
            ..self.balance("diem", Currency::DIEM, self.diem)
        }
    }

    fn staked(&self) -> Option<Decimal> {
        self.allocation
            .filter(|allocation| *allocation > Decimal::ZERO)
    }

    /// How much of the epoch is used. `None`: the account does not stake, or nothing is told about it.
    fn epoch(&self, now: DateTime<Utc>) -> Option<QuotaWindow> {
        let allocation = self.staked()?;
        // Staking more during the day can leave more than was granted; more than nothing cannot be used then.
        let used = self
            .diem
            .and_then(|left| allocation.checked_sub(left))
            .map(|used| used.max(Decimal::ZERO).normalize());
        let percent = used
            .and_then(|used| used.checked_mul(Decimal::ONE_HUNDRED))
            .and_then(|hundredfold| hundredfold.checked_div(allocation))
            .map(|percent| percent.normalize());
        Some(QuotaWindow {
            name: "epoch".into(),
            label: "DIEM of the day".to_owned(),
            used_percent: percent,
            used,
            limit: Some(allocation),
            unit: Some(Currency::DIEM.code().to_owned()),
            span: Some(TimeDelta::days(1)),
            resets_at: Some(period::next_utc_midnight(now)),
            source: Source::Official,
            when_full: WhenFull::Refuses,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Option<Decimal> {
        text.parse().ok()
    }

    fn figures(purses: &Purses) -> Figures {
        let mut figures = Figures::default();
        purses.write("2026-11-23T08:30:00Z".parse().unwrap(), &mut figures);
        figures
    }

    fn used_percent(allocation: &str, diem: &str) -> Option<Decimal> {
        let purses = Purses {
            allocation: amount(allocation),
            diem: amount(diem),
            ..Purses::default()
        };
        figures(&purses).windows.first()?.used_percent
    }

    #[test]
    fn the_epoch_is_used_by_what_is_missing_from_the_allocation() {
        assert_eq!(used_percent("100", "90.5"), amount("9.5"));
        assert_eq!(used_percent("50", "37.425"), amount("25.15"));
        assert_eq!(used_percent("50", "-0.0137"), amount("100.0274"));
        assert_eq!(used_percent("50", "60"), amount("0"));
    }

    #[test]
    fn without_an_allocation_there_is_no_epoch() {
        assert_eq!(used_percent("0", "5"), None);
        assert_eq!(used_percent("", "5"), None);
        let unknown = Purses {
            allocation: amount("50"),
            ..Purses::default()
        };
        assert_eq!(figures(&unknown).windows[0].used_percent, None);
    }

    #[test]
    fn an_account_that_does_not_stake_has_no_zero_diem() {
        let purses = Purses {
            allocation: Some(Decimal::ZERO),
            usd: amount("3.2075"),
            ..Purses::default()
        };
        let balances = figures(&purses).balances;
        assert_eq!(balances.len(), 2);
        assert_eq!(balances[0].remaining, None);
        assert_eq!(balances[0].resets_at, None);
        assert_eq!(
            balances[1].remaining.unwrap().amount,
            amount("3.2075").unwrap()
        );
    }
}
