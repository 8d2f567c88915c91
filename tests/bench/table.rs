//! What `/proc` says a process costs, and the table it is printed as.

use std::fs;

use super::{Outcome, megabytes};

/// Clock ticks in a second: the same on every Linux of today.
const TICKS: u64 = 100;

/// What a process has cost so far.
pub(super) struct Cost {
    pub(super) resident_bytes: u64,
    cpu_ticks: u64,
    wakeups: u64,
    written_bytes: u64,
}

/// What it cost over a while.
pub(super) struct Spent {
    pub(super) cpu: String,
    pub(super) wakeups: String,
    pub(super) written: String,
}

impl Cost {
    pub(super) fn of(process: u32) -> Outcome<Self> {
        let proc = format!("/proc/{process}");
        let stat = fs::read_to_string(format!("{proc}/stat"))?;
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_whitespace()
            .collect();
        let tick = |place: usize| fields.get(place).and_then(|field| field.parse().ok());
        let mut wakeups = 0;
        for task in fs::read_dir(format!("{proc}/task"))? {
            let status = fs::read_to_string(task?.path().join("status"))?;
            wakeups += number(&status, "voluntary_ctxt_switches:");
        }
        let status = fs::read_to_string(format!("{proc}/status"))?;
        let io = fs::read_to_string(format!("{proc}/io"))?;
        Ok(Self {
            resident_bytes: number(&status, "VmRSS:") * 1024,
            cpu_ticks: tick(11).unwrap_or(0_u64) + tick(12).unwrap_or(0),
            wakeups,
            written_bytes: number(&io, "write_bytes:"),
        })
    }

    /// Milliseconds of processor time since then.
    pub(super) const fn cpu_millis_since(&self, before: &Self) -> u64 {
        (self.cpu_ticks - before.cpu_ticks) * 1000 / TICKS
    }

    pub(super) fn since(&self, before: &Self, minutes: u64) -> Spent {
        let ticks = self.cpu_ticks - before.cpu_ticks;
        let thousandths = ticks * 100_000 / (TICKS * 60 * minutes.max(1));
        let tenths = (self.wakeups.saturating_sub(before.wakeups)) * 10 / minutes.max(1);
        let hour = (self.written_bytes - before.written_bytes) * 60 / minutes.max(1);
        Spent {
            cpu: format!("{}.{:03} %", thousandths / 1000, thousandths % 1000),
            wakeups: format!("{}.{}", tenths / 10, tenths % 10),
            written: megabytes(hour),
        }
    }
}

fn number(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// What was measured.
pub(super) struct Table {
    of: String,
    rows: Vec<(&'static str, &'static str, String)>,
}

impl Table {
    pub(super) const fn new(of: String) -> Self {
        Self {
            of,
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, what: &'static str, reach: &'static str, measured: String) {
        self.rows.push((what, reach, measured));
    }

    #[expect(clippy::print_stdout, reason = "this is what it is run for")]
    pub(super) fn print(&self) {
        println!("| what ({}) | reach | measured |", self.of);
        println!("|---|---|---|");
        for (what, reach, measured) in &self.rows {
            println!("| {what} | {reach} | {measured} |");
        }
        println!("\n{}", machine());
    }
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpu
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(|line| line.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = load.split(' ').next().unwrap_or_default();
    let model = models.first().copied().unwrap_or("an unknown processor");
    format!(
        "Measured on {} x {model}, Linux {}, load {busy}.",
        models.len(),
        kernel.trim()
    )
}
