//! From what the ledger knows to what people are shown and told.
//!
//! The arithmetic is `analysis`'s; here it is put in order and its outcome is kept before anybody is told, so
//! that a crash never tells twice.

use crate::domain::zone::Zone;
use chrono::{DateTime, Utc};

use crate::analysis::digest::{AccountCard, Digest, digest};
use crate::analysis::{alerts, rules};
use crate::config::{Config, Switch};
use crate::domain::alert::{AlertRecord, NoticeRecord};
use crate::domain::snapshot::Snapshot;
use crate::store::{Store, StoreError};

/// Figures, and what has to be told.
#[derive(Debug)]
pub struct Judged {
    /// Every figure.
    pub digest: Digest,
    /// The alerts to tell, once.
    pub fired: Vec<AlertRecord>,
}

/// What a judgement is made with.
pub struct Judge<'a> {
    /// Where the alerts' new state is kept before anybody is told.
    pub store: &'a Store,
    /// Who is judged.
    pub cards: &'a [AccountCard],
    /// What the user decided.
    pub config: &'a Config,
}

impl Judge<'_> {
    /// Makes the digest, steps the alerts, keeps their new state, and returns what fired.
    ///
    /// # Errors
    /// The ledger's, when the alerts' new state cannot be kept; then nobody may be told.
    pub async fn judge(
        &self,
        snapshot: &mut Snapshot,
        now: DateTime<Utc>,
    ) -> Result<Judged, StoreError> {
        let policy = &self.config.policy;
        let figures = digest(snapshot, self.cards, policy, now);
        let mut stepped = alerts::step(&rules::probes(&figures, policy), &snapshot.alerts, now);
        if stepped.records.is_empty() && stepped.fired.is_empty() {
            return Ok(Judged {
                digest: figures,
                fired: Vec::new(),
            });
        }
        if let Some(until) = quiet_until(self.config, now) {
            hush(&mut stepped.records, &mut stepped.fired, until);
        }
        let told: Vec<NoticeRecord> = stepped
            .fired
            .iter()
            .map(|record| notice_record(record, now))
            .collect();
        self.store
            .save_alerts_and_notices(&stepped.records, &told, now)
            .await?;
        merge(&mut snapshot.alerts, stepped.records);
        let fired = match self.config.notifications.enabled {
            Switch::On => stepped.fired,
            Switch::Off => Vec::new(),
        };
        Ok(Judged {
            digest: digest(snapshot, self.cards, policy, now),
            fired,
        })
    }
}

/// In quiet hours a fired alert is snoozed until they end: it is told then if it still holds.
fn hush(records: &mut [AlertRecord], fired: &mut Vec<AlertRecord>, until: DateTime<Utc>) {
    for record in records
        .iter_mut()
        .filter(|record| fired.iter().any(|fired| fired.key == record.key))
    {
        record.snoozed_until = Some(until);
        record.notified_at = None;
    }
    fired.clear();
}

/// The end of the quiet hours that hold now. `None`: none hold.
fn quiet_until(config: &Config, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (from, until) = config.notifications.quiet_hours?;
    let local = now.with_timezone(&config.policy.zone);
    let time = local.time();
    let quiet = if from <= until {
        from <= time && time < until
    } else {
        time >= from || time < until
    };
    if !quiet {
        return None;
    }
    let day = if time < until {
        local.date_naive()
    } else {
        local.date_naive().succ_opt()?
    };
    Some(
        instant(day.and_time(until), config.policy.zone)
            .unwrap_or(now + chrono::TimeDelta::hours(1)),
    )
}

fn instant(local: chrono::NaiveDateTime, zone: Zone) -> Option<DateTime<Utc>> {
    use chrono::TimeZone as _;
    zone.from_local_datetime(&local)
        .earliest()
        .map(|at| at.with_timezone(&Utc))
}

fn notice_record(record: &AlertRecord, now: DateTime<Utc>) -> NoticeRecord {
    NoticeRecord {
        at: now,
        alert: Some(record.key.clone()),
        severity: record.severity,
        title: record.title.clone(),
        body: record.body.clone(),
    }
}

/// Puts changed records in the place of the ones with the same key.
pub fn merge(records: &mut Vec<AlertRecord>, changed: Vec<AlertRecord>) {
    for record in changed {
        match records.iter_mut().find(|known| known.key == record.key) {
            Some(known) => *known = record,
            None => records.push(record),
        }
    }
}
