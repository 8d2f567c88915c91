//! What the program costs: memory, time to appear, wake-ups, disk. It reports and judges nothing.
//!
//! A private bus with a tray host, simulated vendors on loopback, six accounts, a ledger of ninety days. Linux only.

mod home;
mod logs;
mod table;
mod watcher;

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use home::Home;
use table::{Cost, Table};
use watcher::{Bus, Icon};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How long the start's polls are left to end before idling is measured.
const SETTLING: Duration = Duration::from_secs(150);
const STARTS: usize = 15;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, rest)) if first == "logs" => {
            let place = |number: usize| rest.get(number).map(Path::new);
            let folder = place(0).ok_or("logs need a folder")?;
            return logs::measure(folder, place(1));
        }
        Some((first, rest)) if first == "logs-child" => return logs::child(rest),
        _ => {}
    }
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().map(PathBuf::from);
    // `cargo test --benches` and `cargo bench` without a program have nothing to measure.
    let Some(program) = program.filter(|program| program.is_file()) else {
        return Ok(());
    };
    let minutes = arguments
        .next()
        .and_then(|text| text.to_string_lossy().parse().ok())
        .unwrap_or(10);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let table = runtime.block_on(measure(&program, minutes))?;
    table.print();
    Ok(())
}

async fn measure(program: &Path, minutes: u64) -> Outcome<Table> {
    let mut table = Table::new(format!("{minutes} idle minutes"));
    let size = std::fs::metadata(program)?.len();
    table.add("binary", "12 MB", megabytes(size));
    let home = Home::new().await?;
    let mut bus = Bus::start().await?;
    let mut starts = Vec::new();
    let mut prints = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut child = resident(program, &home, &bus)?;
        let icon = bus.icon().await?;
        starts.push(icon.registered_at - began);
        end(&mut child)?;
        prints.push(status(program, &home)?);
    }
    table.add("start to registered", "60 ms", median(&mut starts));
    table.add("status --json", "25 ms", median(&mut prints));
    home.hang();
    let mut child = resident(program, &home, &bus)?;
    let icon = bus.icon().await?;
    table.add("menu while a vendor hangs", "50 ms", clicks(&icon).await?);
    end(&mut child)?;
    home.mend();
    idle(program, (&home, &mut bus), minutes, &mut table).await?;
    Ok(table)
}

async fn idle(
    program: &Path,
    (home, bus): (&Home, &mut Bus),
    minutes: u64,
    table: &mut Table,
) -> Outcome {
    let mut child = resident(program, home, bus)?;
    let icon = bus.icon().await?;
    tokio::time::sleep(SETTLING).await;
    let before = Cost::of(child.id())?;
    tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
    let after = Cost::of(child.id())?;
    table.add("resident set", "14 MB", megabytes(after.resident_bytes));
    let spent = after.since(&before, minutes);
    table.add("CPU while idle", "0.02 %", spent.cpu);
    table.add("wake-ups a minute", "3", spent.wakeups);
    table.add("disk written in an hour", "1 MB", spent.written);
    let mut first = [click(&icon).await?];
    table.add("menu after them", "50 ms", median(&mut first));
    end(&mut child)
}

fn resident(program: &Path, home: &Home, bus: &Bus) -> Outcome<Child> {
    start(program, home.variables(), bus)
}

/// Starts the program with nothing in its environment but these variables and the bus.
fn start(
    program: &Path,
    variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    bus: &Bus,
) -> Outcome<Child> {
    let child = Command::new(program)
        .env_clear()
        .envs(variables)
        .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

fn status(program: &Path, home: &Home) -> Outcome<Duration> {
    let began = Instant::now();
    let output = Command::new(program)
        .args(["status", "--json"])
        .env_clear()
        .envs(home.variables())
        .output()?;
    let took = began.elapsed();
    if output.stdout.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(took)
}

async fn clicks(icon: &Icon) -> Outcome<String> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(click(icon).await?);
    }
    Ok(median(&mut times))
}

async fn click(icon: &Icon) -> Outcome<Duration> {
    let began = Instant::now();
    icon.open_menu().await?;
    Ok(began.elapsed())
}

fn end(child: &mut Child) -> Outcome {
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn median(times: &mut [Duration]) -> String {
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    let micros = middle.as_micros();
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes * 10 / 1_000_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
