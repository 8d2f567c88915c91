//! Steps alerts: fire once, hold, clear, re-arm. Which figures are watched is `rules`'s business.
//!
//! What is known comes from the ledger, so that a restart tells nothing twice. A rule that meets a figure for the
//! first time is primed: it stands at once, but only crossing it later is told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::rung;
use crate::domain::alert::{AlertKey, AlertRecord, Phase, Probe, Repeat};

/// Vendors tell a reset anew with every answer, a few seconds apart: so near, it is the same one.
const SAME_RESET: TimeDelta = TimeDelta::minutes(5);

/// What a step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The records that are new or changed; to be kept before anybody is told.
    pub records: Vec<AlertRecord>,
    /// The alerts to tell now, each once.
    pub fired: Vec<AlertRecord>,
}

/// Steps every probe against what is known of its key.
#[must_use]
pub fn step(probes: &[Probe], known: &[AlertRecord], now: DateTime<Utc>) -> Stepped {
    let ledger = Ledger::of(known);
    let mut watched = BTreeSet::new();
    let mut moves = Vec::new();
    for probe in probes {
        let key = ledger.key(probe, now);
        if watched.insert(key.clone()) {
            moves.extend(moved(probe, key, &ledger, now));
        }
    }
    moves.extend(ledger.vanished(&watched).into_iter().map(|record| Move {
        record: cleared(record, now),
        telling: Telling::Nothing,
    }));
    silence_lower_rungs(&mut moves, known);
    let mut stepped = Stepped::default();
    for Move {
        mut record,
        telling,
    } in moves
    {
        if telling != Telling::Nothing {
            // What is told of by a higher rung counts as told.
            record.notified_at = Some(now);
            record.snoozed_until = None;
        }
        if matches!(telling, Telling::Crossing | Telling::Again) {
            stepped.fired.push(record.clone());
        }
        stepped.records.push(record);
    }
    stepped
}

/// The records that change when a person acknowledges an alert: it, and lower thresholds of the same figure.
#[must_use]
pub fn acknowledge(known: &[AlertRecord], key: &AlertKey) -> Vec<AlertRecord> {
    let Some(meant) = known.iter().find(|record| record.key == *key) else {
        return Vec::new();
    };
    if meant.phase == Phase::Armed {
        return Vec::new();
    }
    known
        .iter()
        .filter(|record| record.phase == Phase::Open)
        .filter(|record| record.key == *key || rung::is_below(&record.key, key))
        .map(|record| AlertRecord {
            phase: Phase::Acknowledged,
            snoozed_until: None,
            ..record.clone()
        })
        .collect()
}

/// The records that change when a person snoozes an alert.
#[must_use]
pub fn snooze(known: &[AlertRecord], key: &AlertKey, until: DateTime<Utc>) -> Vec<AlertRecord> {
    known
        .iter()
        .filter(|record| record.key == *key && record.phase != Phase::Armed)
        .map(|record| AlertRecord {
            phase: Phase::Open,
            snoozed_until: Some(until),
            ..record.clone()
        })
        .take(1)
        .collect()
}

/// A changed record, and whether it is told.
#[derive(Debug)]
struct Move {
    record: AlertRecord,
    telling: Telling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// Nothing.
    Nothing,
    /// It was crossed, or stands after its snooze.
    Crossing,
    /// It lasts since it was acknowledged.
    Again,
    /// A higher rung tells of it.
    ByHigher,
}

/// What is known, by subject.
struct Ledger<'a>(BTreeMap<&'a str, Vec<&'a AlertRecord>>);

impl<'a> Ledger<'a> {
    fn of(known: &'a [AlertRecord]) -> Self {
        let mut ledger = BTreeMap::<_, Vec<_>>::new();
        for record in known {
            let of_subject = ledger.entry(record.key.subject.as_str()).or_default();
            of_subject.push(record);
        }
        Self(ledger)
    }

    fn of_subject(&self, key: &AlertKey) -> &[&'a AlertRecord] {
        self.0.get(key.subject.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Whether the rule meets the subject for the first time, in whatever period.
    fn is_new(&self, key: &AlertKey) -> bool {
        let mut records = self.of_subject(key).iter();
        !records.any(|record| record.key.rule == key.rule)
    }

    fn get(&self, key: &AlertKey) -> Option<&'a AlertRecord> {
        let records = self.of_subject(key).iter();
        records.copied().find(|record| record.key == *key)
    }

    /// The probe's key, with the period as it was first told: the same for every rule on the subject.
    fn key(&self, probe: &Probe, now: DateTime<Utc>) -> AlertKey {
        let told = &probe.key.period;
        let period = self
            .of_subject(&probe.key)
            .iter()
            .map(|record| &record.key.period)
            .filter(|known| is_same_period(known, told, now))
            .max()
            .unwrap_or(told);
        AlertKey {
            period: period.clone(),
            ..probe.key.clone()
        }
    }

    /// The alerts that stand although nothing is watched by their key any more: their rule, subject or period ended.
    fn vanished(&self, watched: &BTreeSet<AlertKey>) -> Vec<&'a AlertRecord> {
        let mut seen = BTreeSet::new();
        let records = self.0.values().flatten().copied();
        records
            .filter(|record| seen.insert(&record.key))
            .filter(|record| record.phase != Phase::Armed && !watched.contains(&record.key))
            .collect()
    }
}

