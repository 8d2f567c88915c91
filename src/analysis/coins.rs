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
