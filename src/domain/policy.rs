//! Policy: what the user decided, as the pure core needs it. The configuration makes it; nothing here reads a file.

use crate::domain::zone::Zone;
use rust_decimal::Decimal;

use crate::domain::account::AccountId;
use crate::domain::alert::{Condition, Repeat};
use crate::domain::coin::Holding;
use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;

/// What the user decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The zone in which days, weeks and months are cut.
    pub zone: Zone,
    /// The currency in which totals are also shown.
    pub currency: Currency,
    /// The title's template. `None`: chosen by what is set up.
    pub title: Option<String>,
    /// What the icon shows.
    pub icon: IconStyle,
    /// Percent of a window, budget or limit from which it is a warning.
    pub warn_at: Decimal,
    /// Percent from which it is critical.
    pub critical_at: Decimal,
    /// The money the user allows himself.
    pub budgets: Vec<Budget>,
    /// His own rules on figures.
    pub rules: Vec<MetricRule>,
    /// What coins he holds.
    pub holdings: Vec<Holding>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            zone: Zone::UTC,
            currency: Currency::USD,
            title: None,
            icon: IconStyle::Number,
            warn_at: Decimal::from(75),
            critical_at: Decimal::from(90),
            budgets: Vec::new(),
            rules: Vec::new(),
            holdings: Vec::new(),
        }
    }
}

/// What the icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconStyle {
    /// The leading figure in a pill of the state's colour.
    Number,
    /// A bar of the fullest window.
    Meter,
    /// The mark alone.
    Plain,
}

/// Money the user allows himself; parts that are `None` count everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What people read: `openai month`.
    pub name: String,
    /// Only this account, or all accounts of a provider when the id has no name.
    pub account: Option<AccountId>,
    /// Only this key.
    pub key: Option<KeyId>,
    /// Only this model.
    pub model: Option<ModelId>,
    /// Only this project.
    pub project: Option<ProjectId>,
    /// Over which calendar span.
    pub period: Unit,
    /// How much.
    pub amount: Money,
    /// At which percentages he is told.
    pub notify_at: Vec<Decimal>,
    /// Whether he is also told when the projected end of the period exceeds it.
    pub forecast: ForecastNotice,
}

/// Whether a budget warns ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastNotice {
    /// Told when the projection exceeds the budget.
    On,
    /// Only told when it happens.
    Off,
}

/// A rule on any figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRule {
    /// The figure.
    pub metric: Metric,
    /// When it counts as crossed.
    pub condition: Condition,
    /// Whether it is told again while it lasts.
    pub repeat: Repeat,
}

/// A figure a rule can watch. Prints as in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// `<account>.balance.<name>`
    Balance(AccountId, String),
    /// `<account>.window.<name>`, percent used.
    Window(AccountId, String),
    /// `<account>.spend.<today|week|month>`
    Spend(AccountId, Unit),
    /// `<symbol>.price`
    Price(String),
    /// `<symbol>.change_24h`, percent.
    Change24h(String),
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Balance(account, name) => write!(f, "{account}.balance.{name}"),
            Self::Window(account, name) => write!(f, "{account}.window.{name}"),
            Self::Spend(account, unit) => write!(f, "{account}.spend.{}", unit.current()),
            Self::Price(symbol) => write!(f, "{symbol}.price"),
            Self::Change24h(symbol) => write!(f, "{symbol}.change_24h"),
        }
    }
}
