//! Coins: what a token costs on the market, and how many the user holds.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::ids::Symbol;
use crate::domain::money::Money;

/// The market price of one coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinPrice {
    /// The ticker.
    pub symbol: Symbol,
    /// The price of one coin.
    pub price: Money,
    /// The change over the last 24 hours in percent, not as a fraction. `None`: the source does not say.
    pub change_24h_percent: Option<Decimal>,
    /// Who says so, as people know it: `coingecko`, `dexscreener`.
    pub source: String,
    /// When that price was true.
    pub at: DateTime<Utc>,
}

/// How many of a coin the user holds, as he says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The coin.
    pub symbol: Symbol,
    /// How many.
    pub amount: Decimal,
}
