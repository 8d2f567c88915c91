//! Purses: low, running out before they fill up again, and accounts that are no longer served.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, BalanceDigest};
use crate::analysis::rules::{Figure, Scene, period, subject, truth};
use crate::analysis::{freshness, standing, wording};
use crate::domain::alert::{Condition, Probe, Repeat, Severity};
use crate::domain::quota::Standing;

pub(super) fn probes(scene: Scene<'_>, account: &AccountDigest) -> Vec<Probe> {
    let balances = account.balances.iter();
    let mut probes: Vec<Probe> = balances
        .filter(|row| !standing::is_covered(&row.balance, account))
        .flat_map(|row| of_balance(scene, account, row))
        .collect();
    if !account.balances.is_empty() {
        probes.push(exhausted(account));
    }
    probes
}

/// What is left in a purse as a figure, with its words.
pub(super) fn figure(scene: Scene<'_>, account: &AccountDigest, row: &BalanceDigest) -> Figure {
    let balance = &row.balance;
    let label = &account.card.label;
    let title = balance.remaining.map_or_else(
        || format!("{label}: {}", balance.name),
        |left| format!("{label}: {} left", wording::money(left)),
    );
    let refills = balance.granted.map_or_else(
        || "refills".to_owned(),
        |granted| format!("refills to {}", wording::money(granted)),
    );
    let refill = wording::it(&refills, balance.resets_at, scene.now(), scene.policy.zone);
    let lasts = row
        .lasts
        .filter(|_| balance.granted.is_none())
        .map(|lasts| format!("It lasts {} at the present rate.", wording::duration(lasts)));
    Figure {
        subject: subject(account.id(), &format!("balance {}", balance.name)),
        period: period(balance.resets_at),
        value: balance.remaining.map(|left| left.amount),
        title,
        body: wording::sentences([refill, lasts, wording::top_up(&account.card)]),
    }
}

fn of_balance(scene: Scene<'_>, account: &AccountDigest, row: &BalanceDigest) -> Vec<Probe> {
    let figure = figure(scene, account, row);
    if row.balance.granted.is_none() {
        return lasts(row, &figure);
    }
    let used = Figure {
        value: freshness::used_percent(&row.balance),
        ..figure.clone()
    };
    let rung = |percent| {
        used.rung(
            "purse",
            Condition::AtLeast(percent),
            scene.severity(percent),
        )
    };
    let mut probes: Vec<Probe> = scene.percentages().into_iter().map(rung).collect();
    probes.extend(runs_out(scene, account, row, &figure));
    probes
}

fn lasts(row: &BalanceDigest, figure: &Figure) -> Vec<Probe> {
    let hours = |time: TimeDelta| Decimal::from(time.num_hours());
    let figure = Figure {
        value: row
            .lasts
            .and_then(|lasts| Decimal::from(lasts.num_seconds()).checked_div(Decimal::from(3600))),
        ..figure.clone()
    };
    [
        (standing::LASTS_WARNING, Severity::Warning),
        (standing::LASTS_CRITICAL, Severity::Critical),
    ]
    .map(|(time, severity)| figure.rung("lasts", Condition::AtMost(hours(time)), severity))
    .to_vec()
}

fn runs_out(
    scene: Scene<'_>,
    account: &AccountDigest,
    row: &BalanceDigest,
    figure: &Figure,
) -> Option<Probe> {
    let (now, zone) = (scene.now(), scene.policy.zone);
    let resets_at = row.balance.resets_at?;
    // Nearly empty, that is what is told; a forecast would only say it again.
    let is_nearly_empty =
        freshness::used_percent(&row.balance).is_none_or(|used| used >= scene.policy.critical_at);
    let left = row.balance.remaining.filter(|_| !is_nearly_empty);
    let runs_out_at = row.lasts.and_then(|lasts| now.checked_add_signed(lasts));
    let at = runs_out_at
        .map(|at| wording::clock(at, now, zone))
        .unwrap_or_default();
    let figure = Figure {
        value: left
            .and(runs_out_at)
            .map(|runs_out_at| truth(runs_out_at < resets_at)),
        title: format!(
            "{}: {} will be used up at {at}",
            account.card.label, row.balance.name
        ),
        body: wording::sentences([
            left.map(|left| format!("{} left.", wording::money(left))),
            wording::it("refills", Some(resets_at), now, zone),
            wording::top_up(&account.card),
        ]),
        ..figure.clone()
    };
    Some(Probe {
        repeat: Repeat::OncePerPeriod,
        ..figure.fact("runs-out", Severity::Warning)
    })
}

fn exhausted(account: &AccountDigest) -> Probe {
    let refused = |row: &BalanceDigest| row.balance.standing == Standing::Exhausted;
    let left: Vec<String> = account
        .balances
        .iter()
        .filter_map(|row| row.balance.remaining)
        .map(wording::money)
        .collect();
    let left = (!left.is_empty()).then(|| format!("{} left.", left.join(", ")));
    let figure = Figure {
        subject: subject(account.id(), "balances"),
        period: String::new(),
        value: Some(truth(account.balances.iter().any(refused))),
        title: format!("{}: requests are refused", account.card.label),
        body: wording::sentences([
            Some("Nothing is left to spend.".to_owned()),
            left,
            wording::top_up(&account.card),
        ]),
    };
    figure.fact("exhausted", Severity::Critical)
}
