//! The headline: short line, long line and leading figure, all from one look at the digest, so that title,
//! tooltip, icon and first menu row cannot disagree.

mod figure;
mod template;

use crate::analysis::digest::Digest;
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::UNKNOWN;
use crate::view::phrase::{account, spend};
use crate::view::title::figure::{
    Age, Figure, coin_price, figure, fullest_window, leading_balance, total,
};
use crate::view::title::template::{Part, Piece, parse};

pub use figure::Glance;
pub use template::unknown_placeholders;

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
    format::printable(line.trim())
}

/// The figures worth a title: a window that nears its limit, today's spend, the fullest window, what is left, a coin.
fn chosen(digest: &Digest, policy: &Policy) -> (Vec<Piecework>, Option<Glance>) {
    let fullest = fullest_window(digest, policy);
    let urgent = fullest
        .as_ref()
        .is_some_and(|(percent, _)| *percent >= policy.warn_at);
    let fullest = fullest.map(|(_, figure)| figure);
    let spent = total(Unit::Day, digest, policy);
    let left = leading_balance(digest, spent.as_ref());
    let mut figures = vec![
        fullest,
        spent,
        left,
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
    if state.is_empty()
        && let Some(words) = spend::nothing_priced(digest)
    {
        return words;
    }
    let words = state.first().map_or("no figures", String::as_str);
    format::printable(&format!("{}: {words}", worst.card.label))
}

#[cfg(test)]
mod tests;
