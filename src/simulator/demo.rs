//! The story that `spendtray demo` shows: an invented world, and a configuration in which, within the first
//! minute or so, exactly one limit is crossed.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::simulator::market;
use crate::simulator::venice::{self, ledger::Ledger};

/// When something happens, counted from the start: after the first poll, before the second a minute later.
pub(super) const EVENT_AFTER: TimeDelta = TimeDelta::seconds(45);

/// By when it must have been seen.
const SEEN_WITHIN: TimeDelta = TimeDelta::seconds(110);

/// How far a price jumps when a price is what crosses: 6 %, in millionths.
const JUMP_MILLIONTHS: i64 = 60_000;

/// The invented world: everything in it follows from seed, start and the present instant.
#[derive(Debug)]
pub(super) struct World {
    /// What decides the invented figures.
    pub(super) seed: u64,
    /// When the simulator started.
    pub(super) started_at: DateTime<Utc>,
    /// What is going to happen.
    pub(super) story: Story,
    opening: OnceLock<Ledger>,
}

/// What crosses a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// The agents' key burns through DIEM, and the balance falls below what the user wants to be told of.
    AgentsBurst,
    /// The price of VVV jumps: told when midnight would refill the DIEM before anybody saw them fall.
    PriceJump,
}

impl World {
    /// A world as it is at the start.
    pub(super) fn new(seed: u64, started_at: DateTime<Utc>) -> Self {
        let epoch_ends = venice::epoch_start(started_at) + TimeDelta::days(1);
        let story = if epoch_ends - started_at > SEEN_WITHIN {
            Story::AgentsBurst
        } else {
            Story::PriceJump
        };
        Self {
            seed,
            started_at,
            story,
            opening: OnceLock::new(),
        }
    }

    /// Venice's ledger up to an instant.
    pub(super) fn ledger(&self, now: DateTime<Utc>) -> Ledger {
        self.opening
            .get_or_init(|| Ledger::opening(self.seed, self.started_at))
            .until(self, now)
    }

    /// By how many millionths the story moves a coin's price.
    pub(super) fn price_jump_millionths(&self, symbol: &str, at: DateTime<Utc>) -> i64 {
        let jumps = self.story == Story::PriceJump
            && symbol == market::VVV.symbol
            && at >= self.started_at + EVENT_AFTER;
        if jumps { JUMP_MILLIONTHS } else { 0 }
    }

    /// The DIEM balance at which the user is told: a whole or half number, 0.3 to 0.8 below what there is at the
    /// start. Usual calls do not use that much before the burst, and the burst uses twice as much.
    fn diem_floor(&self) -> Decimal {
        let left = venice::balance::diem_left(&self.ledger(self.started_at), self.started_at);
        let halves = (left - Decimal::new(3, 1)) * Decimal::TWO;
        halves.floor() / Decimal::TWO
    }

    /// The price of VVV at which the user is told: near when it is what crosses, else far.
    fn price_ceiling(&self) -> Decimal {
        let factor = match self.story {
            Story::AgentsBurst => Decimal::new(115, 2),
            Story::PriceJump => Decimal::new(103, 2),
        };
        (market::price(self, &market::VVV, self.started_at) * factor).round_dp(2)
    }
}

/// The configuration of the demo. `base_url` knows where each vendor listens.
pub(super) fn config_toml(world: &World, base_url: impl Fn(&str) -> String) -> String {
    let accounts = accounts(base_url);
    let diem_floor = world.diem_floor();
    let price_ceiling = world.price_ceiling();
    format!(
        r#"refresh = "1m"
timezone = "local"
currency = "USD"

{accounts}
[[budget]]
account = "venice/demo"
period = "month"
amount = 50
currency = "USD"
notify_at = [80, 100]

[[alert]]
metric = "venice/demo.balance.diem"
below = {diem_floor}
every = "1h"

[[alert]]
metric = "VVV.price"
above = {price_ceiling}
every = "1h"

[[holding]]
symbol = "VVV"
amount = 2750

[[holding]]
symbol = "DIEM"
amount = 12.5
"#
    )
}

fn accounts(base_url: impl Fn(&str) -> String) -> String {
    format!(
        r#"[[account]]
provider = "venice"
name = "demo"
secret = "env:VENICE_ADMIN_KEY"
base_url = "{venice}"

[[account]]
provider = "openai"
secret = "env:OPENAI_ADMIN_KEY"
base_url = "{openai}"

[[account]]
provider = "anthropic"
secret = "env:ANTHROPIC_ADMIN_KEY"
base_url = "{anthropic}"

[[account]]
provider = "openrouter"
secret = "env:OPENROUTER_MANAGEMENT_KEY"
base_url = "{openrouter}"

[[account]]
provider = "coingecko"
secret = "env:COINGECKO_API_KEY"
base_url = "{coingecko}"
plan = "demo"
currencies = ["usd", "eur"]
geckoterminal_url = "{geckoterminal}"
dexscreener_url = "{dexscreener}"
coinbase_url = "{coinbase}"

[[account]]
provider = "frankfurter"
base_url = "{frankfurter}"
ecb_url = "{ecb}"
symbols = ["EUR", "GBP"]
"#,
        venice = base_url("venice"),
        openai = base_url("openai"),
        anthropic = base_url("anthropic"),
        openrouter = base_url("openrouter"),
        coingecko = base_url("coingecko"),
        geckoterminal = base_url("geckoterminal"),
        dexscreener = base_url("dexscreener"),
        coinbase = base_url("coinbase"),
        frankfurter = base_url("frankfurter"),
        ecb = base_url("ecb"),
    )
}
