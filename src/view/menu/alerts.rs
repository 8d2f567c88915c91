//! The alerts in the menu: each with its figures, acknowledge and snooze.

use crate::analysis::digest::Digest;
use crate::domain::alert::{AlertRecord, Phase, Severity};
use crate::view::format::{self, Moment};
use crate::view::menu::{Action, MenuItem, sentence};

pub(super) fn rows(digest: &Digest, moment: Moment) -> Vec<MenuItem> {
    let alerts = &digest.alerts;
    if alerts.is_empty() {
        return Vec::new();
    }
    let open = alerts
        .iter()
        .filter(|alert| alert.phase == Phase::Open)
        .count();
    let label = if open > 0 {
        format!("Alerts ({open})")
    } else {
        format!("Alerts ({} seen)", alerts.len())
    };
    let mut children: Vec<MenuItem> = alerts.iter().map(|alert| row(alert, moment)).collect();
    if open > 0 {
        children.push(MenuItem::separator("alerts/separator"));
        children.push(
            MenuItem::text("alerts/acknowledge-all", "Acknowledge all")
                .does(Action::AcknowledgeAll),
        );
    }
    vec![MenuItem::text("alerts", label).over(children)]
}

fn row(alert: &AlertRecord, moment: Moment) -> MenuItem {
    let id = format!("alert/{}", alert.key.short());
    let mark = match (alert.phase, alert.severity) {
        (Phase::Open, Severity::Critical) => "‼ ",
        (Phase::Open, Severity::Warning) => "! ",
        (Phase::Open, Severity::Info) => "",
        (Phase::Acknowledged | Phase::Armed, _) => "✓ ",
    };
    let mut children = sentence(&format!("{id}/body"), &alert.body);
    if let Some(raised) = alert.raised_at {
        let since = format!("Since {}", format::when(raised, moment));
        children.push(MenuItem::text(format!("{id}/since"), since));
    }
    let snoozed = alert
        .snoozed_until
        .filter(|until| *until > moment.now && alert.phase == Phase::Open);
    if let Some(until) = snoozed {
        let quiet = format!("Quiet until {}", format::reset_at(until, moment));
        children.push(MenuItem::text(format!("{id}/snoozed"), quiet));
    }
    if alert.phase == Phase::Open {
        children.push(
            MenuItem::text(format!("{id}/acknowledge"), "Acknowledge")
                .does(Action::Acknowledge(alert.key.clone())),
        );
        if snoozed.is_none() {
            children.push(
                MenuItem::text(format!("{id}/snooze"), "Snooze 1 h")
                    .does(Action::Snooze(alert.key.clone())),
            );
        }
    }
    MenuItem::text(id, format!("{mark}{}", alert.title)).over(children)
}
