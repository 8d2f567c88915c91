//! Alerts across restarts, and what people were told: the tables `alert_state` and `notice`.

use chrono::{DateTime, Utc};

use crate::domain::alert::{AlertKey, AlertRecord, NoticeRecord};
use crate::domain::ids::RuleId;
use crate::store::cell::{self, Read};
use crate::store::database::{Connection, Error, Row, query};

const KEEP_ALERT: &str = "
    INSERT INTO alert_state (watcher, rule, subject, period, severity, title, body, phase,
        raised_at, notified_at, cleared_at, snoozed_until, touched_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (watcher, rule, subject, period) DO UPDATE SET
        severity = excluded.severity, title = excluded.title, body = excluded.body, phase = excluded.phase,
        raised_at = excluded.raised_at, notified_at = excluded.notified_at, cleared_at = excluded.cleared_at,
        snoozed_until = excluded.snoozed_until, touched_at = excluded.touched_at";

const READ_ALERTS: &str = "
    SELECT rule, subject, period, severity, title, body, phase,
        raised_at, notified_at, cleared_at, snoozed_until
    FROM alert_state WHERE watcher = $1";

const KEEP_NOTICE: &str = "
    INSERT INTO notice (number, watcher, at, rule, subject, period, severity, title, body)
    SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM notice";

const READ_NOTICES: &str = "
    SELECT at, rule, subject, period, severity, title, body FROM notice
    WHERE watcher = $1 ORDER BY at DESC, number DESC LIMIT $2";

/// Who is told, and when it was decided.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// Empty where one person uses the ledger.
    pub(super) watcher: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// Keeps an alert in the place of the one with the same key.
pub(super) async fn keep(
    connection: &mut Connection,
    alert: &AlertRecord,
    told: Told<'_>,
) -> Result<(), Error> {
    let instants = [
        alert.raised_at,
        alert.notified_at,
        alert.cleared_at,
        alert.snoozed_until,
    ]
    .map(|at| at.map(cell::millis));
    let mut statement = query(KEEP_ALERT)
        .bind(cell::clean(told.watcher))
        .bind(cell::clean(alert.key.rule.as_str()))
        .bind(cell::clean(&alert.key.subject))
        .bind(cell::clean(&alert.key.period))
        .bind(cell::word(alert.severity))
        .bind(cell::clean(&alert.title))
        .bind(cell::clean(&alert.body))
        .bind(cell::word(alert.phase));
    for instant in instants {
        statement = statement.bind(instant);
    }
    let statement = statement.bind(cell::millis(told.at));
    connection.execute(statement).await
}

/// Every alert, newest first.
pub(super) async fn all(
    connection: &mut Connection,
    watcher: &str,
) -> Result<Vec<AlertRecord>, Error> {
    let statement = query(READ_ALERTS).bind(watcher);
    let mut alerts = cell::readable(connection, "alert_state", statement, alert_of).await?;
    alerts.sort_by(|a, b| {
        b.raised_at
            .cmp(&a.raised_at)
            .then_with(|| a.key.cmp(&b.key))
    });
    Ok(alerts)
}

fn alert_of(row: &Row<'_>) -> Read<AlertRecord> {
    Ok(AlertRecord {
        key: AlertKey {
            rule: RuleId::new(cell::text(row, 0)?),
            subject: cell::text(row, 1)?,
            period: cell::text(row, 2)?,
        },
        severity: cell::from_word(&cell::text(row, 3)?)?,
        title: cell::text(row, 4)?,
        body: cell::text(row, 5)?,
        phase: cell::from_word(&cell::text(row, 6)?)?,
        raised_at: cell::maybe_instant(row, 7)?,
        notified_at: cell::maybe_instant(row, 8)?,
        cleared_at: cell::maybe_instant(row, 9)?,
        snoozed_until: cell::maybe_instant(row, 10)?,
    })
}

/// Adds a notice to the log.
pub(super) async fn log(
    connection: &mut Connection,
    notice: &NoticeRecord,
    watcher: &str,
) -> Result<(), Error> {
    let key = notice.alert.as_ref();
    let statement = query(KEEP_NOTICE)
        .bind(cell::clean(watcher))
        .bind(cell::millis(notice.at))
        .bind(key.map(|key| cell::clean(key.rule.as_str())))
        .bind(key.map(|key| cell::clean(&key.subject)))
        .bind(key.map(|key| cell::clean(&key.period)))
        .bind(cell::word(notice.severity))
        .bind(cell::clean(&notice.title))
        .bind(cell::clean(&notice.body));
    connection.execute(statement).await
}

/// The last notices, newest first.
pub(super) async fn notices(
    connection: &mut Connection,
    watcher: &str,
    most: u32,
) -> Result<Vec<NoticeRecord>, Error> {
    let statement = query(READ_NOTICES).bind(watcher).bind(i64::from(most));
    cell::readable(connection, "notice", statement, notice_of).await
}

fn notice_of(row: &Row<'_>) -> Read<NoticeRecord> {
    let key = match (
        cell::maybe_text(row, 1)?,
        cell::maybe_text(row, 2)?,
        cell::maybe_text(row, 3)?,
    ) {
        (Some(rule), Some(subject), Some(period)) => Some(AlertKey {
            rule: RuleId::new(rule),
            subject,
            period,
        }),
        _ => None,
    };
    Ok(NoticeRecord {
        at: cell::instant(row, 0)?,
        alert: key,
        severity: cell::from_word(&cell::text(row, 4)?)?,
        title: cell::text(row, 5)?,
        body: cell::text(row, 6)?,
    })
}
