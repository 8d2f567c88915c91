//! Coins: one row a symbol over all accounts, with what the user's holding is worth.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, AccountState, CoinDigest};
use crate::analysis::exchange::Exchange;
use crate::domain::coin::{CoinPrice, Holding};
use crate::domain::ids::Symbol;
use crate::domain::money::{Currency, Money};
use crate::domain::policy::Policy;

/// A price and whether its account can be trusted.
type Told<'a> = (&'a CoinPrice, AccountState);

/// The coins the user holds, in his order, then the others by symbol.
pub(super) fn coins(
    accounts: &[AccountDigest],
    policy: &Policy,
    exchange: &Exchange,
) -> Vec<CoinDigest> {
    let mut told: BTreeMap<&Symbol, Vec<Told<'_>>> = BTreeMap::new();
    for account in accounts {
        for price in &account.prices {
            let row = told.entry(&price.symbol).or_default();
            row.push((price, account.state));
        }
    }
    let mut rows = Vec::new();
    for holding in &policy.holdings {
        if policy.holdings.iter().find(|other| same(other, holding)) != Some(holding) {
            continue;
        }
        let prices = told.remove(&holding.symbol).unwrap_or_default();
        let mut row = coin(&prices, policy.currency, exchange);
        row.held = held(&policy.holdings, holding);
        row.worth = worth(&row);
        // Nothing is said of a coin whose price nobody told: its source shows its own trouble.
        if !row.prices.is_empty() {
            rows.push(row);
        }
    }
    rows.extend(
        told.values()
            .map(|prices| coin(prices, policy.currency, exchange)),
    );
    rows
}

fn same(one: &Holding, other: &Holding) -> bool {
    one.symbol == other.symbol
}

fn held(holdings: &[Holding], holding: &Holding) -> Option<Decimal> {
    holdings
        .iter()
        .filter(|other| same(other, holding))
        .try_fold(Decimal::ZERO, |sum, other| sum.checked_add(other.amount))
}

fn worth(row: &CoinDigest) -> Option<Money> {
    let price = row.prices.first()?.price;
    let amount = price.amount.checked_mul(row.held?)?;
    Some(Money::new(amount, price.currency))
}

fn coin(told: &[Told<'_>], currency: Currency, exchange: &Exchange) -> CoinDigest {
    let mut newest: BTreeMap<Currency, Told<'_>> = BTreeMap::new();
    for (price, state) in told {
        let better = newest
            .get(&price.price.currency)
            .is_none_or(|(known, _)| known.at < price.at);
        if better {
            newest.insert(price.price.currency, (price, *state));
        }
    }
    let own = newest.remove(&currency);
    let state = own
        .iter()
        .chain(newest.values())
        .map(|(_, state)| *state)
        .next();
    let converted = || {
        newest
            .values()
            .find_map(|(price, _)| exchange.price_in(price, currency))
    };
    let first = own.map(|(price, _)| price.clone()).or_else(converted);
    let others = newest.values().map(|(price, _)| (*price).clone());
    CoinDigest {
        prices: first.into_iter().chain(others).collect(),
        state: state.unwrap_or(AccountState::Unknown),
        held: None,
        worth: None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::analysis::testing::{
        account, dec, digest_of, failed, figures, money, now, price, rate,
    };
    use crate::domain::poll::FailureKind;
    use crate::domain::reading::Figures;
    use crate::domain::snapshot::AccountSnapshot;

    #[test]
    fn coins_show_the_users_currency_first_and_what_the_holding_is_worth() {
        let account = account(
            "coingecko",
            Figures {
                prices: vec![price("VVV", "3.05", "AUD"), price("VVV", "2.00", "USD")],
                ..figures()
            },
        );
        let policy = Policy {
            holdings: vec![Holding {
                symbol: Symbol::from("VVV"),
                amount: dec("2750"),
            }],
            ..Policy::default()
        };
        let coins = digest_of(vec![account], &policy).coins;
        assert_eq!(coins.len(), 1);
        assert_eq!(coins[0].prices[0].price, money("2.00", "USD"));
        assert_eq!(coins[0].prices[1].price, money("3.05", "AUD"));
        assert_eq!(coins[0].worth, Some(money("5500.00", "USD")));
        assert_eq!(coins[0].state, AccountState::Fresh);
    }

    #[test]
    fn a_price_missing_in_one_currency_still_shows_the_other() {
        let account = account(
            "coingecko",
            Figures {
                prices: vec![price("VVV", "2.00", "USD")],
                ..figures()
            },
        );
        let policy = Policy {
            currency: "AUD".parse().unwrap(),
            holdings: vec![Holding {
                symbol: Symbol::from("VVV"),
                amount: dec("2750"),
            }],
            ..Policy::default()
        };
        let coins = digest_of(vec![account.clone()], &policy).coins;
        assert_eq!(coins[0].prices.len(), 1);
        assert_eq!(coins[0].worth, Some(money("5500.00", "USD")));
        let mut with_rate = account;
        with_rate.latest.as_mut().unwrap().figures.rates = vec![rate("USD", "AUD", "1.5")];
        let coins = digest_of(vec![with_rate], &policy).coins;
        assert_eq!(coins[0].prices[0].price, money("3.00", "AUD"));
        assert_eq!(coins[0].prices[0].source, "coingecko · ecb");
        assert_eq!(coins[0].worth, Some(money("8250.00", "AUD")));
    }

    #[test]
    fn a_coin_is_shown_once_with_its_newest_price_and_says_how_old_that_is() {
        let source = |id: &str, amount: &str, minutes| {
            let mut account = account(
                id,
                Figures {
                    prices: vec![price("DIEM", amount, "USD")],
                    ..figures()
                },
            );
            let latest = account.latest.as_mut().unwrap();
            latest.figures.prices[0].at = now() - TimeDelta::minutes(minutes);
            latest.figures.prices[0].source = id.to_owned();
            account
        };
        let both = digest_of(
            vec![
                source("dexscreener", "0.79", 9),
                source("coingecko", "0.80", 1),
            ],
            &Policy::default(),
        );
        assert_eq!(both.coins.len(), 1);
        assert_eq!(both.coins[0].prices.len(), 1);
        assert_eq!(both.coins[0].prices[0].price, money("0.80", "USD"));
        assert_eq!(both.coins[0].prices[0].source, "coingecko");
        let down = failed(
            source("coingecko", "0.80", 10),
            FailureKind::Upstream,
            now(),
        );
        let stale = digest_of(vec![down], &Policy::default());
        assert_eq!(stale.coins[0].state, AccountState::Stale);
        assert_eq!(stale.coins[0].prices[0].at, now() - TimeDelta::minutes(10));
        let never = AccountSnapshot {
            latest: None,
            ..source("coingecko", "0.80", 1)
        };
        assert_eq!(
            digest_of(vec![never], &Policy::default()).coins,
            [],
            "no invented price"
        );
    }
}
