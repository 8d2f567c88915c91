//! The user's own rules: any figure, above or below what he named.

use rust_decimal::Decimal;

use crate::analysis::budgets::covers;
use crate::analysis::digest::{AccountDigest, CoinDigest};
use crate::analysis::rules::{Figure, Scene, purses, subject, windows};
use crate::analysis::wording;
use crate::domain::account::AccountId;
use crate::domain::alert::{Condition, Probe, Severity};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::policy::{Metric, MetricRule};
use crate::domain::usage::{Basis, Spend};

pub(super) fn probes(scene: Scene<'_>) -> Vec<Probe> {
    let rules = scene.policy.rules.iter();
    rules.flat_map(|rule| of_rule(scene, rule)).collect()
}

fn of_rule(scene: Scene<'_>, rule: &MetricRule) -> Vec<Probe> {
    let (family, figures) = match &rule.metric {
        Metric::Balance(account, name) => ("balance", balances(scene, account, name)),
        Metric::Window(account, name) => ("window", percents(scene, account, name)),
        Metric::Spend(account, unit) => ("spend", spends(scene, account, *unit)),
        Metric::Price(symbol) => ("price", vec![price(scene, symbol)]),
        Metric::Change24h(symbol) => ("change_24h", vec![change(scene, symbol)]),
    };
    let severity = match (&rule.metric, rule.condition) {
        (Metric::Window(..), Condition::AtLeast(percent)) => {
            scene.severity(percent).max(Severity::Warning)
        }
        _ => Severity::Warning,
    };
    figures
        .into_iter()
        .map(|figure| Probe {
            repeat: rule.repeat,
            body: wording::sentences([
                Some(asked(rule)),
                Some(figure.body.clone()).filter(|body| !body.is_empty()),
            ]),
            ..figure.rung(family, rule.condition, severity)
        })
        .collect()
}

fn asked(rule: &MetricRule) -> String {
    let (side, threshold) = match rule.condition {
        Condition::AtLeast(threshold) => ("above", threshold),
        Condition::AtMost(threshold) => ("below", threshold),
    };
    format!(
        "You asked to be told {side} {}.",
        wording::number(threshold)
    )
}

fn accounts<'a>(
    scene: Scene<'a>,
    wanted: &'a AccountId,
) -> impl Iterator<Item = &'a AccountDigest> {
    let accounts = scene.digest.accounts.iter();
    accounts.filter(|account| covers(wanted, account.id()))
}

fn balances(scene: Scene<'_>, wanted: &AccountId, name: &str) -> Vec<Figure> {
    accounts(scene, wanted)
        .map(|account| {
            let mut rows = account.balances.iter();
            rows.find(|row| row.balance.name.as_str() == name)
                .map_or_else(
                    || unknown(account, &format!("balance {name}")),
                    |row| purses::figure(scene, account, row),
                )
        })
        .collect()
}

fn percents(scene: Scene<'_>, wanted: &AccountId, name: &str) -> Vec<Figure> {
    accounts(scene, wanted)
        .map(|account| {
            let mut rows = account.windows.iter();
            rows.find(|row| row.window.name.as_str() == name)
                .map_or_else(
                    || unknown(account, &format!("window {name}")),
                    |row| windows::figure(scene, account, row),
                )
        })
        .collect()
}

/// A figure that the account does not tell, or does not tell now.
fn unknown(account: &AccountDigest, what: &str) -> Figure {
    Figure {
        subject: subject(account.id(), what),
        period: String::new(),
        value: None,
        title: format!("{}: {what}", account.card.label),
        body: String::new(),
    }
}

fn spends(scene: Scene<'_>, wanted: &AccountId, unit: Unit) -> Vec<Figure> {
    let zone = scene.policy.zone;
    let starts_at = unit.around(scene.now(), zone).from;
    let first = starts_at.with_timezone(&zone).date_naive();
    let when = match unit {
        Unit::Day => "today",
        Unit::Week => "this week",
        Unit::Month => "this month",
    };
    accounts(scene, wanted)
        .map(|account| {
            let money = account
                .spend
                .get(unit)
                .and_then(|spend| amount(spend, scene.policy.currency));
            let label = &account.card.label;
            let written = money.map(wording::money).unwrap_or_default();
            Figure {
                period: first.to_string(),
                value: money.map(|money| money.amount),
                title: format!("{label}: {written} spent {when}"),
                ..unknown(account, &format!("spend {}", unit.current()))
            }
        })
        .collect()
}

/// What a rule on spend compares: the only currency spent, of several the user's. Estimates count only where nothing
/// is billed or metered. `None`: several currencies without the user's.
fn amount(spend: &Spend, own: Currency) -> Option<Money> {
    let mut currencies: Vec<Currency> = spend.iter().map(|(money, _)| money.currency).collect();
    currencies.dedup();
    let currency = match currencies.as_slice() {
        [] if spend.unpriced.is_empty() => return Some(Money::new(Decimal::ZERO, own)),
        [only] => *only,
        several => *several.iter().find(|currency| **currency == own)?,
    };
    let counted = [Basis::Billed, Basis::Metered]
        .into_iter()
        .filter_map(|basis| spend.get(currency, basis))
        .reduce(Decimal::saturating_add);
    let amount = counted.or_else(|| spend.get(currency, Basis::Estimated))?;
    Some(Money::new(amount, currency))
}

