//! Coins with what the user holds, the exchange rate in use, and budgets.

use crate::analysis::digest::{BudgetDigest, CoinDigest, Digest};
use crate::view::format::{self, Moment};
use crate::view::menu::{MenuItem, WIDTH, barred};
use crate::view::phrase::{budget, market, words};

/// One row a coin and one for the rate that was used for totals.
pub(super) fn rows(digest: &Digest, moment: Moment) -> Vec<MenuItem> {
    let coins = digest.coins.iter().filter_map(|each| coin(each, moment));
    let rate = market::rate(digest, moment).map(|label| MenuItem::text("rate", label));
    coins.chain(rate).collect()
}

fn coin(coin: &CoinDigest, moment: Moment) -> Option<MenuItem> {
    let (label, price) = (market::coin(coin)?, coin.prices.first()?);
    let id = format!("coin/{}", price.symbol.as_str().to_ascii_lowercase());
    let further = coin.prices.iter().skip(1).map(|price| {
        MenuItem::text(
            format!("{id}/{}", price.price.currency),
            format::money(price.price),
        )
    });
    let source =
        market::source(coin).map(|source| MenuItem::text(format!("{id}/source"), words(&source)));
    let children = further.chain(source).collect();
    let notes = market::age(coin, moment)
        .into_iter()
        .chain(market::held(coin));
    let label = format::fit([label].into_iter().chain(notes), WIDTH);
    Some(MenuItem::text(id, label).over(children))
}

/// One row a budget.
pub(super) fn budgets(digest: &Digest, moment: Moment) -> Vec<MenuItem> {
    digest
        .budgets
        .iter()
        .map(|each| budget_row(each, moment))
        .collect()
}

fn budget_row(each: &BudgetDigest, moment: Moment) -> MenuItem {
    let id = format!("budget/{}", each.name);
    let first = format!("Budget {}  {}", each.name, budget::spent(each));
    let notes = budget::notes(each, moment);
    let label = format::fit(
        [first].into_iter().chain(each.percent.map(format::percent)),
        WIDTH,
    );
    let children = notes
        .iter()
        .skip(usize::from(each.percent.is_some()))
        .enumerate()
        .map(|(index, note)| MenuItem::text(format!("{id}/{index}"), words(note)))
        .collect();
    barred(id, each.percent, &label).over(children)
}
