//! `spendtray prices`: coin prices with what the user holds, exchange rates, each with its source and age, and of which
//! day the prices of models are.

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use crate::analysis::digest::{AccountShape, CoinDigest};
use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::app::pricing::{Refreshed, Standing};
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Figures, Polling};
use crate::cli::output::tone_of;
use crate::cli::session::Session;
use crate::cli::status::json::{self, SCHEMA, decimal, instant};
use crate::cli::table::{Cell, Table};
use crate::domain::coin::CoinPrice;
use crate::domain::rates::{Rate, Rates};
use crate::providers::Kind;
use crate::view::format;

/// Show coin prices, exchange rates and what your holdings are worth
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Poll the price sources now
    #[arg(long)]
    refresh: bool,
}

#[derive(Serialize)]
struct PricesJson<'a> {
    schema: u32,
    prices: Vec<json::PriceJson<'a>>,
    holdings: Vec<HoldingJson<'a>>,
    rates: Vec<RateJson<'a>>,
    /// Absent where no agent's log is valued.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<ModelsJson>,
}

/// The prices that agents' logs are valued at.
#[derive(Serialize)]
struct ModelsJson {
    as_of: Option<NaiveDate>,
    /// When the public list answered last.
    asked_at: Option<String>,
    source: String,
    /// How many the user gave himself.
    own: usize,
}

#[derive(Serialize)]
struct HoldingJson<'a> {
    symbol: &'a str,
    amount: String,
    worth: Option<String>,
    currency: Option<String>,
}

#[derive(Serialize)]
struct RateJson<'a> {
    base: String,
    quote: String,
    rate: String,
    source: &'a str,
    updated_at: String,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &PricesArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let markets: Vec<Planned> = assembly
        .planned()
        .into_iter()
        .filter(|planned| planned.card().shape == AccountShape::Market)
        .collect();
    let store = session.store(&assembly).await?;
    let values_logs = has_logs(&assembly);
    if arguments.refresh && values_logs {
        renew_models(session, &assembly).await;
    }
    let models = values_logs.then(|| assembly.reach.prices.standing());
    let polling = if arguments.refresh {
        Polling::Now
    } else {
        Polling::WhatIsUnknown
    };
    let figures = figures::gather(&assembly, &store, &markets, polling).await;
    store.close().await;
    let figures = figures?;
    let rates = rates(&figures);
    if arguments.json {
        session
            .output
            .json(&as_json(&figures.digest.coins, &rates, models.as_ref()))?;
    } else {
        show(session, &figures, &rates, models.as_ref())?;
    }
    for outcome in &figures.outcomes {
        if let Some(failure) = &outcome.failure {
            session
                .output
                .warn(&format!("{}: {}", outcome.account, failure.message));
        }
    }
    figures.ended()
}

fn rates(figures: &Figures) -> Rates {
    let latest = figures
        .snapshot
        .accounts
        .iter()
        .filter_map(|account| account.latest.as_ref());
    Rates::new(
        latest
            .flat_map(|latest| latest.figures.rates.clone())
            .collect(),
    )
}

/// Whether an agent's log is polled: then prices of models matter.
fn has_logs(assembly: &Assembly) -> bool {
    let planned = assembly.planned();
    planned
        .iter()
        .any(|planned| planned.provider.kind == Kind::AgentLog)
}

/// Asks the public list, when that is switched on and was not done within the day.
async fn renew_models(session: &Session, assembly: &Assembly) {
    let reach = &assembly.reach;
    if let Refreshed::Failed(reason) = reach.prices.refresh(&reach.http, reach.clock.now()).await {
        session
            .output
            .warn(&format!("prices of models stay as they were: {reason}"));
    }
}

fn show(
    session: &Session,
    figures: &Figures,
    rates: &Rates,
    models: Option<&Standing>,
) -> Result<(), Failure> {
    let coins = &figures.digest.coins;
    let models = models.and_then(models_line);
    if coins.is_empty() && rates.all().is_empty() && models.is_none() {
        return session.output.data(
            "No price is known yet.\n\
             Name a coin in a `[[holding]]` of the configuration: `spendtray config edit`.",
        );
    }
    let paint = session.output.paint();
    let mut text = String::new();
    if !coins.is_empty() {
        text.push_str(&coin_table(figures).text(paint));
    }
    if !rates.all().is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&rate_table(rates, figures).text(paint));
    }
    if let Some(line) = models {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    session.output.data(&text)
}

/// Of which day the prices of models are. `None`: there are none.
fn models_line(models: &Standing) -> Option<String> {
    let own = match models.own {
        0 => String::new(),
        own => format!(", {own} of them your own"),
    };
    let day = models.as_of?;
    Some(format!("Models: prices of {day}{own}\n"))
}

fn coin_table(figures: &Figures) -> Table {
    let mut table = Table::new(&[
        "COIN", "PRICE", "24 H", "HELD", "WORTH", "STATE", "SOURCE", "AGE",
    ]);
    for coin in &figures.digest.coins {
        for (place, price) in coin.prices.iter().enumerate() {
            let first = (place == 0).then_some(coin);
            let held = first.and_then(|coin| coin.held).map(decimal);
            let worth = first.and_then(|coin| coin.worth).map(format::money);
            table.row(vec![
                price.symbol.as_str().into(),
                format::money(price.price).into(),
                Cell::known(price.change_24h_percent.map(change)),
                Cell::known(held),
                Cell::known(worth),
                Cell::state(coin.state.name(), tone_of(coin.state)),
                price.source.as_str().into(),
                format::ago(price.at, figures.digest.now).into(),
            ]);
        }
    }
    table
}

/// A change always carries its sign.
fn change(percent: rust_decimal::Decimal) -> String {
    let sign = if percent > rust_decimal::Decimal::ZERO {
        "+"
    } else {
        ""
    };
    format!("{sign}{}", format::percent(percent))
}

fn rate_table(rates: &Rates, figures: &Figures) -> Table {
    let mut table = Table::new(&["RATE", "", "SOURCE", "AGE"]);
    for rate in rates.all() {
        table.row(vec![
            format!("{}/{}", rate.base, rate.quote).into(),
            decimal(rate.rate).into(),
            rate.source.as_str().into(),
            format::ago(rate.at, figures.digest.now).into(),
        ]);
    }
    table
}

fn as_json<'a>(
    coins: &'a [CoinDigest],
    rates: &'a Rates,
    models: Option<&Standing>,
) -> PricesJson<'a> {
    let prices = coins.iter().flat_map(|coin| &coin.prices);
    PricesJson {
        schema: SCHEMA,
        prices: prices.map(json::price).collect(),
        holdings: coins.iter().filter_map(holding).collect(),
        rates: rates.all().iter().map(rate).collect(),
        models: models.map(|models| ModelsJson {
            as_of: models.as_of,
            asked_at: models.asked_at.map(instant),
            source: models.host.clone(),
            own: models.own,
        }),
    }
}

fn holding(coin: &CoinDigest) -> Option<HoldingJson<'_>> {
    let price: &CoinPrice = coin.prices.first()?;
    Some(HoldingJson {
        symbol: price.symbol.as_str(),
        amount: decimal(coin.held?),
        worth: coin.worth.map(|worth| decimal(worth.amount)),
        currency: coin.worth.map(|worth| worth.currency.code().to_owned()),
    })
}

fn rate(rate: &Rate) -> RateJson<'_> {
    RateJson {
        base: rate.base.code().to_owned(),
        quote: rate.quote.code().to_owned(),
        rate: decimal(rate.rate),
        source: &rate.source,
        updated_at: instant(rate.at),
    }
}
