//! Forgetting: history older than an instant. The last figures, open alerts and poll states stay.

use chrono::{DateTime, Utc};

use crate::domain::usage::SlotWidth;
use crate::store::database::{Connection, Error, query};
use crate::store::{cell, usage};

/// What is kept by account, and the column of its age: most of the ledger.
const BY_ACCOUNT: [(&str, &str); 4] = [
    ("balance_point", "at"),
    ("window_point", "at"),
    ("usage_event", "slot_at"),
    ("usage_slot", "start_at"),
];

const FORGET: [&str; 3] = [
    "DELETE FROM price WHERE at < $1",
    "DELETE FROM notice WHERE at < $1",
    // Of a period that is long over nothing is needed. What has no period stays: its being armed is what lets it fire.
    "DELETE FROM alert_state WHERE phase = 'armed' AND period <> '' AND touched_at < $1",
];

/// Forgets what is older than the start of that day of UTC, so that no slot is cut.
pub(super) async fn forget(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<(), Error> {
    let before = cell::millis(SlotWidth::Day.start_of(before));
    for (table, age) in BY_ACCOUNT {
        let statement = query(forget_by_account(table, age)).bind(before);
        connection.execute(statement).await?;
    }
    for sql in FORGET {
        connection.execute(query(sql).bind(before)).await?;
    }
    usage::forget_coverage(connection, before).await
}

/// Forgets in the index by account and age what is old, and touches nothing else: what is kept is thousands of pages. The
/// accounts are found in the index too, each as the next after the one before.
fn forget_by_account(table: &str, age: &str) -> String {
    format!(
        "WITH RECURSIVE known (account) AS (
            SELECT MIN(account) FROM {table}
            UNION ALL
            SELECT (SELECT MIN(account) FROM {table} WHERE account > known.account)
            FROM known WHERE known.account IS NOT NULL)
        DELETE FROM {table} WHERE account IN (SELECT account FROM known) AND {age} < $1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::{Opening, Row};
    use crate::store::dialect::Dialect;
    use crate::store::schema;

    #[tokio::test]
    async fn what_is_kept_is_not_read_to_forget_what_is_old() {
        let mut ledger = Connection::open(Opening::Memory).await.unwrap();
        let made = schema::bring_up_to_date(&mut ledger, Dialect::Sqlite, "here").await;
        made.unwrap();
        for (table, age) in BY_ACCOUNT {
            let explain = format!("EXPLAIN QUERY PLAN {}", forget_by_account(table, age));
            let mut steps = Vec::new();
            let see = |row: &Row<'_>| steps.push(row.told(3).unwrap_or_default().to_owned());
            ledger.each(query(explain).bind(1), see).await.unwrap();
            let by_age = format!("(account=? AND {age}<?)");
            assert!(
                steps.iter().any(|step| step.ends_with(&by_age)),
                "{steps:?}"
            );
            let read_whole = format!("SCAN {table}");
            assert!(
                !steps.iter().any(|step| step.starts_with(&read_whole)),
                "{steps:?}"
            );
        }
    }
}
