//! Keys: a cap nearly reached, or reached.

use rust_decimal::Decimal;

use crate::analysis::digest::AccountDigest;
use crate::analysis::rules::{Figure, Scene, period, subject};
use crate::analysis::{freshness, wording};
use crate::domain::alert::{Condition, Probe};
use crate::domain::key::{KeyLimit, KeyReading, LimitPeriod};

pub(super) fn probes(scene: Scene<'_>, account: &AccountDigest) -> Vec<Probe> {
    let limits = account
        .keys
        .iter()
        .flat_map(|key| key.limits.iter().map(move |limit| (key, limit)));
    limits
        .filter(|(_, limit)| limit.max.amount > Decimal::ZERO)
        .flat_map(|(key, limit)| {
            let figure = figure(scene, account, key, limit);
            scene.percentages().map(|percent| {
                figure.rung(
                    "key-limit",
                    Condition::AtLeast(percent),
                    scene.severity(percent),
                )
            })
        })
        .collect()
}

fn figure(scene: Scene<'_>, account: &AccountDigest, key: &KeyReading, limit: &KeyLimit) -> Figure {
    let used = freshness::limit_percent(limit);
    let (every, max) = (period_name(limit.period), wording::money(limit.max));
    let spent = limit
        .used
        .map(|used| format!("{} of {max}{every} spent.", wording::money(used)));
    let reset = wording::it("resets", limit.resets_at, scene.now(), scene.policy.zone);
    let what = format!("key {} {}{every}", key.id, limit.max.currency);
    Figure {
        subject: subject(account.id(), &what),
        period: period(limit.resets_at),
        value: used,
        title: format!(
            "{}: key {} at {} of its limit",
            account.card.label,
            key.label,
            used.map(wording::percent).unwrap_or_default()
        ),
        body: wording::sentences([
            spent,
            reset,
            Some("Raise the limit, or use another key.".to_owned()),
        ]),
    }
}

const fn period_name(period: LimitPeriod) -> &'static str {
    match period {
        LimitPeriod::Day => " a day",
        LimitPeriod::Week => " a week",
        LimitPeriod::Month => " a month",
        LimitPeriod::Lifetime => "",
    }
}
