//! Digests by hand, for the tests of this folder.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{
    AccountCard, AccountDigest, AccountShape, AccountState, BalanceDigest, BudgetDigest,
    CoinDigest, ConvertedTotal, ConvertedTotals, Digest, ModelDigest, OverallState, SumReach,
    TokenSum, WindowDigest,
};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertKey, AlertRecord, Phase, Severity};
use crate::domain::coin::CoinPrice;
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::Money;
use crate::domain::policy::Policy;
use crate::domain::poll::{Failure, FailureKind};
use crate::domain::quota::{Balance, Plan, QuotaWindow, Source, Standing, WhenFull};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spans, Spend};
use crate::view::menu::Checked;
use crate::view::{Refreshing, Surroundings};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The instant of all samples: eleven in the morning in Berlin.
pub(crate) fn now() -> DateTime<Utc> {
    at("2026-11-23T10:00:00Z")
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn money(amount: &str, code: &str) -> Money {
    Money::new(decimal(amount), code.parse().unwrap())
}

pub(crate) fn usd(amount: &str) -> Money {
    money(amount, "USD")
}

pub(crate) fn policy() -> Policy {
    Policy {
        zone: chrono_tz::Tz::Europe__Berlin,
        ..Policy::default()
    }
}

pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        autostart: Some(Checked::Yes),
        last_refresh: Some(at("2026-11-23T09:58:00Z")),
        refreshing: Refreshing::No,
        reading: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn card(id: &str, label: &str) -> AccountCard {
    AccountCard {
        id: AccountId::parse(id),
        label: label.to_owned(),
        every: Duration::from_mins(5),
        dashboard: Some("https://venice.example/settings".to_owned()),
        top_up: Some("https://venice.example/pay?amount={amount}".to_owned()),
        shape: AccountShape::Spending,
    }
}

pub(crate) fn account(id: &str, label: &str) -> AccountDigest {
    let card = card(id, label);
    AccountDigest {
        provider: card.id.provider().clone(),
        card,
        state: AccountState::Fresh,
        updated_at: Some(at("2026-11-23T09:58:00Z")),
        next_poll_at: Some(at("2026-11-23T10:03:00Z")),
        failure: None,
        missing: Vec::new(),
        plan: None,
        balances: Vec::new(),
        windows: Vec::new(),
        spend: Spans::default(),
        tokens_today: None,
        keys: Vec::new(),
        models: Vec::new(),
        projects: Vec::new(),
        prices: Vec::new(),
        priced_as_of: None,
    }
}

pub(crate) fn digest(accounts: Vec<AccountDigest>) -> Digest {
    Digest {
        now: now(),
        accounts,
        totals: Spans::default(),
        converted: ConvertedTotals::default(),
        coins: Vec::new(),
        budgets: Vec::new(),
        alerts: Vec::new(),
        state: OverallState::Ok,
    }
}

pub(crate) fn balance(name: &str, remaining: Option<Money>) -> BalanceDigest {
    BalanceDigest {
        balance: Balance {
            name: name.into(),
            remaining,
            granted: None,
            resets_at: None,
            standing: Standing::Served,
        },
        lasts: None,
    }
}

pub(crate) fn window(name: &str, label: &str, percent: Option<&str>, reset: &str) -> WindowDigest {
    WindowDigest {
        window: QuotaWindow {
            name: name.into(),
            label: label.to_owned(),
            used_percent: percent.map(decimal),
            used: None,
            limit: None,
            unit: None,
            span: None,
            resets_at: Some(at(reset)),
            source: Source::Official,
            when_full: WhenFull::Refuses,
        },
        runs_out_at: None,
        pace: None,
    }
}

pub(crate) fn billed(money: Money) -> Spend {
    Spend::of(money, Basis::Billed)
}

pub(crate) fn spans(today: Spend, week: Spend, month: Spend) -> Spans {
    Spans {
        today: Some(today),
        week: Some(week),
        month: Some(month),
    }
}

pub(crate) fn failure(kind: FailureKind, message: &str, hint: Option<&str>) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        hint: hint.map(str::to_owned),
        retry_at: None,
        since: at("2026-11-23T08:12:00Z"),
    }
}

