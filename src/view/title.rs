//! The headline: short line, long line and leading figure, all from one look at the digest, so that title,
//! tooltip, icon and first menu row cannot disagree.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, AccountShape, AccountState, CoinDigest, Digest};
use crate::domain::account::AccountId;
use crate::domain::money::Money;
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::domain::quota::Standing;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::UNKNOWN;
use crate::view::phrase::{account, quota, spend};
use crate::view::template::{Part, Piece, Placeholder, parse};

pub use crate::view::template::unknown_placeholders;

/// How many figures the title has when nobody wrote a template.
const CHOSEN: usize = 3;
/// Marks figures that are older than promised.
const OLD: &str = " (old)";

/// The line everything shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headline {
    /// The short line.
    pub(super) title: String,
    /// The first row of the menu.
    pub(super) long: String,
    /// The title's first figure, for the icon.
    pub(super) leading: Option<Glance>,
}

/// A figure as an icon can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glance {
    /// Money that was spent or is asked; rounded to the nearest.
    Price(Money),
    /// Money that is left; never rounded up.
    Left(Money),
    /// A share.
    Percent(Decimal),
}

/// A figure of the title.
struct Figure {
    text: String,
    glance: Glance,
    age: Age,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Good,
    Old,
}

impl Age {
    fn of(old: bool) -> Self {
        if old { Self::Old } else { Self::Good }
    }
}

/// Text with the age of the figures in it.
struct Piecework {
    separator: String,
    text: String,
    age: Age,
}

/// What the digest says in one line.
pub(super) fn headline(digest: &Digest, policy: &Policy) -> Headline {
    let (pieces, leading) = match &policy.title {
        Some(template) => from_template(template, digest, policy),
        None => chosen(digest, policy),
    };
    let line = join(&pieces);
    let left_empty = policy
        .title
        .as_ref()
        .is_some_and(|template| template.trim().is_empty());
    let title = if line.is_empty() && !left_empty {
        without_figures(digest, policy)
    } else {
        line
    };
    let long = long(digest, policy).unwrap_or_else(|| {
        if title.is_empty() {
            without_figures(digest, policy)
        } else {
            title.clone()
        }
    });
    Headline {
        title,
        long,
        leading,
    }
}

fn from_template(
    template: &str,
    digest: &Digest,
    policy: &Policy,
) -> (Vec<Piecework>, Option<Glance>) {
    let mut leading = None;
    let pieces = parse(template)
        .iter()
        .filter_map(|part| fill(part, digest, policy, &mut leading))
        .collect();
    (pieces, leading)
}

/// A part with its figures. `None`: one of them is unknown.
fn fill(
    part: &Part,
    digest: &Digest,
    policy: &Policy,
    leading: &mut Option<Glance>,
) -> Option<Piecework> {
    let mut text = String::new();
    let mut age = Age::Good;
    let mut first = None;
    for piece in &part.pieces {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Nonsense(_) => text.push_str(UNKNOWN),
            Piece::Figure(placeholder) => {
                let figure = figure(placeholder, digest, policy)?;
                text.push_str(&figure.text);
                first = first.or(Some(figure.glance));
                if figure.age == Age::Old {
                    age = Age::Old;
                }
            }
        }
    }
    *leading = leading.or(first);
    Some(Piecework {
        separator: part.separator.clone(),
        text,
        age,
    })
}

/// Joins the pieces; when all are old it is said once.
fn join(pieces: &[Piecework]) -> String {
    let all_old = pieces.iter().all(|piece| piece.age == Age::Old);
    let mut line = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            line.push_str(&piece.separator);
        }
        line.push_str(&piece.text);
        let last = index + 1 == pieces.len();
        if piece.age == Age::Old && (last || !all_old) {
            line.push_str(OLD);
        }
    }
    line.trim().to_owned()
}

fn figure(placeholder: &Placeholder, digest: &Digest, policy: &Policy) -> Option<Figure> {
    match placeholder {
        Placeholder::Total(unit) => total(*unit, digest, policy),
        Placeholder::Spend(subject, unit) => account_spend(subject, *unit, digest, policy),
        Placeholder::Named(subject, name) => coin_figure(subject, name, digest)
            .or_else(|| balance(&accounts(digest, subject), name, digest))
            .or_else(|| window(&accounts(digest, subject), name, digest)),
    }
}

