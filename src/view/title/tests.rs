//! Titles of hand-made digests.

use super::*;
use crate::analysis::digest::{AccountState, ConvertedTotal, SumReach};
use crate::domain::usage::Spend;
use crate::view::sample::{self, money, policy, usd};

fn title(template: &str, digest: &Digest) -> String {
    let mut policy = policy();
    policy.title = Some(template.to_owned());
    headline(digest, &policy).title
}

/// Today's spend in dollars, DIEM left, the price of VVV.
fn usual() -> Digest {
    let mut digest = sample::digest(vec![sample::venice()]);
    digest.accounts[0].spend.today = None;
    digest.totals.today = Some(sample::billed(usd("4.21")));
    let mut vvv = sample::vvv();
    vvv.prices[0].price = usd("3.12");
    digest.coins = vec![vvv];
    digest
}

#[test]
fn the_chosen_title_has_spend_balance_and_price() {
    assert_eq!(
        headline(&usual(), &policy()).title,
        "$4.21 · 42.50 DIEM · VVV $3.12"
    );
}

#[test]
fn a_template_shows_what_it_names() {
    assert_eq!(
        title("{spend.today} · {venice.diem} · {vvv.price}", &usual()),
        "$4.21 · 42.50 DIEM · VVV $3.12"
    );
    assert_eq!(
        title("{venice/work.usd} left | {vvv.change_24h}", &usual()),
        "$25.00 left | +3.1 %"
    );
    let full = sample::full();
    assert_eq!(title("{claude.5h}, {claude.week}", &full), "62 %, 21 %");
    assert_eq!(
        title("{openai.spend.week} / {claude.spend.month}", &full),
        "$18.20 / ~$120.40"
    );
    assert_eq!(title("AI {spend.today}", &usual()), "AI $4.21");
}

#[test]
fn an_unknown_figure_goes_with_its_text_and_separator() {
    let digest = usual();
    assert_eq!(
        title(
            "{spend.today} · month {spend.month} · {venice.diem}",
            &digest
        ),
        "$4.21 · 42.50 DIEM"
    );
    assert_eq!(
        title("{spend.month} · {openai.usd} · {vvv.price}", &digest),
        "VVV $3.12"
    );
}

#[test]
fn a_name_that_can_never_be_known_is_a_dash() {
    assert_eq!(
        title("{spend.year} · {vvv.price}", &usual()),
        "– · VVV $3.12"
    );
}

#[test]
fn an_empty_template_is_no_title_and_no_figures_are_words() {
    assert_eq!(title("", &usual()), "");
    assert_eq!(
        title("{openai.usd}", &sample::empty()),
        "Spendtray: no account yet"
    );
}

#[test]
fn real_zero_is_shown_and_unknown_is_not() {
    let mut digest = usual();
    digest.totals.today = Some(Spend::default());
    assert_eq!(
        title("{spend.today} · {vvv.price}", &digest),
        "$0.00 · VVV $3.12"
    );
    digest.totals.today = None;
    assert_eq!(title("{spend.today} · {vvv.price}", &digest), "VVV $3.12");
}

#[test]
fn currencies_are_joined_where_no_rate_is_known() {
    let mut digest = usual();
    let today = digest.totals.today.get_or_insert_default();
    today.merge(&sample::billed(money("2", "DIEM")));
    today.merge(&sample::billed(money("1", "EUR")));
    assert_eq!(title("{spend.today}", &digest), "$4.21 + 2.00 DIEM + €1.00");
}

#[test]
fn the_converted_total_wins_unless_it_misses_something_that_is_known() {
    let mut digest = usual();
    let converted = |reach| ConvertedTotal {
        billed: Some(usd("6.21")),
        estimated: None,
        reach,
        rate_source: Some("ecb".to_owned()),
        rate_at: None,
    };
    digest.converted.today = Some(converted(SumReach::Whole));
    assert_eq!(title("{spend.today}", &digest), "$6.21");
    digest.converted.today = Some(converted(SumReach::LowerBound));
    assert_eq!(title("{spend.today}", &digest), "$4.21");
    digest.totals.today = None;
    assert_eq!(title("{spend.today}", &digest), "≥$6.21");
}

#[test]
fn what_is_left_is_not_taken_for_what_was_spent() {
    let mut digest = usual();
    digest.totals.today = Some(sample::billed(money("7.5", "DIEM")));
    digest.accounts[0].windows.clear();
    let chosen = headline(&digest, &policy()).title;
    assert_eq!(chosen, "7.50 DIEM · 42.50 DIEM left · VVV $3.12");
}

#[test]
fn several_accounts_of_a_provider_add_up_and_a_silent_one_is_told() {
    let mut second = sample::venice();
    second.card = sample::card("venice/home", "Venice (home)");
    let mut digest = sample::digest(vec![sample::venice(), second]);
    assert_eq!(title("{venice.diem}", &digest), "85.00 DIEM");
    assert_eq!(title("{venice/home.diem}", &digest), "42.50 DIEM");
    digest.accounts[1].balances.clear();
    assert_eq!(title("{venice.diem}", &digest), "≥42.50 DIEM");
}

#[test]
fn old_figures_are_marked_and_when_all_are_old_only_once() {
    let mut digest = usual();
    digest.accounts[0].state = AccountState::Stale;
    assert_eq!(
        title("{venice.diem} · {vvv.price}", &digest),
        "42.50 DIEM (old) · VVV $3.12"
    );
    digest.coins[0].state = AccountState::Stale;
    assert_eq!(
        title("{venice.diem} · {vvv.price}", &digest),
        "42.50 DIEM · VVV $3.12 (old)"
    );
}

#[test]
fn dollars_left_are_not_taken_for_dollars_spent() {
    let mut digest = usual();
    digest.accounts[0].balances.remove(0);
    digest.coins.clear();
    assert_eq!(headline(&digest, &policy()).title, "$4.21 · $25.00 left");
}

#[test]
fn the_icon_shows_the_first_figure_of_the_title() {
    let mut policy = policy();
    policy.title = Some("{spend.month} · {claude.week} · {spend.today}".to_owned());
    let mut digest = sample::full();
    digest.converted.month = None;
    let line = headline(&digest, &policy);
    assert_eq!(line.title, "21 % · $16.79 + ~$8.12");
    assert_eq!(line.leading, Some(Glance::Percent(sample::decimal("21"))));
}