/// Whether a period is one known before: its end was told a little differently, or it still runs although the
/// vendor now tells a later end (windows that slide), or none.
fn is_same_period(known: &str, told: &str, now: DateTime<Utc>) -> bool {
    if known == told {
        return true;
    }
    let instant = |text: &str| text.parse::<DateTime<Utc>>().ok();
    match (instant(known), instant(told)) {
        (Some(known), Some(told)) => {
            (known - told).abs() <= SAME_RESET || (now < known && known < told)
        }
        (Some(known), None) => told.is_empty() && now < known,
        _ => false,
    }
}

fn moved(probe: &Probe, key: AlertKey, ledger: &Ledger<'_>, now: DateTime<Utc>) -> Option<Move> {
    let holds = probe.condition.holds(probe.value?);
    let is_new = ledger.is_new(&key);
    match (ledger.get(&key), holds) {
        (None, true) => Some(Move {
            record: open(probe, key, None, now),
            telling: if is_new {
                Telling::Nothing
            } else {
                Telling::Crossing
            },
        }),
        (None, false) if is_new => Some(Move {
            record: armed(probe, key),
            telling: Telling::Nothing,
        }),
        (None, false) => None,
        (Some(record), true) => still_holds(probe, record, now),
        (Some(record), false) => (record.phase != Phase::Armed).then(|| Move {
            record: cleared(record, now),
            telling: Telling::Nothing,
        }),
    }
}

fn still_holds(probe: &Probe, record: &AlertRecord, now: DateTime<Utc>) -> Option<Move> {
    let telling = match record.phase {
        Phase::Armed => {
            let told_before = record.notified_at.is_some() && !record.key.period.is_empty();
            if told_before && probe.repeat == Repeat::OncePerPeriod {
                Telling::Nothing
            } else {
                Telling::Crossing
            }
        }
        Phase::Open if record.snoozed_until.is_some_and(|until| until <= now) => Telling::Crossing,
        Phase::Open => return None,
        Phase::Acknowledged => return lasts_acknowledged(probe, record, now),
    };
    Some(Move {
        record: open(probe, record.key.clone(), Some(record), now),
        telling,
    })
}

/// When it is told again is noted at the first look after the acknowledgement, whose own time is not kept: when the
/// time since the last notice is over, or if that was so already, that long from now.
fn lasts_acknowledged(probe: &Probe, record: &AlertRecord, now: DateTime<Utc>) -> Option<Move> {
    let Repeat::Every(every) = probe.repeat else {
        return None;
    };
    let every = TimeDelta::from_std(every).ok()?;
    match record.snoozed_until {
        Some(until) if until <= now => Some(Move {
            record: open(probe, record.key.clone(), Some(record), now),
            telling: Telling::Again,
        }),
        Some(_) => None,
        None => {
            let told_at = record.notified_at.or(record.raised_at).unwrap_or(now);
            let next = told_at.checked_add_signed(every)?;
            let next = if next <= now {
                now.checked_add_signed(every)?
            } else {
                next
            };
            Some(Move {
                record: AlertRecord {
                    snoozed_until: Some(next),
                    ..record.clone()
                },
                telling: Telling::Nothing,
            })
        }
    }
}

fn open(
    probe: &Probe,
    key: AlertKey,
    before: Option<&AlertRecord>,
    now: DateTime<Utc>,
) -> AlertRecord {
    let raised_before = before
        .filter(|record| record.phase != Phase::Armed)
        .and_then(|record| record.raised_at);
    AlertRecord {
        phase: Phase::Open,
        raised_at: Some(raised_before.unwrap_or(now)),
        notified_at: before.and_then(|record| record.notified_at),
        ..armed(probe, key)
    }
}

fn armed(probe: &Probe, key: AlertKey) -> AlertRecord {
    AlertRecord {
        key,
        severity: probe.severity,
        title: probe.title.clone(),
        body: probe.body.clone(),
        phase: Phase::Armed,
        raised_at: None,
        notified_at: None,
        cleared_at: None,
        snoozed_until: None,
    }
}

fn cleared(record: &AlertRecord, now: DateTime<Utc>) -> AlertRecord {
    AlertRecord {
        phase: Phase::Armed,
        cleared_at: Some(now),
        snoozed_until: None,
        ..record.clone()
    }
}

/// Of several thresholds of one figure only the highest is told: those below it say nothing more.
fn silence_lower_rungs(moves: &mut [Move], known: &[AlertRecord]) {
    let told: Vec<(AlertKey, Telling)> = moves
        .iter()
        .filter(|step| step.telling != Telling::Nothing)
        .map(|step| (step.record.key.clone(), step.telling))
        .collect();
    if told.is_empty() {
        return;
    }
    let stands_on: Vec<AlertKey> = known
        .iter()
        .filter(|record| record.phase != Phase::Armed)
        .filter(|record| !moves.iter().any(|step| step.record.key == record.key))
        .map(|record| record.key.clone())
        .collect();
    for step in moves
        .iter_mut()
        .filter(|step| step.telling != Telling::Nothing)
    {
        let key = &step.record.key;
        let higher_told = told.iter().any(|(other, _)| rung::is_below(key, other));
        // A reminder is asked for by its own rule; that a higher threshold stands does not answer it.
        let higher_stands = step.telling == Telling::Crossing
            && stands_on.iter().any(|other| rung::is_below(key, other));
        if higher_told || higher_stands {
            step.telling = Telling::ByHigher;
        }
    }
}

#[cfg(test)]
mod tests;
