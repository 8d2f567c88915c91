//! An account's figures as JSON. Pure.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::analysis::digest::{
    AccountDigest, BalanceDigest, ModelDigest, ProjectDigest, TokenSum, WindowDigest,
};
use crate::analysis::session;
use crate::analysis::session::pace::Pace;
use crate::cli::status::json::spend::{
    MoneyJson, SpansJson, SumJson, decimal, instant, money, spans, sums,
};
use crate::domain::coin::CoinPrice;
use crate::domain::key::{KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::Currency;
use crate::domain::poll::Failure;
use crate::domain::quota::{Plan, Source, Standing, WhenFull};

/// An account.
#[derive(Debug, Serialize)]
pub(super) struct AccountJson<'a> {
    id: String,
    provider: &'a str,
    label: &'a str,
    state: &'static str,
    updated_at: Option<String>,
    next_poll_at: Option<String>,
    error: Option<ErrorJson<'a>>,
    /// What the last good poll did not get.
    missing: &'a [String],
    plan: Option<PlanJson<'a>>,
    balances: Vec<BalanceJson<'a>>,
    windows: Vec<WindowJson<'a>>,
    spend: SpansJson<'a>,
    tokens: TokensJson,
    keys: Vec<KeyJson<'a>>,
    models: Vec<ModelJson<'a>>,
    projects: Vec<ProjectJson<'a>>,
    prices: Vec<PriceJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ErrorJson<'a> {
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    retry_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    name: &'a str,
    monthly: Option<MoneyJson>,
}

#[derive(Debug, Serialize)]
struct BalanceJson<'a> {
    name: &'a str,
    currency: Option<Currency>,
    remaining: Option<String>,
    granted: Option<String>,
    resets_at: Option<String>,
    runs_out_at: Option<String>,
    exhausted: bool,
}

#[derive(Debug, Serialize)]
struct WindowJson<'a> {
    name: &'a str,
    label: &'a str,
    used_percent: Option<String>,
    used: Option<String>,
    limit: Option<String>,
    unit: Option<&'a str>,
    resets_at: Option<String>,
    source: Source,
    /// False where the vendor serves on once it is full. `None`: it does not, or does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    enforced: Option<bool>,
    runs_out_at: Option<String>,
    /// How much of its time is gone.
    elapsed_percent: Option<String>,
    /// How fast it is used: `calculating`, `stable`, `lasts` or `runs_out`; `null` when it does not run.
    pace: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct TokensJson {
    today: Option<TokenCountsJson>,
}

/// Tokens and requests.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct TokenCountsJson {
    input: u64,
    cached_input: u64,
    cache_write: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_5m: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_1h: Option<u64>,
    output: u64,
    reasoning: u64,
    requests: Option<u64>,
}

#[derive(Debug, Serialize)]
struct KeyJson<'a> {
    id: &'a str,
    label: &'a str,
    last_used_at: Option<String>,
    expires_at: Option<String>,
    spend: SpansJson<'a>,
    limits: Vec<KeyLimitJson>,
}

#[derive(Debug, Serialize)]
struct KeyLimitJson {
    currency: Currency,
    max: String,
    used: Option<String>,
    period: LimitPeriod,
    resets_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ModelJson<'a> {
    model: &'a str,
    tokens: Option<TokenCountsJson>,
    spend: Option<Vec<SumJson>>,
    /// The span `spend` covers: the longest of month, week and today that is known.
    span: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ProjectJson<'a> {
    id: &'a str,
    label: &'a str,
    tokens: Option<TokenCountsJson>,
    spend: SpansJson<'a>,
}

/// A coin's price.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct PriceJson<'a> {
    symbol: &'a str,
    currency: Currency,
    price: String,
    change_24h_percent: Option<String>,
    source: &'a str,
    updated_at: String,
}

/// An account's figures.
pub(super) fn account(account: &AccountDigest, now: DateTime<Utc>) -> AccountJson<'_> {
    AccountJson {
        id: account.id().to_string(),
        provider: account.provider.as_str(),
        label: &account.card.label,
        state: account.state.name(),
        updated_at: account.updated_at.map(instant),
        next_poll_at: account.next_poll_at.map(instant),
        error: account.failure.as_ref().map(error),
        missing: &account.missing,
        plan: account.plan.as_ref().map(plan),
        balances: account
            .balances
            .iter()
            .map(|each| balance(each, account.updated_at))
            .collect(),
        windows: account
            .windows
            .iter()
            .map(|each| window(each, now))
            .collect(),
        spend: spans(&account.spend),
        tokens: TokensJson {
            today: account.tokens_today.as_ref().map(tokens),
        },
        keys: account.keys.iter().map(key).collect(),
        models: account.models.iter().map(model).collect(),
        projects: account.projects.iter().map(project).collect(),
        prices: account.prices.iter().map(price).collect(),
    }
}

