//! What Codex's vendor said of its windows, as rollouts keep it beside each response: the newest such event in the newest
//! files, read from their ends. It needs no key, and is exact as of the last request from this machine.
//!
//! * Only the limit `codex`, or one without a name, is the plan's; others are single models'.
//! * Windows are told apart by their length, not by their place: a plan without a session has its week first.
//! * The shape of 2025 tells resets in seconds from the event on.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use memchr::memmem::Finder;
use rust_decimal::Decimal;
use serde_json::Value;
use spendtray_skim::Buffer;

use crate::domain::ids::WindowName;
use crate::domain::quota::{QuotaReport, QuotaWindow, Source, WhenFull};
use crate::logs::claude_cache::number;
use crate::logs::files::{Places, Stamp};
use crate::logs::reading::{Shape, plain};
use crate::logs::told::{LogsSince, Told, window_words};

/// How much of a file's end is read at first, and when nothing stands there.
const TAILS: [u64; 2] = [256 << 10, 8 << 20];
/// What every event of the kind has.
const NEEDLE: &[u8] = b"\"rate_limits\"";

/// The vendor's word; looked for only in logs that changed.
pub(super) fn told(_: &Places<'_>, before: Option<&Told>, logs: LogsSince<'_>) -> Option<Told> {
    let LogsSince::Changed(newest) = logs else {
        return before.cloned();
    };
    let reports = newest.iter().filter_map(|path| last_in(path));
    // An end without any event is no reason to forget the last one.
    let known = before.and_then(Told::quota).cloned();
    let quota = reports.chain(known).max_by_key(|report| report.told_at);
    Some(Told {
        stamp: Stamp::default(),
        quota,
    })
}

fn last_in(path: &Path) -> Option<QuotaReport> {
    if super::shape(path) == Some(Shape::Compressed) {
        return last_in_compressed(path).ok()?;
    }
    TAILS.iter().find_map(|length| {
        let (text, is_whole) = tail(path, *length).ok()?;
        let mut lines = text.split(|byte| *byte == b'\n');
        if !is_whole {
            lines.next();
        }
        lines.rev().find_map(report)
    })
}

/// The end of a compressed file is only reached through all of it.
fn last_in_compressed(path: &Path) -> io::Result<Option<QuotaReport>> {
    let mut last = None;
    let needle = Finder::new(NEEDLE);
    Buffer::default().lines(&mut plain(path)?, Some(&needle), &mut |line| {
        last = report(line.text).or_else(|| last.take());
    })?;
    Ok(last)
}

/// The end of a file, and whether that is all of it.
fn tail(path: &Path, length: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(length);
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.take(length).read_to_end(&mut text)?;
    Ok((text, from == 0))
}

/// The vendor's word in a line. `None`: it has none.
fn report(line: &[u8]) -> Option<QuotaReport> {
    memchr::memmem::find(line, NEEDLE)?;
    let line: Value = serde_json::from_slice(line.trim_ascii()).ok()?;
    let told_at: DateTime<Utc> = line["timestamp"].as_str()?.parse().ok()?;
    let payload = &line["payload"];
    if payload["type"].as_str() != Some("token_count") {
        return None;
    }
    let limits = &payload["rate_limits"];
    if limits["limit_id"].as_str().is_some_and(|id| id != "codex") {
        return None;
    }
    let slots = ["primary", "secondary"].iter();
    let windows = slots.filter_map(|slot| window(&limits[*slot], told_at));
    let windows: Vec<QuotaWindow> = windows
        .chain(own_limit(&limits["individual_limit"]))
        .collect();
    let plan = limits["plan_type"].as_str().map(str::to_owned);
    (!windows.is_empty()).then_some(QuotaReport {
        told_at,
        plan,
        windows,
    })
}

fn window(slot: &Value, told_at: DateTime<Utc>) -> Option<QuotaWindow> {
    let used_percent = number(&slot["used_percent"])?;
    let minutes = slot["window_minutes"].as_u64();
    let (name, label) =
        minutes.map_or_else(|| ("window".to_owned(), "Window".to_owned()), window_words);
    let after = || {
        let seconds = slot["resets_in_seconds"].as_i64()?;
        told_at.checked_add_signed(TimeDelta::try_seconds(seconds)?)
    };
    let span = minutes.and_then(|minutes| TimeDelta::try_minutes(i64::try_from(minutes).ok()?));
    Some(QuotaWindow {
        name: WindowName::new(name),
        label,
        used_percent: Some(used_percent),
        used: None,
        limit: None,
        unit: None,
        span,
        resets_at: seconds(&slot["resets_at"]).or_else(after),
        source: Source::Official,
        when_full: WhenFull::Refuses,
    })
}

/// What a member of a team may use, in the workspace's credits.
fn own_limit(limit: &Value) -> Option<QuotaWindow> {
    let left = number(&limit["remaining_percent"]);
    let used_percent =
        number(&limit["used_percent"]).or_else(|| Decimal::ONE_HUNDRED.checked_sub(left?))?;
    Some(QuotaWindow {
        name: WindowName::from("credits"),
        label: "Your limit".to_owned(),
        used_percent: Some(used_percent),
        used: number(&limit["used"]),
        limit: number(&limit["limit"]),
        unit: Some("credits".to_owned()),
        span: None,
        resets_at: seconds(&limit["resets_at"]),
        source: Source::Official,
        when_full: WhenFull::Refuses,
    })
}

fn seconds(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(value.as_i64()?, 0)
}
