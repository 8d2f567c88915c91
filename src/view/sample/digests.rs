//! Whole digests: well, pressing, failing, stale, unknown, estimated, empty.

use super::*;
use crate::analysis::digest::{
    AccountState, ConvertedTotal, ConvertedTotals, Digest, OverallState, SumReach, TokenSum,
};
use crate::domain::alert::Phase;
use crate::domain::poll::FailureKind;
use crate::domain::quota::Standing;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spans, Spend};

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
