//! The digest: every figure that people or programs are shown, computed once from snapshot, policy and now.
//!
//! The view, the status command and the alerts all read this, so that they cannot disagree.

mod plans;

use std::cmp::Reverse;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::books::Books;
use crate::analysis::budgets::budget_digest;
use crate::analysis::coins::coins;
use crate::analysis::exchange::{Exchange, converted_totals};
use crate::analysis::rung;
use crate::analysis::session::pace::Pace;
use crate::analysis::standing::{of_alerts, overall};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, Phase};
use crate::domain::coin::CoinPrice;
use crate::domain::ids::{ModelId, ProjectId, ProviderId};
use crate::domain::key::KeyReading;
use crate::domain::money::Money;
use crate::domain::policy::Policy;
use crate::domain::poll::Failure;
use crate::domain::quota::{Balance, Plan, QuotaWindow};
use crate::domain::snapshot::Snapshot;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Spans;

/// What the digest is told about an account besides what the ledger knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCard {
    /// Its id.
    pub id: AccountId,
    /// What people read.
    pub label: String,
    /// How often it is polled: decides when its figures are stale.
    pub every: std::time::Duration,
    /// The vendor's page for people.
    pub dashboard: Option<String>,
    /// The vendor's page for paying; `{amount}` in it is replaced.
    pub top_up: Option<String>,
    /// The zone in which this vendor's own days are cut is always UTC; whether its usage is told by key or model.
    pub shape: AccountShape,
}

/// What sort of account it is, which decides where its rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountShape {
    /// Spends money, credits or a plan.
    Spending,
    /// Only tells prices or rates: no row of its own in the menu unless it fails.
    Market,
}

/// Every figure at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The instant.
    pub now: DateTime<Utc>,
    /// The accounts, in the configuration's order.
    pub accounts: Vec<AccountDigest>,
    /// Spend over all accounts.
    pub totals: Spans,
    /// The totals in the user's currency, where rates are known; billed and estimated apart.
    pub converted: ConvertedTotals,
    /// Coin prices, one each symbol, with what the user holds.
    pub coins: Vec<CoinDigest>,
    /// Budgets, in the configuration's order.
    pub budgets: Vec<BudgetDigest>,
    /// Alerts that are open or acknowledged, worst first.
    pub alerts: Vec<AlertRecord>,
    /// The worst state a person should act on.
    pub state: OverallState,
}

/// An account's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDigest {
    /// Links, label, shape.
    pub card: AccountCard,
    /// Its provider.
    pub provider: ProviderId,
    /// Whether the figures can be trusted.
    pub state: AccountState,
    /// When the figures were taken. `None`: never.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it is polled next. `None`: not planned.
    pub next_poll_at: Option<DateTime<Utc>>,
    /// The failure of the last poll.
    pub failure: Option<Failure>,
    /// What the last good poll did not get, one sentence each.
    pub missing: Vec<String>,
    /// The subscription.
    pub plan: Option<Plan>,
    /// The purses.
    pub balances: Vec<BalanceDigest>,
    /// The windows, fullest first kept in the vendor's order.
    pub windows: Vec<WindowDigest>,
    /// Spend, cut in the user's zone.
    pub spend: Spans,
    /// Tokens and requests of today. `None`: not told.
    pub tokens_today: Option<TokenSum>,
    /// The keys, most spend first.
    pub keys: Vec<KeyReading>,
    /// The models, most spend first.
    pub models: Vec<ModelDigest>,
    /// The projects or workspaces, most spend first.
    pub projects: Vec<ProjectDigest>,
    /// Coin prices this account told.
    pub prices: Vec<CoinPrice>,
    /// The date of the models' prices its spend is estimated by. `None`: it is not.
    pub priced_as_of: Option<NaiveDate>,
}

impl AccountDigest {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.card.id
    }
}

/// Tokens and requests together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenSum {
    /// The tokens.
    pub tokens: TokenCounts,
    /// The requests. `None`: not told.
    pub requests: Option<u64>,
}

/// A purse with its forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceDigest {
    /// The purse.
    pub balance: Balance,
    /// For how long it lasts at the present burn rate. `None`: cannot be estimated.
    pub lasts: Option<TimeDelta>,
}

/// A window with its forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowDigest {
    /// The window; emptied when its reset has passed since the reading.
    pub window: QuotaWindow,
    /// When it is full at the present burn rate. `None`: not before its reset, or cannot be estimated.
    pub runs_out_at: Option<DateTime<Utc>>,
    /// How fast it is used. `None`: it does not run, or its share is unknown.
    pub pace: Option<Pace>,
}

/// A model's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDigest {
    /// The model.
    pub model: ModelId,
    /// Tokens and requests of the month, where told.
    pub tokens: Option<TokenSum>,
    /// Its spend.
    pub spend: Spans,
}

/// A project's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectDigest {
    /// The project.
    pub id: ProjectId,
    /// What people read.
    pub label: String,
    /// Tokens and requests of the month, where told.
    pub tokens: Option<TokenSum>,
    /// Its spend.
    pub spend: Spans,
}

/// A coin's price and what the user's holding is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinDigest {
    /// One price each currency, the user's first.
    pub prices: Vec<CoinPrice>,
    /// Whether the price is as fresh as its account.
    pub state: AccountState,
    /// How many the user holds. `None`: he does not say.
    pub held: Option<Decimal>,
    /// What they are worth, in the first price's currency.
    pub worth: Option<Money>,
}

