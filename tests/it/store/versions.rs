//! Ledgers of other versions and other programs. `tests/fixtures/store` has each released version as SQL text.

use spendtray::store::{Store, StoreError};

use super::*;
use crate::support::postgres;

async fn run(url: &str, sql: String) -> Outcome {
    match url.strip_prefix("sqlite:") {
        Some(file) => {
            let file = file.trim_start_matches("//").split('?').next();
            let other = rusqlite::Connection::open(file.unwrap_or_default())?;
            Ok(other.execute_batch(&sql)?)
        }
        None => postgres::run(url, &sql).await,
    }
}

fn fixture(name: &str) -> Outcome<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/store");
    Ok(std::fs::read_to_string(format!("{folder}/{name}"))?)
}

#[tokio::test]
async fn a_ledger_of_version_1_is_read_on_both_databases() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("old.sqlite").display().to_string();
    let server = postgres::new_database().await?;
    run(
        &format!("sqlite:{file}?mode=rwc"),
        fixture("version_1.sql")?,
    )
    .await?;
    run(&server, fixture("version_1.sql")?).await?;
    let on_file = Store::open(&format!("sqlite:{file}")).await?;
    let on_server = Store::open(&server).await?;
    let snapshot = on_file.snapshot(minute(-600)).await?;
    insta::assert_debug_snapshot!(snapshot);
    assert_eq!(on_server.snapshot(minute(-600)).await?, snapshot);
    assert_eq!(on_file.notices(5).await?, on_server.notices(5).await?);
    assert_eq!(on_file.check().await?.version, 1);
    Ok(())
}

#[tokio::test]
async fn rows_that_make_no_sense_cost_only_themselves() -> Outcome {
    let store_url = postgres::new_database().await?;
    run(&store_url, fixture("version_1.sql")?).await?;
    let odd = "
        UPDATE reading SET completeness = 'some', figures = REPLACE(figures, '\"official\"', '\"rumour\"');
        UPDATE poll_state SET failure = '{';
        INSERT INTO alert_state SELECT watcher, rule, subject, 'other', 'dire', title, body, phase, 0, 0, 0, 0, 0
            FROM alert_state;
        INSERT INTO balance_point VALUES ('venice/work', 1795420800000, 'odd', '$', 5);
        INSERT INTO usage_slot SELECT account, start_at, 'fortnight', origin, api_key, model, project, person,
            requests, input, cached_input, cache_write, cache_write_5m, cache_write_1h, output, reasoning,
            basis, currency, nanos, unpriced FROM usage_slot";
    let sound = Store::open(&store_url)
        .await?
        .snapshot(minute(-600))
        .await?;
    run(&store_url, odd.to_owned()).await?;
    let snapshot = Store::open(&store_url)
        .await?
        .snapshot(minute(-600))
        .await?;
    let (before, after) = (&sound.accounts[0], &snapshot.accounts[0]);
    assert_eq!(before.slots, after.slots);
    assert_eq!(before.balance_history, after.balance_history);
    assert_eq!(sound.alerts, snapshot.alerts);
    assert_eq!(after.poll.failure, None);
    let latest = after.latest.as_ref().ok_or("no figures")?;
    assert!(latest.figures.windows.is_empty());
    assert_eq!(latest.figures.balances.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_refused_and_left_alone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("new.sqlite");
    let url = Store::url_of(&path);
    Store::open(&url).await?.close().await;
    run(&url, "UPDATE spendtray_ledger SET version = 99".to_owned()).await?;
    let before = std::fs::read(&path)?;
    let error = Store::open(&url).await.unwrap_err();
    let place = path.display().to_string();
    let (found, known) = (99, 1);
    assert_eq!(
        error,
        StoreError::Newer {
            place,
            found,
            known
        }
    );
    assert_eq!(std::fs::read(&path)?, before);
    let server = postgres::new_database().await?;
    Store::open(&server).await?.close().await;
    run(
        &server,
        "UPDATE spendtray_ledger SET version = 99".to_owned(),
    )
    .await?;
    let error = Store::open(&server).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("photos.db");
    let url = Store::url_of(&path);
    run(
        &format!("{url}?mode=rwc"),
        "CREATE TABLE photo (name TEXT)".to_owned(),
    )
    .await?;
    let before = std::fs::read(&path)?;
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(std::fs::read(&path)?, before);
    Ok(())
}

#[tokio::test]
async fn a_half_made_ledger_is_told_apart_from_a_failed_migration() -> Outcome {
    let server = postgres::new_database().await?;
    run(&server, "CREATE TABLE reading (mine TEXT)".to_owned()).await?;
    let error = Store::open(&server).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Migrate { from: 0, to: 1, .. }),
        "{error}"
    );
    run(&server, "DROP TABLE reading".to_owned()).await?;
    Store::open(&server).await?;
    Ok(())
}