pub(crate) fn alert(subject: &str) -> AlertRecord {
    AlertRecord {
        key: AlertKey {
            rule: "balance-low".into(),
            subject: subject.to_owned(),
            period: String::new(),
        },
        severity: Severity::Warning,
        title: "Venice (work): 8.2000 DIEM left".to_owned(),
        body: "Less than 10 % of today's DIEM is left. It refills at 1am.".to_owned(),
        phase: Phase::Open,
        raised_at: Some(at("2026-11-23T09:30:00Z")),
        notified_at: Some(at("2026-11-23T09:30:00Z")),
        cleared_at: None,
        snoozed_until: None,
    }
}

fn total(billed: &str) -> ConvertedTotal {
    ConvertedTotal {
        billed: Some(usd(billed)),
        estimated: None,
        reach: SumReach::Whole,
        rate_source: None,
        rate_at: None,
    }
}

pub(crate) fn key(id: &str, label: &str, month: &str, used_days_ago: i64) -> KeyReading {
    KeyReading {
        id: id.into(),
        label: label.to_owned(),
        kind: KeyKind::Inference,
        created_at: None,
        expires_at: None,
        last_used_at: Some(now() - TimeDelta::days(used_days_ago)),
        spend: Spans {
            month: Some(billed(usd(month))),
            ..Spans::default()
        },
        limits: Vec::new(),
    }
}

