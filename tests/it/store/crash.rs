//! Many writers at once, and writers that are killed: nothing acknowledged is lost, nothing is counted twice.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spendtray::domain::alert::{NoticeRecord, Severity};
use spendtray::domain::reading::Cursor;
use spendtray::store::{Integrity, Store};

use super::*;
use crate::support::{postgres, told};

const LEDGER: &str = "SPENDTRAY_TEST_LEDGER";
const WRITER: &str = "SPENDTRAY_TEST_WRITER";
const MOST: &str = "SPENDTRAY_TEST_MOST";

/// Starts this test binary again as a writer that says `kept N` for each reading that was kept.
fn writer(url: &str, name: &str, most: u32) -> Outcome<Child> {
    let child = Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "store::crash::in_another_process_somebody_writes",
        ])
        .env(LEDGER, url)
        .env(WRITER, name)
        .env(MOST, most.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    Ok(child)
}

#[tokio::test]
async fn in_another_process_somebody_writes() -> Outcome {
    let (Some(url), Some(name), Some(most)) = (told(LEDGER), told(WRITER), told(MOST)) else {
        return Ok(());
    };
    let store = Store::open(&url).await?;
    let first: u32 = match store.resume(&account(&name)).await? {
        Some(Cursor(next)) => next.parse()?,
        None => 0,
    };
    for number in first..first.saturating_add(most.parse()?) {
        write(&store, &name, number).await?;
        // Not `println!`: the test harness would keep it for itself.
        writeln!(std::io::stdout(), "kept {number}")?;
    }
    Ok(())
}

fn account(name: &str) -> AccountId {
    AccountId::parse(&format!("venice/{name}"))
}

/// One poll with something for every table.
async fn write(store: &Store, name: &str, number: u32) -> Outcome {
    let mut reading = Reading::empty(account(name), minute(number.into()));
    let at = i64::from(number % 60);
    reading.figures.balances = vec![balance("usd", usd(number.into()))];
    // The last event is told again, as vendors do.
    reading.events = (number.saturating_sub(1)..=number)
        .map(|number| event(&number.to_string(), i64::from(number % 60), 1))
        .collect();
    reading.ranges = vec![range(600, 615 + at, vec![slot(600, number.into())])];
    reading.resume = Some(Cursor((number + 1).to_string()));
    store.record_reading(&reading, minute(0)).await?;
    let notice = NoticeRecord {
        at: minute(number.into()),
        alert: None,
        severity: Severity::Info,
        title: format!("{name} {number}"),
        body: String::new(),
    };
    if number.is_multiple_of(4) {
        store
            .save_alerts_and_notices(&[], &[notice], minute(0))
            .await?;
    }
    Ok(())
}

/// Reads what the writer says until it has kept so many, or to its end; returns the last number kept.
fn last_kept(lines: &mut impl Iterator<Item = std::io::Result<String>>, most: u32) -> Option<u32> {
    let mut last = None;
    let mut kept = 0;
    while kept < most
        && let Some(Ok(line)) = lines.next()
    {
        // The harness's own line may lack its end.
        if let Some((_, number)) = line.split_once("kept ") {
            last = number.parse().ok();
            kept += 1;
        }
    }
    last
}

/// The ledger must hold the polls from the first to one that was kept or was being kept.
async fn holds_all_until(url: &str, name: &str, last: Option<u32>) -> Outcome<u32> {
    let store = Store::open(url).await?;
    let snapshot = store.snapshot(minute(-60)).await?;
    let polls = match store.resume(&account(name)).await? {
        Some(Cursor(next)) => next.parse()?,
        None => 0,
    };
    let acknowledged = last.map_or(0, |last| last + 1);
    assert!(
        (acknowledged..=acknowledged + 1).contains(&polls),
        "{polls} of {acknowledged}"
    );
    if let Some(account) = snapshot.account(&account(name)) {
        let slots = brief(&account.slots);
        let events = slots.iter().filter(|slot| slot.0 < 600);
        let (requests, nanos) = events.fold((0, 0), |sum, slot| (sum.0 + slot.1, sum.1 + slot.2));
        assert_eq!((requests, nanos), (polls.into(), polls.into()));
        let ranged: Vec<_> = slots.iter().filter(|slot| slot.0 == 600).collect();
        assert_eq!(ranged, [&(600, 1, i64::from(polls) - 1)]);
        assert_eq!(account.balance_history.len(), usize::try_from(polls)?);
    }
    let integrity = store.check().await?.integrity;
    assert!(!matches!(integrity, Integrity::Damaged(_)), "{integrity:?}");
    store.close().await;
    Ok(polls)
}

#[tokio::test]
async fn a_writer_killed_at_any_point_loses_nothing_and_counts_nothing_twice() -> Outcome {
    let home = tempfile::tempdir()?;
    let url = Store::url_of(&home.path().join("ledger.sqlite"));
    let mut seed = 20_261_123_u64;
    let mut polls = 0;
    for _ in 0..60 {
        // A linear congruence is random enough to spread the moments.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let patience = Duration::from_micros(seed >> 33 & 0x7ff);
        let mut child = writer(&url, "only", u32::MAX)?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        let wait_for = u32::try_from(seed >> 60)?;
        let before = last_kept(&mut lines, wait_for);
        let started = Instant::now();
        while started.elapsed() < patience {
            std::hint::spin_loop();
        }
        child.kill()?;
        let after = last_kept(&mut lines, u32::MAX);
        child.wait()?;
        let kept = after.or(before).or(u32::checked_sub(polls, 1));
        polls = holds_all_until(&url, "only", kept).await?;
    }
    assert!(polls > 60, "{polls}");
    Ok(())
}

#[tokio::test]
async fn eight_processes_that_write_at_once_keep_all_rows() -> Outcome {
    let home = tempfile::tempdir()?;
    let file = Store::url_of(&home.path().join("ledger.sqlite"));
    let server = postgres::new_database().await?;
    for (url, most) in [(file, 100), (server, 10)] {
        let names: Vec<String> = (0..8).map(|number| format!("writer{number}")).collect();
        let writers = names.iter().map(|name| writer(&url, name, most));
        for child in writers.collect::<Outcome<Vec<Child>>>()? {
            let output = child.wait_with_output()?;
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
        for name in &names {
            let polls = holds_all_until(&url, name, Some(most - 1)).await?;
            assert_eq!(polls, most);
        }
        let told = Store::open(&url).await?.notices(1_000).await?;
        assert_eq!(told.len(), 8 * usize::try_from(most.div_ceil(4))?);
    }
    Ok(())
}

#[tokio::test]
async fn eight_connections_that_write_to_one_account_keep_all_rows() -> Outcome {
    let home = tempfile::tempdir()?;
    let file = Store::url_of(&home.path().join("ledger.sqlite"));
    for url in [file, postgres::new_database().await?] {
        let writers = (0..8).map(|writer| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url).await?;
                for number in 0..10 {
                    let mut reading = reading(number);
                    reading.events = vec![event(&format!("{writer} {number}"), 1, 1)];
                    store.record_reading(&reading, minute(60)).await?;
                }
                Outcome::Ok(())
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await??;
        }
        let snapshot = Store::open(&url).await?.snapshot(minute(0)).await?;
        assert_eq!(brief(&snapshot.accounts[0].slots), [(0, 80, 80)]);
    }
    Ok(())
}
