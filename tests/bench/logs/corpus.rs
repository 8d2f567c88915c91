//! A home full of agents' logs, made from a seed, and the truth about it: each response is booked when it is invented.
//!
//! The sizes are those of real homes: median 105 KB, one in a hundred above 5.4 MB, the largest 87 MB.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate};

use super::chance::{Chance, Text};
use super::{Outcome, claude, codex};

/// The first second of the day that is today in every corpus: 2026-11-20, UTC.
pub(super) const TODAY: i64 = 1_795_132_800;

pub(super) const DAY: i64 = 86_400;

/// In ten thousand files so many are smaller, in bytes.
const SIZES: [(u64, u64); 10] = [
    (0, 1_500),
    (1_000, 12_000),
    (2_500, 33_000),
    (5_000, 105_000),
    (7_500, 250_000),
    (9_000, 600_000),
    (9_500, 1_200_000),
    (9_900, 5_400_000),
    (9_990, 12_000_000),
    (10_000, 87_000_000),
];

/// Where text of a line is, this long.
pub(super) const TEXTS: [(u64, u64); 7] = [
    (0, 30),
    (3_000, 220),
    (6_000, 900),
    (8_500, 3_400),
    (9_500, 10_000),
    (9_900, 20_000),
    (10_000, 70_000),
];

/// Tokens by day and model: requests, input, cached, written, output.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Truth(pub(super) BTreeMap<(i64, String), [u64; 5]>);

impl Truth {
    pub(super) fn book(&mut self, at: i64, model: &str, tokens: [u64; 4]) {
        let sums = self
            .0
            .entry((at.div_euclid(DAY), model.to_owned()))
            .or_default();
        let [input, cached, written, output] = tokens;
        for (sum, more) in sums.iter_mut().zip([1, input, cached, written, output]) {
            *sum += more;
        }
    }

    /// One line a day and model.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        for ((day, model), sums) in &self.0 {
            let _always = writeln!(text, "{} {model} {sums:?}", date(*day));
        }
        text
    }
}

/// Why the same use stands in a corpus more than once, where only a rule tells that it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Repeat {
    /// A further line of the main chain's response that tells no request.
    Line,
    /// A line of such a response in the copy that a resumed session begins with.
    Copy,
    /// A line in such a copy that nests a sub-agent's message.
    Nested,
    /// The only event of its parent's that a fork begins with, at a time of its own.
    Replay,
}

impl Repeat {
    pub(super) const ALL: [Self; 4] = [Self::Line, Self::Copy, Self::Nested, Self::Replay];

    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Line => "further lines of a response without `requestId`",
            Self::Copy => "lines of such a response, copied by a resumed session",
            Self::Nested => "sub-agents' messages nested in lines that it copied",
            Self::Replay => "a parent's only event, replayed by a fork of Codex",
        }
    }
}

/// What the makers of files share.
pub(super) struct Maker {
    pub(super) home: PathBuf,
    pub(super) chance: Chance,
    pub(super) text: Text,
    pub(super) truth: Truth,
    /// What else stands in the corpus and is no use, by why somebody may count it all the same.
    pub(super) repeated: BTreeMap<Repeat, Truth>,
    /// The lines of the file being made that somebody may count again in a copy, by where they end.
    pub(super) repeatable: Vec<(usize, Repeat, Line)>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) bytes_today: u64,
}

/// What a line tells.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) model: &'static str,
    /// Input, cached, written, output.
    pub(super) tokens: [u64; 4],
}

/// How long a file is to be, and when it begins.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) size: u64,
    pub(super) at: i64,
    pub(super) is_today: bool,
}

impl Plan {
    /// A later instant of the same file, which never reaches into another part of the corpus.
    pub(super) fn later(&self, at: i64, seconds: u64) -> i64 {
        let at = at + i64::try_from(seconds).unwrap_or(0);
        at.min(if self.is_today {
            TODAY + DAY - 1
        } else {
            TODAY - 1
        })
    }
}

impl Maker {
    /// Books what is there again.
    pub(super) fn repeat(&mut self, why: Repeat, line: &Line) {
        let repeated = self.repeated.entry(why).or_default();
        repeated.book(line.at, line.model, line.tokens);
    }

    fn plan(&mut self) -> Plan {
        let size = self.chance.along(&SIZES);
        let is_today = self.bytes_today * 20 < self.bytes && size < 8_000_000;
        let at = if is_today {
            TODAY + i64::try_from(self.chance.below(40_000)).unwrap_or(0)
        } else {
            TODAY - i64::try_from(self.chance.between(90_000, 60 * 86_400)).unwrap_or(0)
        };
        Plan { size, at, is_today }
    }

    /// Writes a file whose last line is of that instant.
    pub(super) fn put(&mut self, path: &Path, text: &[u8], (plan, at): (Plan, i64)) -> Outcome {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        file.write_all(text)?;
        let since = Duration::from_secs(u64::try_from(at).unwrap_or(0));
        file.set_modified(UNIX_EPOCH + since)?;
        self.files += 1;
        self.bytes += text.len() as u64;
        if plan.is_today {
            self.bytes_today += text.len() as u64;
        }
        Ok(())
    }
}

/// Makes a corpus of at least so many bytes, or, when `files` is told, of at least so many files.
pub(super) fn make(home: &Path, seed: u64, bytes: u64, files: u64) -> Outcome<Maker> {
    let mut maker = empty(home, seed);
    let mut claude = claude::Claude::default();
    let mut codex = codex::Codex::default();
    while maker.bytes < bytes || maker.files < files {
        let mut plan = maker.plan();
        if let Some(fair) = (40 * bytes).checked_div(files) {
            // As many bytes as there are for a file.
            plan.size = plan
                .size
                .min(bytes.saturating_sub(maker.bytes).max(1_500))
                .min(fair);
        }
        if maker.chance.in_hundred(75) {
            claude.session(&mut maker, plan)?;
        } else {
            codex.thread(&mut maker, plan)?;
        }
    }
    Ok(maker)
}

/// Makes two files of that size, one of each agent.
pub(super) fn make_two(home: &Path, seed: u64, size: u64) -> Outcome<Maker> {
    let mut maker = empty(home, seed);
    let plan = Plan {
        size,
        at: TODAY - 30 * DAY,
        is_today: false,
    };
    claude::Claude::default().session(&mut maker, plan)?;
    codex::Codex::default().thread(&mut maker, plan)?;
    Ok(maker)
}

fn empty(home: &Path, seed: u64) -> Maker {
    let mut chance = Chance::of(seed);
    let text = Text::new(&mut chance);
    Maker {
        home: home.to_owned(),
        chance,
        text,
        truth: Truth::default(),
        repeated: BTreeMap::new(),
        repeatable: Vec::new(),
        files: 0,
        bytes: 0,
        bytes_today: 0,
    }
}

/// The day of a number of days since the epoch.
pub(super) fn date(day: i64) -> NaiveDate {
    let time = DateTime::from_timestamp(day * DAY, 0);
    time.unwrap_or_default().date_naive()
}

/// An instant as logs write it.
pub(super) fn stamp(at: i64, millis: u64) -> String {
    let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
    format!("{}.{:03}Z", time.format("%Y-%m-%dT%H:%M:%S"), millis % 1000)
}
