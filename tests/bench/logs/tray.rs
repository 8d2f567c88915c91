//! What the resident program costs with a home full of logs behind it: memory, waking, lines on their way to the menu.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::sleep;

use super::child::line;
use super::corpus::{TODAY, stamp};
use super::{Table, files};
use crate::table::Cost;
use crate::watcher::Bus;
use crate::{Outcome, megabytes};

/// Noon of the day that is today in every corpus.
const NOON: i64 = TODAY + 43_200;
/// Lines that are written, one a second.
const LINES: u64 = 20;
/// What costs nothing for so long has settled.
const CALM: Duration = Duration::from_secs(4);
/// The longest a first look at everything may take.
const PATIENCE: u32 = 100;

/// Starts the program in that home and watches it.
pub(super) fn measure(home: &Path, table: &mut Table) -> Outcome {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // The ledger must lie on a disk: the logs may lie in memory, where the program keeps none.
    let data = tempfile::tempdir()?;
    runtime.block_on(async {
        let mut bus = Bus::start().await?;
        let mut program = start(home, data.path(), &bus)?;
        let measured = watch(home, (&mut bus, program.id()), table).await;
        program.kill()?;
        program.wait()?;
        measured
    })
}

fn start(home: &Path, data: &Path, bus: &Bus) -> Outcome<Child> {
    let config = home.join(".config/spendtray");
    fs::create_dir_all(&config)?;
    fs::create_dir_all(home.join("run"))?;
    // Nothing but the logs: no list of prices is asked for.
    fs::write(config.join("config.toml"), "[prices]\nrefresh = false\n")?;
    let run = home.join("run");
    let now = stamp(NOON, 0);
    let variables: [(&str, &OsStr); 5] = [
        ("HOME", home.as_ref()),
        ("XDG_DATA_HOME", data.as_ref()),
        ("XDG_RUNTIME_DIR", run.as_ref()),
        ("TZ", "UTC".as_ref()),
        ("SPENDTRAY_NOW", now.as_ref()),
    ];
    let program = Path::new(env!("CARGO_BIN_EXE_spendtray"));
    crate::start(program, variables, bus)
}

async fn watch(home: &Path, (bus, process): (&mut Bus, u32), table: &mut Table) -> Outcome {
    bus.icon().await?;
    let settled = calm(process).await?;
    table.add(
        "the tray with 1 GB of logs: resident set",
        "20 MB",
        megabytes(settled.resident_bytes),
    );
    sleep(Duration::from_mins(1)).await;
    let idle = Cost::of(process)?.since(&settled, 1);
    table.add("its wake-ups in an idle minute", "0", idle.wakeups);
    let transcript = files(&home.join(".claude"))?.pop().ok_or("no transcript")?;
    let before = Cost::of(process)?;
    for number in 0..LINES {
        let line = line(&format!("tray_{number}"), &stamp(NOON, 1));
        OpenOptions::new()
            .append(true)
            .open(&transcript)?
            .write_all(line.as_bytes())?;
        sleep(Duration::from_secs(1)).await;
    }
    let after = calm(process).await?;
    table.add(
        "its CPU for a line, shown in the menu",
        "-",
        format!("{} ms", after.cpu_millis_since(&before) / LINES),
    );
    table.add(
        "its resident set after them",
        "20 MB",
        megabytes(after.resident_bytes),
    );
    Ok(())
}

/// Waits until the process costs nothing for a while.
async fn calm(process: u32) -> Outcome<Cost> {
    let mut before = Cost::of(process)?;
    for _ in 0..PATIENCE {
        sleep(CALM).await;
        let now = Cost::of(process)?;
        if now.cpu_millis_since(&before) == 0 {
            return Ok(now);
        }
        before = now;
    }
    Err("the program never settles".into())
}