/// A budget's standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetDigest {
    /// What people read.
    pub name: String,
    /// Spent in the running period, in the budget's currency. `None`: unknown.
    pub spent: Option<Decimal>,
    /// The budget.
    pub amount: Money,
    /// Percent spent. `None`: unknown.
    pub percent: Option<Decimal>,
    /// Projected at the end of the period. `None`: too early to say.
    pub forecast: Option<Decimal>,
    /// When the next period begins.
    pub resets_at: DateTime<Utc>,
    /// Whether the sum is complete.
    pub reach: SumReach,
    /// The folders that its project may mean, where there are several: then nothing is counted.
    pub ambiguous: Vec<String>,
}

/// Whether a sum covers everything it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumReach {
    /// Everything is in it.
    Whole,
    /// Something could not be priced, converted or read: it is at least this much.
    LowerBound,
}

/// Totals in the user's currency. `None`: nothing could be converted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConvertedTotals {
    /// Today.
    pub today: Option<ConvertedTotal>,
    /// This week.
    pub week: Option<ConvertedTotal>,
    /// This month.
    pub month: Option<ConvertedTotal>,
}

/// A total in the user's currency, billed (and metered) apart from estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertedTotal {
    /// What vendors billed or metered. `None`: nothing.
    pub billed: Option<Money>,
    /// What we estimated. `None`: nothing.
    pub estimated: Option<Money>,
    /// Whether everything could be converted.
    pub reach: SumReach,
    /// Who said the oldest rate used. `None`: nothing had to be converted.
    pub rate_source: Option<String>,
    /// When that rate was true.
    pub rate_at: Option<DateTime<Utc>>,
}

/// Whether an account's figures can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountState {
    /// As new as the interval promises.
    Fresh,
    /// The vendor told us to wait; last good figures are shown.
    Waiting,
    /// Last good figures, older than the interval promises.
    Stale,
    /// Never polled.
    Unknown,
    /// Nothing is known because polling fails.
    Failed,
    /// The credential was refused or is missing.
    Unauthorized,
}

impl AccountState {
    /// The name as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Waiting => "waiting",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Unauthorized => "unauthorized",
        }
    }
}

/// The worst that a person should act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverallState {
    /// All is well.
    Ok,
    /// Some figures are old.
    Stale,
    /// Something nears its limit.
    Warning,
    /// Something is at its limit.
    Critical,
    /// Something needs the user: a refused credential, nothing known at all.
    Error,
}

impl OverallState {
    /// The name as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Error => "error",
        }
    }
}

/// Every figure at one instant, for the accounts of the cards, in their order.
#[must_use]
pub fn digest(
    snapshot: &Snapshot,
    cards: &[AccountCard],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Digest {
    let books: Vec<Books<'_>> = cards
        .iter()
        .map(|card| Books::new(card, snapshot.account(&card.id), policy.zone, now))
        .collect();
    let accounts: Vec<AccountDigest> = books.iter().map(Books::digest).collect();
    let exchange = exchange(&books);
    let totals = totals(&accounts);
    let reach = |unit| {
        let each = books.iter().zip(&accounts);
        each.filter(|(_, account)| account.card.shape == AccountShape::Spending)
            .map(|(books, account)| books.reach(unit, &account.spend))
            .fold(SumReach::Whole, SumReach::and)
    };
    let budgets = policy
        .budgets
        .iter()
        .map(|budget| budget_digest(budget, &books, &exchange, (policy.zone, now)))
        .collect::<Vec<_>>();
    Digest {
        now,
        converted: converted_totals(&totals, policy.currency, &exchange, reach),
        coins: coins(&accounts, policy, &exchange),
        alerts: standing_alerts(&snapshot.alerts),
        state: overall(&accounts, &budgets, policy, now).max(of_alerts(&snapshot.alerts, now)),
        accounts,
        totals,
        budgets,
    }
}

fn exchange(books: &[Books<'_>]) -> Exchange {
    let figures: Vec<_> = books.iter().filter_map(Books::figures).collect();
    let rates = figures.iter().flat_map(|figures| figures.rates.clone());
    let prices: Vec<CoinPrice> = figures
        .iter()
        .flat_map(|figures| figures.prices.clone())
        .collect();
    Exchange::new(rates.collect(), &prices)
}

/// Spend over all accounts, each currency and basis for itself; `None` only where no account knows any.
fn totals(accounts: &[AccountDigest]) -> Spans {
    Spans::from_units(|unit| {
        let mut known = accounts
            .iter()
            .filter_map(|account| account.spend.get(unit));
        let mut total = known.next()?.clone();
        known.for_each(|spend| total.merge(spend));
        Some(total)
    })
}

/// The alerts that stand, worst first, then newest; of several thresholds of one figure only the highest.
fn standing_alerts(known: &[AlertRecord]) -> Vec<AlertRecord> {
    let standing: Vec<&AlertRecord> = known
        .iter()
        .filter(|record| record.phase != Phase::Armed)
        .collect();
    let mut shown: Vec<AlertRecord> = standing
        .iter()
        .filter(|record| {
            !standing
                .iter()
                .any(|other| rung::is_below(&record.key, &other.key))
        })
        .map(|record| (*record).clone())
        .collect();
    shown.sort_by_key(|record| Reverse((record.severity, record.raised_at)));
    shown
}

#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod tests;