/// The account of that id; else all accounts of the provider of that name.
fn accounts<'a>(digest: &'a Digest, subject: &str) -> Vec<&'a AccountDigest> {
    let id = AccountId::parse(subject);
    let exact = digest.accounts.iter().find(|account| *account.id() == id);
    match exact {
        Some(account) => vec![account],
        None => digest
            .accounts
            .iter()
            .filter(|account| account.provider.as_str() == subject)
            .collect(),
    }
}

fn total(unit: Unit, digest: &Digest, policy: &Policy) -> Option<Figure> {
    let sum = spend::total(digest, policy, unit, format::money_short)?;
    let old = digest.accounts.iter().any(|each| {
        spend::of_span(&each.spend, unit).is_some() && account::is_old(each, digest.now)
    });
    Some(Figure {
        text: sum.text,
        glance: Glance::Price(sum.leading),
        age: Age::of(old),
    })
}

fn account_spend(subject: &str, unit: Unit, digest: &Digest, policy: &Policy) -> Option<Figure> {
    let mut old = false;
    let mut known = None;
    for account in accounts(digest, subject) {
        if let Some(spend) = spend::of_span(&account.spend, unit) {
            known
                .get_or_insert_with(crate::domain::usage::Spend::default)
                .merge(spend);
            old |= account::is_old(account, digest.now);
        }
    }
    let sum = spend::spend(&known?, policy.currency, format::money_short)?;
    Some(Figure {
        text: sum.text,
        glance: Glance::Price(sum.leading),
        age: Age::of(old),
    })
}

/// A balance; over several accounts the sum in its currency, marked when one of them does not tell.
fn balance(accounts: &[&AccountDigest], name: &str, digest: &Digest) -> Option<Figure> {
    let told: Vec<(&AccountDigest, Money)> = accounts
        .iter()
        .filter_map(|account| {
            let balance = account
                .balances
                .iter()
                .find(|balance| balance.balance.name.as_str().eq_ignore_ascii_case(name))?;
            Some((*account, balance.balance.remaining?))
        })
        .collect();
    let (_, first) = told.first()?;
    let sum = told
        .iter()
        .skip(1)
        .try_fold(*first, |sum, (_, money)| sum.checked_add(*money))
        .unwrap_or(*first);
    let bound = if told.len() < accounts.len() {
        "≥"
    } else {
        ""
    };
    let old = told
        .iter()
        .any(|(each, _)| account::is_old(each, digest.now));
    Some(Figure {
        text: format!("{bound}{}", format::money_short(sum)),
        glance: Glance::Left(sum),
        age: Age::of(old),
    })
}

/// A window's share; over several accounts the fullest.
fn window(accounts: &[&AccountDigest], name: &str, digest: &Digest) -> Option<Figure> {
    let (each, window) = accounts
        .iter()
        .flat_map(|each| {
            each.windows
                .iter()
                .map(move |window| (*each, &window.window))
        })
        .filter(|(_, window)| window.name.as_str().eq_ignore_ascii_case(name))
        .max_by_key(|(_, window)| window.used_percent)?;
    Some(Figure {
        text: quota::used(window),
        glance: Glance::Percent(window.used_percent?),
        age: Age::of(account::is_old(each, digest.now)),
    })
}

fn coin_figure(subject: &str, name: &str, digest: &Digest) -> Option<Figure> {
    let coin = digest.coins.iter().find(|coin| {
        coin.prices
            .first()
            .is_some_and(|price| price.symbol.as_str().eq_ignore_ascii_case(subject))
    })?;
    let price = coin.prices.first()?;
    match name {
        "price" => coin_price(coin),
        "change_24h" => price.change_24h_percent.map(|percent| Figure {
            text: format::change(percent),
            glance: Glance::Percent(percent),
            age: coin_age(coin),
        }),
        _ => None,
    }
}

fn coin_price(coin: &CoinDigest) -> Option<Figure> {
    let price = coin.prices.first()?;
    Some(Figure {
        text: format!("{} {}", price.symbol, format::money_short(price.price)),
        glance: Glance::Price(price.price),
        age: coin_age(coin),
    })
}

