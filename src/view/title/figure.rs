//! The figures of a title: what a placeholder stands for at present, and how old that is.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, AccountShape, AccountState, CoinDigest, Digest};
use crate::domain::account::AccountId;
use crate::domain::money::Money;
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::domain::quota::Standing;
use crate::domain::usage::Spend;
use crate::view::format;
use crate::view::phrase::{account, quota, spend};
use crate::view::title::template::Placeholder;

/// A figure as an icon can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glance {
    /// Money that was spent or is asked; rounded to the nearest.
    Price(Money),
    /// Money that is left; never rounded up.
    Left(Money),
    /// A share.
    Percent(Decimal),
}

/// A figure of the title.
pub(super) struct Figure {
    pub(super) text: String,
    pub(super) glance: Glance,
    pub(super) age: Age,
}

/// Whether a figure is older than promised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Good,
    Old,
}

impl Age {
    fn of(old: bool) -> Self {
        if old { Self::Old } else { Self::Good }
    }
}

/// The figure of a placeholder. `None`: unknown.
pub(super) fn figure(
    placeholder: &Placeholder,
    digest: &Digest,
    policy: &Policy,
) -> Option<Figure> {
    match placeholder {
        Placeholder::Total(unit) => total(*unit, digest, policy),
        Placeholder::Spend(subject, unit) => account_spend(subject, *unit, digest, policy),
        Placeholder::Named(subject, name) => coin_figure(subject, name, digest)
            .or_else(|| balance(&accounts(digest, subject), name, digest))
            .or_else(|| window(&accounts(digest, subject), name, digest)),
    }
}

/// The account of that id; else all accounts of the provider of that name.
fn accounts<'a>(digest: &'a Digest, subject: &str) -> Vec<&'a AccountDigest> {
    let id = AccountId::parse(subject);
    let exact = digest.accounts.iter().find(|account| *account.id() == id);
    match exact {
        Some(account) => vec![account],
        None => digest
            .accounts
            .iter()
            .filter(|account| account.provider.as_str() == subject)
            .collect(),
    }
}

pub(super) fn total(unit: Unit, digest: &Digest, policy: &Policy) -> Option<Figure> {
    let sum = spend::total(digest, policy, unit, format::money_short)?;
    let old = digest.accounts.iter().any(|each| {
        spend::of_span(&each.spend, unit).is_some() && account::is_old(each, digest.now)
    });
    Some(Figure {
        text: sum.text,
        glance: Glance::Price(sum.leading),
        age: Age::of(old),
    })
}

fn account_spend(subject: &str, unit: Unit, digest: &Digest, policy: &Policy) -> Option<Figure> {
    let mut old = false;
    let mut known = None;
    for account in accounts(digest, subject) {
        if let Some(spend) = spend::of_span(&account.spend, unit) {
            known.get_or_insert_with(Spend::default).merge(spend);
            old |= account::is_old(account, digest.now);
        }
    }
    let sum = spend::spend(&known?, policy.currency, format::money_short)?;
    Some(Figure {
        text: sum.text,
        glance: Glance::Price(sum.leading),
        age: Age::of(old),
    })
}

/// A balance; over several accounts the sum in its currency, marked when one of them does not tell.
fn balance(accounts: &[&AccountDigest], name: &str, digest: &Digest) -> Option<Figure> {
    let told: Vec<(&AccountDigest, Money)> = accounts
        .iter()
        .filter_map(|account| {
            let balance = account
                .balances
                .iter()
                .find(|balance| balance.balance.name.as_str().eq_ignore_ascii_case(name))?;
            Some((*account, balance.balance.remaining?))
        })
        .collect();
    let (_, first) = told.first()?;
    let sum = told
        .iter()
        .skip(1)
        .try_fold(*first, |sum, (_, money)| sum.checked_add(*money))
        .unwrap_or(*first);
    let bound = if told.len() < accounts.len() {
        "≥"
    } else {
        ""
    };
    let old = told
        .iter()
        .any(|(each, _)| account::is_old(each, digest.now));
    Some(Figure {
        text: format!("{bound}{}", format::money_short(sum)),
        glance: Glance::Left(sum),
        age: Age::of(old),
    })
}