fn error(failure: &Failure) -> ErrorJson<'_> {
    ErrorJson {
        kind: failure.kind.name(),
        message: &failure.message,
        hint: failure.hint.as_deref(),
        retry_at: failure.retry_at.map(instant),
    }
}

fn plan(plan: &Plan) -> PlanJson<'_> {
    PlanJson {
        name: &plan.name,
        monthly: plan.monthly.map(money),
    }
}

fn balance(digest: &BalanceDigest, updated_at: Option<DateTime<Utc>>) -> BalanceJson<'_> {
    let balance = &digest.balance;
    let runs_out_at = updated_at
        .zip(digest.lasts)
        .and_then(|(at, lasts)| at.checked_add_signed(lasts));
    BalanceJson {
        name: balance.name.as_str(),
        currency: balance
            .remaining
            .or(balance.granted)
            .map(|money| money.currency),
        remaining: balance.remaining.map(|money| decimal(money.amount)),
        granted: balance.granted.map(|money| decimal(money.amount)),
        resets_at: balance.resets_at.map(instant),
        runs_out_at: runs_out_at.map(instant),
        exhausted: balance.standing == Standing::Exhausted,
    }
}

fn window(digest: &WindowDigest, now: DateTime<Utc>) -> WindowJson<'_> {
    let window = &digest.window;
    let elapsed = session::elapsed_percent(window.resets_at, window.span, now);
    WindowJson {
        name: window.name.as_str(),
        label: &window.label,
        used_percent: window.used_percent.map(decimal),
        used: window.used.map(decimal),
        limit: window.limit.map(decimal),
        unit: window.unit.as_deref(),
        resets_at: window.resets_at.map(instant),
        source: window.source,
        enforced: (window.when_full == WhenFull::ServesOn).then_some(false),
        runs_out_at: digest.runs_out_at.map(instant),
        elapsed_percent: elapsed.map(|percent| decimal(percent.round_dp(1))),
        pace: digest.pace.map(Pace::name),
    }
}

/// Tokens and requests.
pub(in crate::cli) fn tokens(sum: &TokenSum) -> TokenCountsJson {
    TokenCountsJson {
        input: sum.tokens.input,
        cached_input: sum.tokens.cached_input,
        cache_write: sum.tokens.cache_writes(),
        cache_write_5m: told(sum.tokens.cache_write_5m),
        cache_write_1h: told(sum.tokens.cache_write_1h),
        output: sum.tokens.output,
        reasoning: sum.tokens.reasoning,
        requests: sum.requests,
    }
}

/// Lifetimes of cache writes are named only where a vendor tells them.
fn told(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

fn key(key: &KeyReading) -> KeyJson<'_> {
    KeyJson {
        id: key.id.as_str(),
        label: &key.label,
        last_used_at: key.last_used_at.map(instant),
        expires_at: key.expires_at.map(instant),
        spend: spans(&key.spend),
        limits: key.limits.iter().map(key_limit).collect(),
    }
}

fn key_limit(limit: &KeyLimit) -> KeyLimitJson {
    KeyLimitJson {
        currency: limit.max.currency,
        max: decimal(limit.max.amount),
        used: limit.used.map(|money| decimal(money.amount)),
        period: limit.period,
        resets_at: limit.resets_at.map(instant),
    }
}

fn model(model: &ModelDigest) -> ModelJson<'_> {
    let spend = &model.spend;
    let widest = [
        ("month", &spend.month),
        ("week", &spend.week),
        ("today", &spend.today),
    ]
    .into_iter()
    .find_map(|(span, spend)| spend.as_ref().map(|spend| (span, spend)));
    ModelJson {
        model: model.model.as_str(),
        tokens: model.tokens.as_ref().map(tokens),
        spend: widest.map(|(_, spend)| sums(spend)),
        span: widest.map(|(span, _)| span),
    }
}

fn project(project: &ProjectDigest) -> ProjectJson<'_> {
    ProjectJson {
        id: project.id.as_str(),
        label: &project.label,
        tokens: project.tokens.as_ref().map(tokens),
        spend: spans(&project.spend),
    }
}

/// A coin's price as JSON.
pub(in crate::cli) fn price(price: &CoinPrice) -> PriceJson<'_> {
    PriceJson {
        symbol: price.symbol.as_str(),
        currency: price.price.currency,
        price: decimal(price.price.amount),
        change_24h_percent: price.change_24h_percent.map(decimal),
        source: &price.source,
        updated_at: instant(price.at),
    }
}