fn coin_age(coin: &CoinDigest) -> Age {
    Age::of(!matches!(
        coin.state,
        AccountState::Fresh | AccountState::Waiting
    ))
}

/// The figures worth a title: a window that nears its limit, today's spend, the fullest window, what is left, a coin.
fn chosen(digest: &Digest, policy: &Policy) -> (Vec<Piecework>, Option<Glance>) {
    let fullest = fullest_window(digest);
    let urgent = fullest
        .as_ref()
        .is_some_and(|(percent, _)| *percent >= policy.warn_at);
    let fullest = fullest.map(|(_, figure)| figure);
    let mut figures = vec![
        fullest,
        total(Unit::Day, digest, policy),
        leading_balance(digest),
        digest.coins.iter().find_map(coin_price),
    ];
    if !urgent {
        figures.swap(0, 1);
    }
    let figures: Vec<Figure> = figures.into_iter().flatten().take(CHOSEN).collect();
    let leading = figures.first().map(|figure| figure.glance);
    let pieces = figures
        .into_iter()
        .map(|figure| Piecework {
            separator: " · ".to_owned(),
            text: figure.text,
            age: figure.age,
        })
        .collect();
    (pieces, leading)
}

fn fullest_window(digest: &Digest) -> Option<(Decimal, Figure)> {
    let (each, window, percent) = spending(digest)
        .filter_map(|each| {
            let window = &account::fullest(each)?.window;
            Some((each, window, window.used_percent?))
        })
        .min_by_key(|(_, _, percent)| Reverse(*percent))?;
    let label = format::trim(&each.card.label, 16);
    let figure = Figure {
        text: format!("{label} {}", quota::used(window)),
        glance: Glance::Percent(percent),
        age: Age::of(account::is_old(each, digest.now)),
    };
    Some((percent, figure))
}

/// The first purse that says what is left; one that is used up goes before.
fn leading_balance(digest: &Digest) -> Option<Figure> {
    let told = || {
        spending(digest).flat_map(|each| {
            each.balances.iter().filter_map(move |balance| {
                let money = balance.balance.remaining?;
                Some((each, balance.balance.standing, money))
            })
        })
    };
    let (each, _, money) = told()
        .find(|(_, standing, _)| *standing == Standing::Exhausted)
        .or_else(|| told().find(|(_, _, money)| !money.amount.is_zero()))
        .or_else(|| told().next())?;
    // Dollars that are left must not be taken for dollars that were spent.
    let left = format::symbol(money.currency).map_or("", |_| " left");
    Some(Figure {
        text: format!("{}{left}", format::money_short(money)),
        glance: Glance::Left(money),
        age: Age::of(account::is_old(each, digest.now)),
    })
}

fn spending(digest: &Digest) -> impl Iterator<Item = &AccountDigest> {
    digest
        .accounts
        .iter()
        .filter(|account| account.card.shape == AccountShape::Spending)
}

/// `$12.40 today · $214.90 this month`. `None`: no spend is known.
fn long(digest: &Digest, policy: &Policy) -> Option<String> {
    let pieces: Vec<Piecework> = [Unit::Day, Unit::Month]
        .into_iter()
        .filter_map(|unit| {
            let figure = total(unit, digest, policy)?;
            Some(Piecework {
                separator: " · ".to_owned(),
                text: format!("{} {}", figure.text, spend::span_words(unit)),
                age: figure.age,
            })
        })
        .collect();
    (!pieces.is_empty()).then(|| join(&pieces))
}

/// What the line says while there is no figure.
fn without_figures(digest: &Digest, policy: &Policy) -> String {
    let moment = Moment {
        now: digest.now,
        zone: policy.zone,
    };
    let Some(worst) = account::worst_first(digest, policy).into_iter().next() else {
        return if digest.accounts.is_empty() {
            "Spendtray: no account yet".to_owned()
        } else {
            "Spendtray: no figures yet".to_owned()
        };
    };
    let state = account::state(worst, moment);
    let words = state.first().map_or("no figures", String::as_str);
    format!("{}: {words}", worst.card.label)
}
