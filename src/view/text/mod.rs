//! The figures as text for terminals: what `spendtray status` prints and "Copy figures" copies.
//!
//! Plain text of at most 80 columns: readable without colour, in a pipe and in a mail. Machine-readable output
//! is not made here.

mod account;
mod layout;

use crate::analysis::digest::{AccountDigest, BudgetDigest, CoinDigest, Digest};
use crate::domain::alert::{AlertRecord, Phase};
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::ResetWords;
use crate::view::phrase::{self, budget, market, spend};
use crate::view::text::layout::Page;
use crate::view::title::headline;

/// What is printed while nothing is set up.
const FIRST_STEPS: &str = "\
No account yet.

  spendtray login venice   add an account; its key goes to the secret store
  spendtray providers      every provider, and what it needs
  spendtray demo           look around with invented figures
";

/// How many keys and models an account lists beside other accounts.
const FEW: usize = 8;

/// Every figure, account by account, worst first.
#[must_use]
pub fn status(digest: &Digest, policy: &Policy) -> String {
    if digest.accounts.is_empty() && digest.coins.is_empty() {
        return FIRST_STEPS.to_owned();
    }
    let moment = Moment {
        now: digest.now,
        zone: policy.zone,
    };
    let mut page = Page::default();
    page.line(&totals(digest, policy));
    if let Some(line) = spend::subscriptions(digest) {
        page.line(&line);
    }
    let accounts = phrase::account::worst_first(digest, policy);
    let most = if accounts.len() > 1 { FEW } else { usize::MAX };
    for each in accounts {
        page.blank();
        account::write(
            &mut page,
            each,
            policy,
            &account::Detail {
                moment,
                resets: ResetWords::Countdown,
                most,
            },
        );
    }
    coins(&mut page, digest, moment);
    budgets(&mut page, &digest.budgets, moment);
    alerts(&mut page, &digest.alerts, moment);
    page.into_text()
}

/// One account's figures, in words that hold for a while.
#[must_use]
pub fn account(account: &AccountDigest, policy: &Policy, moment: Moment) -> String {
    let mut page = Page::default();
    account::write(
        &mut page,
        account,
        policy,
        &account::Detail {
            moment,
            resets: ResetWords::Clock,
            most: usize::MAX,
        },
    );
    page.into_text()
}

/// The windows of accounts that have some, for where only they are wanted.
#[must_use]
pub fn windows(accounts: &[&AccountDigest], moment: Moment) -> String {
    let mut page = Page::default();
    let detail = account::Detail {
        moment,
        resets: ResetWords::Countdown,
        most: 0,
    };
    for each in accounts.iter().filter(|each| !each.windows.is_empty()) {
        page.line(&each.card.label);
        account::windows(&mut page, each, &detail);
    }
    page.into_text()
}

fn totals(digest: &Digest, policy: &Policy) -> String {
    let sums: Vec<String> = [Unit::Day, Unit::Week, Unit::Month]
        .into_iter()
        .filter_map(|unit| {
            let sum = spend::total(digest, policy, unit, format::money)?;
            Some(format!("{} {}", sum.text, spend::span_words(unit)))
        })
        .collect();
    if sums.is_empty() {
        headline(digest, policy).long
    } else {
        sums.join(" · ")
    }
}

fn coins(page: &mut Page, digest: &Digest, moment: Moment) {
    let mut known = digest
        .coins
        .iter()
        .filter_map(|coin| Some((coin, coin.prices.first()?)))
        .peekable();
    if known.peek().is_some() {
        page.blank();
        page.line("Coins");
    }
    for (coin, price) in known {
        page.entry(
            price.symbol.as_str(),
            &priced(coin),
            &coin_notes(coin, moment),
        );
    }
    if let Some(rate) = market::rate(digest, moment) {
        page.blank();
        page.line(&rate);
    }
}

/// Price and change without the symbol, which is the entry's name.
fn priced(coin: &CoinDigest) -> String {
    let words = market::coin(coin).unwrap_or_default();
    words
        .split_once("  ")
        .map_or(words.clone(), |(_, price)| price.to_owned())
}

fn coin_notes(coin: &CoinDigest, moment: Moment) -> Vec<String> {
    let further = coin
        .prices
        .iter()
        .skip(1)
        .map(|price| format::money(price.price));
    market::held(coin)
        .into_iter()
        .chain(further)
        .chain(market::source(coin))
        .chain(market::age(coin, moment))
        .collect()
}

fn budgets(page: &mut Page, budgets: &[BudgetDigest], moment: Moment) {
    if budgets.is_empty() {
        return;
    }
    page.blank();
    page.line("Budgets");
    for each in budgets {
        let share = each.percent.map(format::percent);
        let notes = budget::notes(each, moment);
        let rest = notes.into_iter().skip(usize::from(share.is_some()));
        let notes: Vec<String> = [budget::spent(each)].into_iter().chain(rest).collect();
        page.gauge(&each.name, (each.percent, share.as_deref()), &notes);
    }
}

fn alerts(page: &mut Page, alerts: &[AlertRecord], moment: Moment) {
    if alerts.is_empty() {
        return;
    }
    page.blank();
    page.line("Alerts");
    for alert in alerts {
        let mut notes = Vec::new();
        if let Some(raised) = alert.raised_at {
            notes.push(format!("since {}", format::when(raised, moment)));
        }
        if alert.phase == Phase::Acknowledged {
            notes.push("acknowledged".to_owned());
        }
        let title = format!("{} · {}", alert.title, alert.key.short());
        page.entry(alert.severity.name(), &title, &notes);
        page.paragraph(&alert.body);
    }
}
