//! A process run to its end, and what it cost: the shell's own accounting, which is exact to the millisecond.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Outcome;
use super::corpus::Truth;
use crate::megabytes;

/// What a run cost and told.
pub(super) struct Run {
    /// Microseconds of processor time, of all threads.
    pub(super) cpu: u64,
    /// The largest resident set in bytes, where the process tells it.
    pub(super) peak: u64,
    /// The bytes of logs it read, where the process tells it.
    pub(super) read: u64,
    /// What else it printed.
    pub(super) told: String,
}

impl Run {
    /// Its peak, and whether its totals were exact.
    pub(super) fn peak(&self, truth: &Truth) -> String {
        let exact = if self.told == truth.told() {
            "exact"
        } else {
            "NOT EXACT"
        };
        format!("{}, {exact}, {} ms", megabytes(self.peak), millis(self.cpu))
    }
}

/// Runs a program with a home of its own.
pub(super) fn run(program: &Path, arguments: &[&str], home: &Path) -> Outcome<Run> {
    let script = "TIMEFORMAT='%3U %3S'; time \"$0\" \"$@\" 2>/dev/null";
    let quiet = program == Path::new("cat");
    let output = Command::new("bash")
        .args(["-c", script])
        .arg(program)
        .args(arguments)
        .env("HOME", home)
        .env("LC_ALL", "C")
        .env_remove("CODEX_HOME")
        .env_remove("CLAUDE_CONFIG_DIR")
        .stdin(Stdio::null())
        .stdout(if quiet { Stdio::null() } else { Stdio::piped() })
        .stderr(Stdio::piped())
        .output()?;
    let times = String::from_utf8_lossy(&output.stderr).into_owned();
    let seconds = times.lines().last().unwrap_or_default().split(' ');
    let micros = seconds.filter_map(|text| {
        let (whole, part) = text.split_once('.')?;
        Some(whole.parse::<u64>().ok()? * 1_000_000 + part.parse::<u64>().ok()? * 1000)
    });
    let mut run = Run {
        cpu: micros.sum(),
        peak: 0,
        read: 0,
        told: String::new(),
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let number = |name: &str| line.strip_prefix(name)?.parse().ok();
        if let Some(peak) = number("peak ") {
            run.peak = peak;
        } else if let Some(read) = number("read ") {
            run.read = read;
        } else {
            run.told.push_str(line);
            run.told.push('\n');
        }
    }
    if !output.status.success() {
        return Err(format!("{} failed: {times}", program.display()).into());
    }
    Ok(run)
}

/// The middle of some figures.
pub(super) fn median(figures: &mut [u64]) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A hundred times one figure by another.
pub(super) fn ratio(one: u64, other: u64) -> u64 {
    one * 100 / other.max(1)
}

/// Microseconds as milliseconds.
pub(super) fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros % 1000 / 100)
}
