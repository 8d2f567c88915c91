//! Failures: a refused key at once, anything else when it lasts. One failing vendor is told once, however often it
//! is asked.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, Digest};
use crate::analysis::rules::{Figure, Scene, subject, truth};
use crate::analysis::wording;
use crate::domain::alert::{Condition, Probe, Severity};
use crate::domain::poll::{Failure, FailureKind};

/// A failure is told when it lasts so long and the figures are as old.
const LASTING: TimeDelta = TimeDelta::hours(1);

pub(super) fn probes(scene: Scene<'_>, account: &AccountDigest) -> Vec<Probe> {
    vec![credential(scene, account), failing(scene, account)]
}

fn kind(account: &AccountDigest) -> Option<FailureKind> {
    account.failure.as_ref().map(|failure| failure.kind)
}

fn words(failure: Option<&Failure>) -> String {
    let message = failure.map(|failure| ended(&failure.message));
    let hint = failure.and_then(|failure| failure.hint.clone());
    wording::sentences([message, hint])
}

/// The sentence with its full stop.
fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?']) {
        sentence.to_owned()
    } else {
        format!("{sentence}.")
    }
}

fn credential(scene: Scene<'_>, account: &AccountDigest) -> Probe {
    let subject = subject(account.id(), "credential");
    let is_told = || {
        let mut alerts = scene.digest.alerts.iter();
        alerts.any(|alert| alert.key.subject == subject)
    };
    let value = match kind(account) {
        Some(FailureKind::Unauthorized) => Some(true),
        // Whether a refused key is good by now is not known while the vendor is out of reach.
        Some(_) if is_told() => None,
        _ => Some(false),
    };
    let figure = Figure {
        period: String::new(),
        value: value.map(truth),
        title: format!("{}: the key was refused", account.card.label),
        body: words(account.failure.as_ref()),
        subject,
    };
    figure.fact("credential", Severity::Critical)
}

fn failing(scene: Scene<'_>, account: &AccountDigest) -> Probe {
    let minutes = match &account.failure {
        None => Some(0),
        Some(failure) if failure.kind == FailureKind::Unauthorized => Some(0),
        Some(failure) if failure.kind == FailureKind::Unreachable && is_offline(scene.digest) => {
            None
        }
        Some(failure) => {
            let failing = scene.now() - failure.since;
            let old = account
                .updated_at
                .map_or(failing, |updated_at| scene.now() - updated_at);
            Some(failing.min(old).num_minutes())
        }
    };
    let title = match kind(account) {
        Some(FailureKind::NotConfigured) => format!("{}: no key is found", account.card.label),
        _ => format!(
            "{} has not answered for {}",
            account.card.label,
            wording::duration(TimeDelta::try_minutes(minutes.unwrap_or(0)).unwrap_or(LASTING))
        ),
    };
    let figure = Figure {
        subject: subject(account.id(), "polls"),
        period: String::new(),
        value: minutes.map(Decimal::from),
        title,
        body: words(account.failure.as_ref()),
    };
    let lasting = Condition::AtLeast(Decimal::from(LASTING.num_minutes()));
    figure.rung("failing", lasting, Severity::Warning)
}

/// Whether nobody can be reached: then it is the network, and one notice for each account would say nothing more.
fn is_offline(digest: &Digest) -> bool {
    let mut accounts = digest.accounts.iter();
    digest.accounts.len() > 1
        && accounts.all(|account| kind(account) == Some(FailureKind::Unreachable))
}
