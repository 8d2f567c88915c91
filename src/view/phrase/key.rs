//! API keys, models and projects in words.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{ModelDigest, ProjectDigest, TokenSum};
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::Currency;
use crate::domain::period::Unit;
use crate::domain::usage::Spans;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::{UNKNOWN, portion};
use crate::view::phrase::spend;

/// How many of an id's last characters name a key that has no name.
const TAIL: usize = 8;

/// How recently a key was used, in four classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUse {
    /// Within a day.
    Day,
    /// Within seven days.
    Week,
    /// Longer ago.
    Older,
    /// Never, or the vendor does not say.
    Unseen,
}

/// The class of a key's last use.
#[must_use]
pub fn last_use(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> LastUse {
    match at.map(|at| now - at) {
        None => LastUse::Unseen,
        Some(age) if age <= TimeDelta::days(1) => LastUse::Day,
        Some(age) if age <= TimeDelta::days(7) => LastUse::Week,
        Some(_) => LastUse::Older,
    }
}

/// A key's name; without one, `Key` and the end of its id.
#[must_use]
pub fn name(key: &KeyReading) -> String {
    let label = key.label.trim();
    if !label.is_empty() {
        return label.to_owned();
    }
    let letters: Vec<char> = key.id.as_str().chars().collect();
    let tail: String = letters[letters.len().saturating_sub(TAIL)..]
        .iter()
        .collect();
    format!("Key {tail}")
}

/// A key's spend, last use, and what else is to be said of it; its caps are told by [`limit`].
#[must_use]
pub fn notes(key: &KeyReading, own: Currency, moment: Moment) -> Vec<String> {
    let spent = widest(&key.spend, own);
    let used = match last_use(key.last_used_at, moment.now) {
        LastUse::Day => Some("used in the last day".to_owned()),
        LastUse::Week => Some("used this week".to_owned()),
        LastUse::Older => key
            .last_used_at
            .map(|at| format!("last used {}", format::when(at, moment))),
        LastUse::Unseen => Some("no use seen".to_owned()),
    };
    let kind = match key.kind {
        KeyKind::Admin => Some("admin".to_owned()),
        KeyKind::WebApp => Some("web app".to_owned()),
        KeyKind::Inference | KeyKind::Unknown => None,
    };
    let expires = key.expires_at.map(|at| {
        if at <= moment.now {
            "expired".to_owned()
        } else {
            format!("expires {}", format::reset_at(at, moment))
        }
    });
    let used = used.filter(|_| key.kind != KeyKind::WebApp || key.last_used_at.is_some());
    spent
        .into_iter()
        .chain(used)
        .chain(kind)
        .chain(expires)
        .collect()
}

/// The spend of the widest span that is known: `$6.02 this month`.
#[must_use]
pub fn widest(spans: &Spans, own: Currency) -> Option<String> {
    [Unit::Month, Unit::Week, Unit::Day]
        .into_iter()
        .find_map(|unit| {
            let sum = spend::spend(spend::of_span(spans, unit)?, own, format::money)?;
            Some(format!("{} {}", sum.text, spend::span_words(unit)))
        })
}

/// A key's cap with its share: `$21.00 of $50.00 a month · 42 %`.
#[must_use]
pub fn limit(limit: &KeyLimit) -> String {
    match limit_percent(limit) {
        Some(percent) => format!("{} · {}", cap(limit), format::percent(percent)),
        None => cap(limit),
    }
}

/// A key's cap: `$21.00 of $50.00 a month`.
#[must_use]
pub fn cap(limit: &KeyLimit) -> String {
    let period = match limit.period {
        LimitPeriod::Day => "a day",
        LimitPeriod::Week => "a week",
        LimitPeriod::Month => "a month",
        LimitPeriod::Lifetime => "in all",
    };
    match limit.used {
        Some(used) => format!("{} {period}", portion(used, limit.max)),
        None => format!("{UNKNOWN} of {} {period}", format::money(limit.max)),
    }
}

/// Percent of a cap used. `None`: unknown, or a cap of nothing.
#[must_use]
pub fn limit_percent(limit: &KeyLimit) -> Option<Decimal> {
    let used = limit
        .used
        .filter(|used| used.currency == limit.max.currency)?;
    used.amount
        .checked_mul(Decimal::ONE_HUNDRED)?
        .checked_div(limit.max.amount)
}

/// A key's fullest cap. `None`: no cap's share is known.
#[must_use]
pub fn fullest_limit(key: &KeyReading) -> Option<&KeyLimit> {
    key.limits
        .iter()
        .filter(|limit| limit_percent(limit).is_some())
        .max_by_key(|limit| limit_percent(limit))
}

/// What is to be said of a model: spend, tokens.
#[must_use]
pub fn model_notes(model: &ModelDigest, own: Currency) -> Vec<String> {
    use_notes(&model.spend, model.tokens, own)
}

/// What is to be said of a project: spend, tokens.
#[must_use]
pub fn project_notes(project: &ProjectDigest, own: Currency) -> Vec<String> {
    use_notes(&project.spend, project.tokens, own)
}

fn use_notes(spans: &Spans, tokens: Option<TokenSum>, own: Currency) -> Vec<String> {
    let unpriced = [&spans.month, &spans.week, &spans.today]
        .into_iter()
        .flatten()
        .any(|spend| !spend.unpriced.is_empty());
    let spent = widest(spans, own).or_else(|| unpriced.then(|| "not priced".to_owned()));
    let counted = tokens.map(|sum| token_notes(&sum)).unwrap_or_default();
    spent.into_iter().chain(counted).collect()
}

/// Tokens and requests in words, as far as there are some: `1.2M tokens`, `1,204 requests`.
#[must_use]
pub fn token_notes(sum: &TokenSum) -> Vec<String> {
    let tokens = Some(sum.tokens.total())
        .filter(|total| *total > 0)
        .map(format::tokens);
    let requests = sum.requests.filter(|requests| *requests > 0).map(requests);
    tokens.into_iter().chain(requests).collect()
}

/// A count of requests: `1,204 requests`.
#[must_use]
pub fn requests(requests: u64) -> String {
    if requests == 1 {
        "1 request".to_owned()
    } else {
        format!("{} requests", format::count(requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;

    fn key(label: &str) -> KeyReading {
        KeyReading {
            id: "key-abcdefgh".into(),
            label: label.to_owned(),
            kind: KeyKind::Inference,
            created_at: None,
            expires_at: None,
            last_used_at: None,
            spend: Spans::default(),
            limits: Vec::new(),
        }
    }

    #[test]
    fn a_key_without_a_name_is_named_by_the_end_of_its_id() {
        assert_eq!(name(&key(" ")), "Key abcdefgh");
        assert_eq!(name(&key("ci-bot")), "ci-bot");
    }

    #[test]
    fn last_use_has_four_classes() {
        let now: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let classes = [1, 5, 30].map(|days| last_use(Some(now - TimeDelta::days(days)), now));
        assert_eq!(classes, [LastUse::Day, LastUse::Week, LastUse::Older]);
        assert_eq!(last_use(None, now), LastUse::Unseen);
    }

    #[test]
    fn a_cap_of_nothing_has_no_percentage() {
        let none = Money::new(Decimal::ZERO, Currency::USD);
        let cap = KeyLimit {
            max: none,
            used: Some(none),
            period: LimitPeriod::Month,
            resets_at: None,
        };
        assert_eq!(limit_percent(&cap), None);
        assert_eq!(limit(&cap), "$0.00 of $0.00 a month");
    }
}
