//! Where a ledger may be, and what is said when it cannot be there.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::path::Path;
use std::process::Command;

use spendtray::domain::poll::PollState;
use spendtray::store::{Access, Integrity, Store, StoreError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::support::told;

fn mode(path: &Path) -> Outcome<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

async fn filled(path: &Path) -> Outcome<String> {
    let url = Store::url_of(path);
    let store = Store::open(&url).await?;
    let mut reading = reading(0);
    reading.figures.balances = vec![balance("usd", usd(5))];
    reading.events = (0..400).map(|n| event(&n.to_string(), n, 1)).collect();
    store.record_reading(&reading, minute(5)).await?;
    store.close().await;
    Ok(url)
}

#[tokio::test]
async fn a_new_ledger_is_private_with_its_folder_and_companions() -> Outcome {
    let home = tempfile::tempdir()?;
    let path = home.path().join("data/spend tray/ledger.sqlite");
    let store = Store::open(&Store::url_of(&path)).await?;
    store.record_reading(&reading(0), minute(5)).await?;
    assert_eq!(store.place(), path.display().to_string());
    assert_eq!(mode(&home.path().join("data/spend tray"))?, 0o700);
    assert_eq!(mode(&path)?, 0o600);
    assert_eq!(
        mode(&home.path().join("data/spend tray/ledger.sqlite-wal"))?,
        0o600
    );
    let check = store.check().await?;
    assert_eq!(check.access, Access::ReadWrite);
    assert_eq!(check.integrity, Integrity::Sound);
    assert!(check.size_bytes.is_some());
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() -> Outcome {
    let home = tempfile::tempdir()?;
    for content in ["hi", "SQLite format 4", &"not a database ".repeat(1_000)] {
        let path = home.path().join("notes.db");
        std::fs::write(&path, content)?;
        let error = Store::open(&Store::url_of(&path)).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path)?, content);
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_ledger_says_so() -> Outcome {
    let home = tempfile::tempdir()?;
    let path = home.path().join("ledger.sqlite");
    let url = filled(&path).await?;
    let mut bytes = std::fs::read(&path)?;
    bytes.iter_mut().skip(4_096).for_each(|byte| *byte = 0xa5);
    std::fs::write(&path, &bytes)?;
    let error = match Store::open(&url).await {
        Ok(store) => store.snapshot(minute(0)).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(std::fs::read(&path)?, bytes);
    Ok(())
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_refused() -> Outcome {
    let home = tempfile::tempdir()?;
    let error = Store::open(&Store::url_of(&home.path().join("x/../here.db/l.db"))).await;
    assert!(error.is_ok());
    let error = Store::open(&Store::url_of(&home.path().join("here.db")))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_ledger_opened_to_be_read_says_so_when_written() -> Outcome {
    let home = tempfile::tempdir()?;
    let url = filled(&home.path().join("ledger.sqlite")).await?;
    let store = Store::open(&format!("{url}?mode=ro")).await?;
    assert_eq!(store.snapshot(minute(0)).await?.accounts.len(), 1);
    let error = store
        .record_reading(&reading(9), minute(9))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert!(matches!(store.check().await?.access, Access::ReadOnly(_)));
    let missing = Store::url_of(&home.path().join("missing.sqlite"));
    assert!(Store::open(&format!("{missing}?mode=ro")).await.is_err());
    assert!(!home.path().join("missing.sqlite").exists());
    Ok(())
}

/// Runs a test of this binary as nobody, if this process is the superuser, whom no permission stops.
fn run_as_nobody(test: &str, folder: &Path) -> Outcome {
    let mut program = std::env::current_exe()?;
    let mut command = Command::new("env");
    if std::fs::metadata("/proc/self")?.uid() == 0 {
        let copy = folder.join("it");
        std::fs::copy(&program, &copy)?;
        program = copy;
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    let output = command
        .arg(program)
        .args(["--exact", test])
        .env("SPENDTRAY_TEST_FOLDER", folder)
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}

#[tokio::test]
async fn without_permission_to_write_figures_are_still_read() -> Outcome {
    let home = tempfile::tempdir()?;
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755))?;
    for (folder, folder_mode, file_mode) in [("file", 0o777, 0o444), ("folder", 0o555, 0o666)] {
        let folder = home.path().join(folder);
        let path = folder.join("ledger.sqlite");
        filled(&path).await?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(file_mode))?;
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(folder_mode))?;
    }
    run_as_nobody(
        "store::places::in_another_process_permission_is_missing",
        home.path(),
    )?;
    // So that the folder can be removed by whoever runs this.
    std::fs::set_permissions(home.path().join("folder"), PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[tokio::test]
async fn in_another_process_permission_is_missing() -> Outcome {
    let Some(home) = told("SPENDTRAY_TEST_FOLDER") else {
        return Ok(());
    };
    for folder in ["file", "folder"] {
        let path = Path::new(&home).join(folder).join("ledger.sqlite");
        let store = Store::open(&Store::url_of(&path)).await?;
        assert_eq!(store.snapshot(minute(0)).await?.accounts.len(), 1);
        let error = store
            .record_reading(&reading(9), minute(9))
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
        assert!(matches!(store.check().await?.access, Access::ReadOnly(_)));
    }
    let path = Path::new(&home).join("folder/new.sqlite");
    let error = Store::open(&Store::url_of(&path)).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_ledger_that_another_process_holds_is_busy_after_a_while() -> Outcome {
    let home = tempfile::tempdir()?;
    let path = home.path().join("ledger.sqlite");
    let url = filled(&path).await?;
    let store = Store::open(&url).await?;
    let holder = rusqlite::Connection::open(&path)?;
    holder.execute_batch("BEGIN IMMEDIATE")?;
    assert_eq!(store.snapshot(minute(0)).await?.accounts.len(), 1);
    let (other, unwritten) = (Store::open(&url).await?, reading(9));
    let (check, written) = tokio::join!(other.check(), store.record_reading(&unwritten, minute(9)));
    assert_eq!(check?.access, Access::ReadWrite);
    let error = written.unwrap_err();
    let place = path.display().to_string();
    assert_eq!(error, StoreError::Busy { place });
    holder.execute_batch("COMMIT")?;
    store.record_reading(&reading(9), minute(9)).await?;
    Ok(())
}

#[tokio::test]
async fn a_ledger_tells_that_others_wrote_and_not_that_we_did() -> Outcome {
    let home = tempfile::tempdir()?;
    let url = filled(&home.path().join("ledger.sqlite")).await?;
    let (ours, theirs) = (Store::open(&url).await?, Store::open(&url).await?);
    let before = ours.writes_of_others().await;
    assert!(before.is_some());
    ours.record_reading(&reading(9), minute(9)).await?;
    assert_eq!(ours.writes_of_others().await, before, "our own");
    theirs.record_reading(&reading(10), minute(10)).await?;
    assert_ne!(ours.writes_of_others().await, before, "theirs");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() -> Outcome {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    drop(listener);
    let url = format!("postgres://ann:hunter2@127.0.0.1:{port}/money");
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    let message = error.to_string();
    assert!(
        !message.contains("hunter2") && message.contains("ann@127.0.0.1"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_plain_words_and_the_way_out_is_told() -> Outcome {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let server = tokio::spawn(async move {
        let (mut line, _) = listener.accept().await?;
        let mut asked = [0; 8];
        line.read_exact(&mut asked).await?;
        line.write_all(b"N").await?;
        let mut rest = Vec::new();
        line.read_to_end(&mut rest).await?;
        std::io::Result::Ok(rest)
    });
    let url = format!("postgres://ann:hunter2@127.0.0.1:{port}/money?sslmode=verify-full");
    let error = Store::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("?sslmode=disable"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    assert_eq!(
        server.await??,
        b"",
        "nothing more was said, no name and no password"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_url_that_makes_no_sense_is_refused_without_its_password() -> Outcome {
    for end in ["host:port/money", "host/money?sslmode=perhaps"] {
        let error = Store::open(&format!("postgres://ann:hunter2@{end}")).await;
        let error = error.unwrap_err();
        assert!(matches!(error, StoreError::Url { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() -> Outcome {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let url = format!("postgres://ann:hunter2@127.0.0.1:{port}/money");
    let started = tokio::time::Instant::now();
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(started.elapsed().as_secs() <= 10);
    Ok(())
}

#[tokio::test]
async fn an_account_never_polled_has_the_default_state() -> Outcome {
    let store = Store::open("sqlite::memory:").await?;
    assert_eq!(store.poll_state(&venice()).await?, PollState::default());
    assert_eq!(store.place(), "in memory");
    assert_eq!(format!("{store:?}"), "Store(\"in memory\")");
    Ok(())
}

#[tokio::test]
async fn a_new_file_has_small_pages_because_all_of_a_changed_one_is_written() -> Outcome {
    let home = tempfile::tempdir()?;
    let file = home.path().join("ledger.sqlite");
    Store::open(&Store::url_of(&file)).await?.close().await;
    let look = rusqlite::Connection::open(&file)?;
    let page: i64 = look.pragma_query_value(None, "page_size", |row| row.get(0))?;
    assert_eq!(page, 1024);
    Ok(())
}
