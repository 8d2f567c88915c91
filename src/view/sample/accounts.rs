//! Accounts as people have them.

use chrono::TimeDelta;

use super::*;
use crate::analysis::digest::{
    AccountDigest, AccountShape, AccountState, BudgetDigest, CoinDigest, SumReach, TokenSum,
    WindowDigest,
};
use crate::domain::coin::CoinPrice;
use crate::domain::key::{KeyLimit, LimitPeriod};
use crate::domain::quota::{Plan, WhenFull};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spend};

/// Venice: DIEM and dollars, two keys, one model.
pub(crate) fn venice() -> AccountDigest {
    let mut venice = account("venice/work", "Venice (work)");
    let mut diem = balance("diem", Some(money("42.5", "DIEM")));
    diem.balance.granted = Some(money("100", "DIEM"));
    diem.balance.resets_at = Some(at("2026-11-24T00:00:00Z"));
    let mut dollars = balance("usd", Some(usd("25")));
    dollars.lasts = Some(TimeDelta::days(8));
    venice.balances = vec![diem, dollars];
    venice.spend = spans(
        billed(money("12.575", "DIEM")),
        billed(money("80", "DIEM")),
        billed(money("301.25", "DIEM")),
    );
    venice.tokens_today = Some(TokenSum {
        tokens: TokenCounts {
            input: 1_234_567,
            ..TokenCounts::default()
        },
        requests: Some(412),
    });
    let mut capped = key("ci1", "ci-bot", "6.02", 0);
    capped.limits = vec![KeyLimit {
        max: usd("50"),
        used: Some(usd("21")),
        period: LimitPeriod::Month,
        resets_at: Some(at("2026-12-01T00:00:00Z")),
    }];
    venice.keys = vec![capped, key("abcdefgh", "", "2.10", 30)];
    venice.models = vec![
        model("claude-opus-4", "7.40", 1_200_000),
        model("llama-3.3-70b", "0.0011", 80_400),
    ];
    venice
}

/// Claude Max: two windows, estimated spend.
pub(crate) fn claude(percent: &str) -> AccountDigest {
    let mut claude = account("claude", "Claude");
    claude.card.top_up = None;
    claude.plan = Some(Plan {
        name: "Max 20x".to_owned(),
        monthly: Some(usd("200")),
    });
    let mut session = window("5h", "Session (5 h)", Some(percent), "2026-11-23T13:55:00Z");
    session.runs_out_at = (percent == "92").then(|| at("2026-11-23T11:30:00Z"));
    claude.windows = vec![
        session,
        window("week", "Week", Some("21"), "2026-11-26T08:00:00Z"),
    ];
    let spent = |amount| Spend::of(usd(amount), Basis::Estimated);
    claude.spend = spans(spent("8.12"), spent("31"), spent("120.4"));
    claude
}

/// A month's limit in dollars that only tells.
pub(crate) fn month_limit() -> WindowDigest {
    let end = "2026-11-30T23:00:00Z";
    let mut limit = window("spend_limit", "Month limit", Some("20.6"), end);
    limit.window.used = Some(decimal("41.2"));
    limit.window.limit = Some(decimal("200"));
    limit.window.unit = Some("USD".to_owned());
    limit.window.when_full = WhenFull::ServesOn;
    limit
}

pub(crate) fn market() -> AccountDigest {
    let mut market = account("coingecko", "CoinGecko");
    market.card.shape = AccountShape::Market;
    market
}

pub(crate) fn vvv() -> CoinDigest {
    let price = |price| CoinPrice {
        symbol: "VVV".into(),
        price,
        change_24h_percent: Some(decimal("3.1")),
        source: "coingecko".to_owned(),
        at: at("2026-11-23T09:57:00Z"),
    };
    CoinDigest {
        prices: vec![price(usd("2")), price(money("1.85", "EUR"))],
        state: AccountState::Fresh,
        held: Some(decimal("2750")),
        worth: Some(usd("5500")),
    }
}

pub(crate) fn budget() -> BudgetDigest {
    BudgetDigest {
        ambiguous: Vec::new(),
        name: "openai month".to_owned(),
        spent: Some(decimal("41.2")),
        amount: usd("50"),
        percent: Some(decimal("82.4")),
        forecast: Some(decimal("55.1")),
        resets_at: at("2026-11-30T23:00:00Z"),
        reach: SumReach::Whole,
    }
}
