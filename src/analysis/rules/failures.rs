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
pub(in crate::analysis) const LASTING: TimeDelta = TimeDelta::hours(1);

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
            // While the next poll is overdue (the machine slept) nobody knows whether it would still fail.
            let now = account
                .next_poll_at
                .map_or(scene.now(), |next| next.min(scene.now()));
            let failing = now - failure.since;
            let old = account
                .updated_at
                .map_or(failing, |updated_at| now - updated_at);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{Program, balance, failed, now, with_balance, with_window};
    use crate::domain::snapshot::AccountSnapshot;

    #[test]
    fn a_refused_key_is_told_once_with_what_to_do_however_often_it_fails() {
        let refused = || {
            let mut account = failed(
                with_balance(balance("usd", None)),
                FailureKind::Unauthorized,
                now(),
            );
            let failure = account.poll.failure.as_mut().unwrap();
            failure.message = "Venice refused the key".into();
            failure.hint = Some("Run `spendtray login venice/work`.".into());
            account.latest = None;
            account
        };
        let unread = AccountSnapshot {
            latest: None,
            ..with_balance(balance("usd", None))
        };
        let mut program = Program::default();
        assert!(program.told(unread.clone(), now()).is_empty());
        let mut told = Vec::new();
        for minute in 0..5 {
            told.extend(program.told(refused(), now() + TimeDelta::minutes(5 * minute)));
        }
        insta::assert_snapshot!(told.join("\n"), @"critical: Venice (work): the key was refused | Venice refused the key. Run `spendtray login venice/work`.");
        let offline = failed(unread, FailureKind::Unreachable, now());
        program.told(offline, now());
        assert_eq!(
            program.standing(),
            ["credential"],
            "it may still be refused"
        );
        program.told(with_balance(balance("usd", None)), now());
        assert!(program.standing().is_empty());
    }

    #[test]
    fn another_failure_is_told_once_when_it_has_lasted_an_hour() {
        let mut program = Program::default();
        let down = || {
            failed(
                with_window("claude", "10"),
                FailureKind::Upstream,
                now() - TimeDelta::seconds(10),
            )
        };
        let mut told = Vec::new();
        program.told(with_window("claude", "10"), now());
        for minute in [0, 30, 59] {
            assert!(
                program
                    .told(down(), now() + TimeDelta::minutes(minute))
                    .is_empty()
            );
        }
        for minute in [61, 66, 300] {
            told.extend(program.told(down(), now() + TimeDelta::minutes(minute)));
        }
        let failing: Vec<String> = told
            .into_iter()
            .filter(|words| words.contains("answered"))
            .collect();
        insta::assert_snapshot!(failing.join("\n"), @"warning: Venice (work) has not answered for 1h 1m | HTTP 500: the vendor is in trouble. It is tried again by itself.");
    }

    #[test]
    fn when_nobody_can_be_reached_it_is_the_network_and_nothing_is_told() {
        let mut program = Program::default();
        let accounts = || vec![with_window("claude", "1"), with_window("codex", "1")];
        program.look(accounts(), now());
        let offline = |account| failed(account, FailureKind::Unreachable, now());
        let all = accounts().into_iter().map(offline).collect();
        assert!(program.look(all, now() + TimeDelta::hours(2)).is_empty());
        let one = vec![
            with_window("claude", "1"),
            offline(with_window("codex", "1")),
        ];
        assert_eq!(program.look(one, now() + TimeDelta::hours(2)).len(), 1);
    }
}
