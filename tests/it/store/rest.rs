//! A ledger at rest keeps nothing of its file in memory. Shown by what the next look reads: the kernel counts the bytes that
//! a thread reads, and SQLite reads on the thread that asks.

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
async fn what_a_look_kept_of_the_file_is_let_go() -> Outcome {
    let home = tempfile::tempdir()?;
    let store = Store::open(&Store::url_of(&home.path().join("ledger.sqlite"))).await?;
    let mut reading = reading(0);
    reading.events = (0..400).map(|n| event(&n.to_string(), n, 1)).collect();
    store.record_reading(&reading, minute(5)).await?;
    look(&store).await?;
    let known = look(&store).await?;
    store.rest().await;
    let forgotten = look(&store).await?;
    assert!(
        forgotten > known + 8192,
        "{known} bytes with the pages at hand, {forgotten} without"
    );
    let known_again = look(&store).await?;
    assert!(known_again < forgotten / 2, "{known_again} bytes");
    store.close().await;
    Ok(())
}