/// A window's share; over several accounts the fullest.
fn window(accounts: &[&AccountDigest], name: &str, digest: &Digest) -> Option<Figure> {
    let (each, window) = accounts
        .iter()
        .flat_map(|each| {
            each.windows
                .iter()
                .map(move |window| (*each, &window.window))
        })
        .filter(|(_, window)| window.name.as_str().eq_ignore_ascii_case(name))
        .max_by_key(|(_, window)| window.used_percent)?;
    Some(Figure {
        text: quota::used(window),
        glance: Glance::Percent(window.used_percent?),
        age: Age::of(account::is_old(each, digest.now)),
    })
}

fn coin_figure(subject: &str, name: &str, digest: &Digest) -> Option<Figure> {
    let coin = digest.coins.iter().find(|coin| {
        coin.prices
            .first()
            .is_some_and(|price| price.symbol.as_str().eq_ignore_ascii_case(subject))
    })?;
    let price = coin.prices.first()?;
    match name {
        "price" => coin_price(coin),
        "change_24h" => price.change_24h_percent.map(|percent| Figure {
            text: format::change(percent),
            glance: Glance::Percent(percent),
            age: coin_age(coin),
        }),
        _ => None,
    }
}

pub(super) fn coin_price(coin: &CoinDigest) -> Option<Figure> {
    let price = coin.prices.first()?;
    Some(Figure {
        text: format!("{} {}", price.symbol, format::money_short(price.price)),
        glance: Glance::Price(price.price),
        age: coin_age(coin),
    })
}

fn coin_age(coin: &CoinDigest) -> Age {
    Age::of(!matches!(
        coin.state,
        AccountState::Fresh | AccountState::Waiting
    ))
}

pub(super) fn fullest_window(digest: &Digest, policy: &Policy) -> Option<(Decimal, Figure)> {
    let (each, window, percent) = spending(digest)
        .filter_map(|each| {
            let row = account::fullest(each)?;
            let percent = row.window.used_percent?;
            // What is left says it already, until it is little.
            let needless = percent < policy.warn_at && quota::is_told_by_purse(row, each);
            (!needless).then_some((each, &row.window, percent))
        })
        .min_by_key(|(_, _, percent)| Reverse(*percent))?;
    let label = format::trim(&each.card.label, 16);
    let figure = Figure {
        text: format!("{label} {}", quota::used(window)),
        glance: Glance::Percent(percent),
        age: Age::of(account::is_old(each, digest.now)),
    };
    Some((percent, figure))
}

/// The first purse that says what is left; one that is used up goes before. `spent` stands beside it.
pub(super) fn leading_balance(digest: &Digest, spent: Option<&Figure>) -> Option<Figure> {
    let told = || {
        spending(digest).flat_map(|each| {
            each.balances.iter().filter_map(move |balance| {
                let money = balance.balance.remaining?;
                Some((each, balance.balance.standing, money))
            })
        })
    };
    let (each, _, money) = told()
        .find(|(_, standing, _)| *standing == Standing::Exhausted)
        .or_else(|| told().find(|(_, _, money)| !money.amount.is_zero()))
        .or_else(|| told().next())?;
    // What is left must not be taken for what was spent.
    let beside = spent.is_some_and(|spent| spent.text.contains(&format::unit(money.currency)));
    let left = if beside || format::symbol(money.currency).is_some() {
        " left"
    } else {
        ""
    };
    Some(Figure {
        text: format!("{}{left}", format::money_short(money)),
        glance: Glance::Left(money),
        age: Age::of(account::is_old(each, digest.now)),
    })
}

fn spending(digest: &Digest) -> impl Iterator<Item = &AccountDigest> {
    digest
        .accounts
        .iter()
        .filter(|account| account.card.shape == AccountShape::Spending)
}
