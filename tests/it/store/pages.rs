//! What a look read of its file is at hand at the next look: a round of polls waits for no disk. The kernel counts the
//! bytes that a thread reads, and SQLite reads on the thread that asks.

use spendtray::store::Store;

use super::*;

/// So many bytes this thread has read.
fn bytes_read() -> Outcome<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/io")?;
    let read = told.lines().find_map(|line| line.strip_prefix("rchar: "));
    Ok(read.ok_or("the kernel does not count")?.parse()?)
}

/// How much of its file a ledger reads for all it knows.
async fn look(store: &Store) -> Outcome<u64> {
    let before = bytes_read()?;
    let snapshot = store.snapshot(minute(0)).await?;
    assert_eq!(snapshot.accounts.len(), 1);
    Ok(bytes_read()? - before)
}

#[tokio::test]
async fn what_was_looked_at_is_not_read_again() -> Outcome {
    let home = tempfile::tempdir()?;
    let store = Store::open(&Store::url_of(&home.path().join("ledger.sqlite"))).await?;
    let mut reading = reading(0);
    reading.events = (0..400).map(|n| event(&n.to_string(), n, 1)).collect();
    store.record_reading(&reading, minute(5)).await?;
    store.close().await;
    let store = Store::open(&Store::url_of(&home.path().join("ledger.sqlite"))).await?;
    let first = look(&store).await?;
    let again = look(&store).await?;
    assert!(
        first > 8192 && again < first / 8,
        "{first} bytes, then {again}"
    );
    store.record_reading(&reading, minute(5)).await?;
    let after_a_write = look(&store).await?;
    assert!(
        after_a_write < first / 8,
        "{first} bytes, then {after_a_write}"
    );
    store.close().await;
    Ok(())
}