fn coin<'a>(scene: Scene<'a>, symbol: &str) -> Option<&'a CoinDigest> {
    let mut coins = scene.digest.coins.iter();
    coins.find(|coin| {
        let price = coin.prices.first();
        price.is_some_and(|price| price.symbol.as_str().eq_ignore_ascii_case(symbol))
    })
}

fn price(scene: Scene<'_>, symbol: &str) -> Figure {
    let symbol = symbol.to_ascii_uppercase();
    // A threshold has no currency of its own: it is meant in the user's.
    let price = coin(scene, &symbol)
        .and_then(|coin| coin.prices.first())
        .filter(|price| price.price.currency == scene.policy.currency);
    let written = price.map(|price| wording::money(price.price));
    Figure {
        subject: format!("{symbol} price"),
        period: String::new(),
        value: price.map(|price| price.price.amount),
        title: format!("{symbol} is at {}", written.unwrap_or_default()),
        body: price
            .and_then(|price| price.change_24h_percent)
            .map(|change| format!("{} in 24 hours.", signed(change)))
            .unwrap_or_default(),
    }
}

fn change(scene: Scene<'_>, symbol: &str) -> Figure {
    let symbol = symbol.to_ascii_uppercase();
    let price = coin(scene, &symbol).and_then(|coin| coin.prices.first());
    let change = price.and_then(|price| price.change_24h_percent);
    Figure {
        subject: format!("{symbol} change_24h"),
        period: String::new(),
        value: change,
        title: format!(
            "{symbol} {} in 24 hours",
            change.map(signed).unwrap_or_default()
        ),
        body: price
            .map(|price| format!("It is at {}.", wording::money(price.price)))
            .unwrap_or_default(),
    }
}

fn signed(percent: Decimal) -> String {
    let sign = if percent > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", wording::percent(percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{
        Program, account, at, balance, billed, dec, figures, money, now, price, rule, slot, spent,
        with_balance, words,
    };
    use crate::domain::policy::Policy;
    use crate::domain::reading::Figures;
    use crate::domain::snapshot::AccountSnapshot;

    fn market(amount: &str) -> AccountSnapshot {
        account(
            "coingecko",
            Figures {
                prices: vec![price("VVV", amount, "USD")],
                ..figures()
            },
        )
    }

    #[test]
    fn a_price_alert_names_its_token_and_fires_once_on_crossing() {
        let mut program = Program::with(rule(
            Metric::Price("VVV".into()),
            Condition::AtLeast(dec("3")),
        ));
        let told: Vec<String> = ["2.9", "3.12", "3.2", "3.3"]
            .into_iter()
            .flat_map(|amount| program.told(market(amount), now()))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @"warning: VVV is at $3.12 | You asked to be told above 3. +3.1 % in 24 hours.");
        program.told(market("2.5"), now());
        assert_eq!(program.told(market("3.1"), now()).len(), 1, "crossed anew");
    }

    #[test]
    fn a_price_in_a_currency_that_is_not_the_users_fires_nothing() {
        let policy = Policy {
            currency: "AUD".parse().unwrap(),
            ..rule(Metric::Price("vvv".into()), Condition::AtLeast(dec("3")))
        };
        let mut program = Program::with(policy);
        program.told(market("1"), now());
        assert!(program.told(market("9"), now()).is_empty());
    }

    #[test]
    fn a_change_over_a_day_can_be_watched() {
        let moved = |percent: &str| {
            let mut account = market("2");
            let figures = &mut account.latest.as_mut().unwrap().figures;
            figures.prices[0].change_24h_percent = Some(dec(percent));
            account
        };
        let mut program = Program::with(rule(
            Metric::Change24h("VVV".into()),
            Condition::AtMost(dec("-10")),
        ));
        program.told(moved("-2"), now());
        let told = program.told(moved("-12.34"), now());
        insta::assert_snapshot!(told.join("\n"), @"warning: VVV -12.3 % in 24 hours | You asked to be told below -10. It is at $2.00.");
    }

    #[test]
    fn a_users_rule_on_a_balance_covers_the_providers_accounts() {
        let metric = Metric::Balance(AccountId::parse("venice"), "diem".into());
        let mut program = Program::with(rule(metric, Condition::AtMost(dec("10"))));
        program.told(
            with_balance(balance("diem", Some(money("11", "DIEM")))),
            now(),
        );
        let told = program.look(
            vec![with_balance(balance("diem", Some(money("8", "DIEM"))))],
            now(),
        );
        assert_eq!(told[0].key.subject, "venice/work balance diem");
        insta::assert_snapshot!(words(&told[0]), @"warning: Venice (work): 8.0000 DIEM left | You asked to be told below 10. Top up at https://venice.ai/pay?amount=25.00");
    }

    #[test]
    fn a_users_rule_on_spend_begins_anew_each_day() {
        let metric = Metric::Spend(AccountId::parse("openai"), Unit::Day);
        let mut program = Program::with(rule(metric, Condition::AtLeast(dec("5"))));
        program.told(spent("1"), now());
        let told = program.told(spent("5"), now());
        insta::assert_snapshot!(told.join("\n"), @"warning: Venice (work): $5.00 spent today | You asked to be told above 5.");
        let tomorrow = at("2026-11-24T09:00:00Z");
        let mut next = spent("0");
        next.latest.as_mut().unwrap().taken_at = tomorrow;
        next.slots = vec![slot("2026-11-24T08:00:00Z", billed("6", "USD"))];
        assert_eq!(program.told(next, tomorrow).len(), 1);
    }
}