fn model(name: &str, month: &str, output: u64) -> ModelDigest {
    ModelDigest {
        model: name.into(),
        tokens: Some(TokenSum {
            tokens: TokenCounts {
                output,
                ..TokenCounts::default()
            },
            requests: Some(1204),
        }),
        spend: Spans {
            month: Some(billed(usd(month))),
            ..Spans::default()
        },
    }
}

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
fn month_limit() -> WindowDigest {
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

fn budget() -> BudgetDigest {
    BudgetDigest {
        name: "openai month".to_owned(),
        spent: Some(decimal("41.2")),
        amount: usd("50"),
        percent: Some(decimal("82.4")),
        forecast: Some(decimal("55.1")),
        resets_at: at("2026-11-30T23:00:00Z"),
        reach: SumReach::Whole,
    }
}

/// Everything set up and well.
pub(crate) fn full() -> Digest {
    let mut openai = account("openai", "OpenAI");
    openai.card.top_up = Some("https://openai.example/billing".to_owned());
    openai.spend = spans(
        billed(usd("4.21")),
        billed(usd("18.2")),
        billed(usd("41.2")),
    );
    openai.windows = vec![month_limit()];
    let mut full = digest(vec![venice(), openai, claude("62"), market()]);
    full.totals.today = Some(billed(usd("4.21")));
    let mut today = total("16.785");
    today.estimated = Some(usd("8.12"));
    today.rate_source = Some("venice".to_owned());
    today.rate_at = Some(at("2026-11-20T15:00:00Z"));
    let mut month = total("342.45");
    month.estimated = Some(usd("120.4"));
    full.converted = ConvertedTotals {
        today: Some(today),
        week: Some(total("98.2")),
        month: Some(month),
    };
    full.coins = vec![vvv()];
    full.budgets = vec![budget()];
    full
}

/// As [`full`], with a window and a budget near their ends, and alerts.
pub(crate) fn pressing() -> Digest {
    let mut pressing = full();
    pressing.state = OverallState::Critical;
    pressing.accounts[2] = claude("92");
    let mut seen = alert("openai budget");
    seen.phase = Phase::Acknowledged;
    seen.title = "Budget `openai month`: 82.4 % spent".to_owned();
    seen.body = "$41.20 of $50.00 is spent. At this pace the month ends at $55.10; lower it, or \
                 raise the budget in the settings."
        .to_owned();
    pressing.alerts = vec![alert("venice/work balance diem"), seen];
    pressing
}

/// Every account fails and nothing is known.
pub(crate) fn failing() -> Digest {
    let mut refused = account("venice/work", "Venice (work)");
    refused.state = AccountState::Unauthorized;
    refused.updated_at = None;
    refused.failure = Some(failure(
        FailureKind::Unauthorized,
        "Venice refused the key (401 from api.venice.ai).",
        Some("Make a new admin key and store it with `spendtray login venice/work`."),
    ));
    let mut unreachable = account("openai", "OpenAI");
    unreachable.state = AccountState::Failed;
    unreachable.updated_at = None;
    unreachable.failure = Some(failure(
        FailureKind::Unreachable,
        "api.openai.com did not answer within 30 s.",
        None,
    ));
    let mut market = market();
    market.state = AccountState::Failed;
    market.updated_at = None;
    market.failure = Some(failure(
        FailureKind::Upstream,
        "CoinGecko answered 503.",
        None,
    ));
    let mut failing = digest(vec![market, unreachable, refused]);
    failing.state = OverallState::Error;
    failing
}

/// As [`full`], but yesterday's.
pub(crate) fn stale() -> Digest {
    let mut stale = full();
    stale.state = OverallState::Stale;
    for account in &mut stale.accounts {
        account.state = AccountState::Stale;
        account.updated_at = Some(at("2026-11-22T16:05:00Z"));
    }
    stale.accounts[0].failure = Some(failure(
        FailureKind::Upstream,
        "Venice answered 503.",
        Some("Nothing to do: it is asked again."),
    ));
    stale.coins[0].state = AccountState::Stale;
    stale
}

/// A window and a cap over their limits, a purse used up.
pub(crate) fn over_limit() -> Digest {
    let mut claude = claude("130");
    claude.windows[1].window.used = Some(decimal("1300"));
    claude.windows[1].window.limit = Some(decimal("1000"));
    claude.windows[1].window.unit = Some("requests".to_owned());
    let mut venice = venice();
    venice.balances[0].balance.remaining = Some(money("0", "DIEM"));
    venice.balances[0].balance.standing = Standing::Exhausted;
    venice.keys[0].limits[0].used = Some(usd("65"));
    let mut over = digest(vec![claude, venice]);
    over.state = OverallState::Critical;
    let mut spent = budget();
    spent.spent = Some(decimal("62.5"));
    spent.percent = Some(decimal("125"));
    over.budgets = vec![spent];
    over
}

/// Accounts that answered and told nothing, and one that was never asked.
pub(crate) fn unknown() -> Digest {
    let mut silent = account("venice/work", "Venice (work)");
    silent.balances = vec![balance("diem", None), balance("bundled_credits", None)];
    silent.windows = vec![window("epoch", "Epoch", None, "2026-11-24T00:00:00Z")];
    silent.missing = vec!["The usage of today did not come: 403.".to_owned()];
    let mut bare = key("abcdefgh", "", "0", 0);
    bare.last_used_at = None;
    bare.spend = Spans::default();
    silent.keys = vec![bare];
    let mut new = account("openai", "OpenAI");
    new.state = AccountState::Unknown;
    new.updated_at = None;
    let mut unknown = digest(vec![silent, new]);
    let mut unread = budget();
    unread.spent = None;
    unread.percent = None;
    unread.forecast = None;
    unknown.budgets = vec![unread];
    unknown
}

/// Estimated money, and a sum that misses something.
pub(crate) fn estimated() -> Digest {
    let mut logs = account("claude-code", "Claude Code");
    let mut today = Spend::of(usd("3.5"), Basis::Estimated);
    today.unpriced.insert("model-x".into());
    logs.spend.today = Some(today);
    logs.priced_as_of = chrono::NaiveDate::from_ymd_opt(2026, 11, 23);
    let mut estimated = digest(vec![logs]);
    estimated.converted.today = Some(ConvertedTotal {
        billed: None,
        estimated: Some(usd("3.5")),
        reach: SumReach::LowerBound,
        rate_source: None,
        rate_at: None,
    });
    let mut least = budget();
    least.reach = SumReach::LowerBound;
    estimated.budgets = vec![least];
    estimated
}

/// Tokens that nobody knows the price of, beside an account that spent nothing.
pub(crate) fn unpriced() -> Digest {
    let mut logs = account("claude-code", "Claude Code");
    let mut today = Spend::default();
    today.unpriced.insert("model-x".into());
    logs.spend.today = Some(today.clone());
    logs.tokens_today = Some(TokenSum {
        tokens: TokenCounts {
            input: 1000,
            output: 100,
            ..TokenCounts::default()
        },
        requests: Some(1),
    });
    let mut idle = account("amp-logs", "Amp");
    idle.spend.today = Some(Spend::default());
    let mut unpriced = digest(vec![idle, logs]);
    unpriced.totals.today = Some(today);
    unpriced
}

/// Nothing set up.
pub(crate) fn empty() -> Digest {
    digest(Vec::new())
}
