//! Windows: nearly full, full, running out before the reset, empty again.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, WindowDigest};
use crate::analysis::rules::{Figure, Scene, period, subject, truth};
use crate::analysis::rung::Rung;
use crate::analysis::wording;
use crate::domain::alert::{AlertRecord, Condition, Probe, Repeat, Severity};

pub(super) fn probes(scene: Scene<'_>, account: &AccountDigest) -> Vec<Probe> {
    let windows = account.windows.iter();
    windows
        .flat_map(|row| of_window(scene, account, row))
        .collect()
}

/// A window's percentage as a figure, with its words.
pub(super) fn figure(scene: Scene<'_>, account: &AccountDigest, row: &WindowDigest) -> Figure {
    let window = &row.window;
    let (label, name) = (&account.card.label, &window.label);
    let title = match window.used_percent {
        Some(used) if used >= Decimal::ONE_HUNDRED => format!("{label}: {name} is used up"),
        Some(used) => format!("{label}: {name} at {}", wording::percent(used)),
        None => format!("{label}: {name}"),
    };
    let amounts = window.used.zip(window.limit).map(|(used, limit)| {
        let unit = window.unit.as_deref().unwrap_or_default();
        format!(
            "{} of {} {unit}",
            wording::amount(used),
            wording::amount(limit)
        )
    });
    let amounts = amounts.map(|amounts| format!("{} used.", amounts.trim_end()));
    let reset = wording::it("resets", window.resets_at, scene.now(), scene.policy.zone);
    Figure {
        subject: subject(account.id(), &format!("window {}", window.name)),
        period: period(window.resets_at),
        value: window.used_percent,
        title,
        body: wording::sentences([amounts, reset]),
    }
}

fn of_window(scene: Scene<'_>, account: &AccountDigest, row: &WindowDigest) -> Vec<Probe> {
    let figure = figure(scene, account, row);
    let mut probes: Vec<Probe> = scene
        .percentages()
        .into_iter()
        .map(|percent| {
            figure.rung(
                "window",
                Condition::AtLeast(percent),
                scene.severity(percent),
            )
        })
        .collect();
    probes.push(runs_out(scene, account, row, &figure));
    probes.push(reset(scene, account, row, &figure));
    probes
}

fn runs_out(
    scene: Scene<'_>,
    account: &AccountDigest,
    row: &WindowDigest,
    figure: &Figure,
) -> Probe {
    let (now, zone) = (scene.now(), scene.policy.zone);
    let at = row
        .runs_out_at
        .map(|at| wording::clock(at, now, zone))
        .unwrap_or_default();
    let used = row.window.used_percent;
    let used_so_far = used.map(|used| format!("{} used so far.", wording::percent(used)));
    let resets = wording::it("resets", row.window.resets_at, now, zone);
    let figure = Figure {
        // Nearly full, that is what is told; a forecast would only say it again.
        value: used
            .filter(|used| *used < scene.policy.critical_at)
            .map(|_| truth(row.runs_out_at.is_some())),
        title: format!(
            "{}: {} will be used up at {at}",
            account.card.label, row.window.label
        ),
        body: wording::sentences([used_so_far, resets]),
        ..figure.clone()
    };
    Probe {
        repeat: Repeat::OncePerPeriod,
        ..figure.fact("runs-out", Severity::Warning)
    }
}

/// A window that stood at its warning is empty again: known by the alert whose period has ended.
fn reset(scene: Scene<'_>, account: &AccountDigest, row: &WindowDigest, figure: &Figure) -> Probe {
    let (now, used) = (scene.now(), row.window.used_percent);
    let stood = scene
        .digest
        .alerts
        .iter()
        .find(|alert| stood_at_warning(scene, alert, figure));
    let has_ended = stood.is_some_and(|alert| {
        let ended_at = alert.key.period.parse::<DateTime<Utc>>();
        ended_at.is_ok_and(|ended_at| ended_at <= now)
    });
    let figure = Figure {
        period: stood.map_or_else(|| figure.period.clone(), |alert| alert.key.period.clone()),
        value: used.map(|used| truth(has_ended && used < scene.policy.warn_at)),
        title: format!("{}: {} has reset", account.card.label, row.window.label),
        body: used.map_or_else(String::new, |used| {
            format!("{} used in the new window.", wording::percent(used))
        }),
        ..figure.clone()
    };
    figure.fact("window-reset", Severity::Info)
}

fn stood_at_warning(scene: Scene<'_>, alert: &AlertRecord, figure: &Figure) -> bool {
    let is_warning = Rung::of(&alert.key.rule).is_some_and(|rung| {
        rung.family == "window"
            && matches!(rung.condition, Condition::AtLeast(percent) if percent >= scene.policy.warn_at)
    });
    is_warning && alert.key.subject == figure.subject && !alert.key.period.is_empty()
}
