//! What Claude Code keeps of the vendor's own word on its quotas: `cachedUsageUtilization` in `.claude.json`. The file is
//! never written, and no token is read. Every field is optional; unknown ones come and go.
//!
//! * The file is chosen by content: a decoy without the key may lie in the configuration folder.
//! * What was cached of another account than the one signed in is dropped.
//! * `limits` is the newer list and used when it is there, else the named buckets; code names are not shown.
//! * It is as old as `fetchedAtMs`, which may be days.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use spendtray_skim::LONGEST_LINE;

use crate::domain::ids::WindowName;
use crate::domain::quota::{QuotaReport, QuotaWindow, Source, WhenFull};
use crate::logs::files::{Places, Stamp};
use crate::logs::told::{LogsSince, Told};
use crate::system::listing::Facts;

const FILE: &str = ".claude.json";

const SESSION: TimeDelta = TimeDelta::hours(5);
const WEEK: TimeDelta = TimeDelta::days(7);

/// The vendor's word; the file is read again only when it changed.
pub(super) fn told(places: &Places<'_>, before: Option<&Told>, _: LogsSince<'_>) -> Option<Told> {
    let files = files(places);
    let found = files.iter().filter_map(|file| {
        let metadata = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
        Some((file, Stamp::of(&Facts::from(&metadata))))
    });
    let mut empty = None;
    for (file, stamp) in found {
        let same = before.filter(|before| before.stamp == stamp);
        let told = same.cloned().unwrap_or_else(|| Told {
            stamp,
            quota: read(file),
        });
        if told.quota.is_some() {
            return Some(told);
        }
        empty.get_or_insert(told);
    }
    empty
}

fn files(places: &Places<'_>) -> Vec<PathBuf> {
    let named = places.listed("CLAUDE_CONFIG_DIR").unwrap_or_default();
    let named = named.into_iter().map(|folder| folder.join(FILE));
    named.chain([places.home.join(FILE)]).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DotClaude {
    oauth_account: Option<Account>,
    cached_usage_utilization: Option<Cached>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    account_uuid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    fetched_at_ms: Option<i64>,
    account_uuid: Option<String>,
    #[serde(default)]
    utilization: Value,
}

fn read(file: &Path) -> Option<QuotaReport> {
    let mut bytes = Vec::new();
    let file = File::open(file).ok()?;
    file.take(LONGEST_LINE as u64)
        .read_to_end(&mut bytes)
        .ok()?;
    let found: DotClaude = serde_json::from_slice(&bytes).ok()?;
    let cached = found.cached_usage_utilization?;
    let signed_in = found.oauth_account.and_then(|account| account.account_uuid);
    if cached.account_uuid.is_some() && signed_in.is_some() && cached.account_uuid != signed_in {
        return None;
    }
    let windows = windows(&cached.utilization);
    Some(QuotaReport {
        told_at: DateTime::from_timestamp_millis(cached.fetched_at_ms?)?,
        plan: None,
        windows,
    })
    .filter(|report| !report.windows.is_empty())
}

fn windows(utilization: &Value) -> Vec<QuotaWindow> {
    let limits = utilization["limits"].as_array();
    let mut windows: Vec<QuotaWindow> = Vec::new();
    for window in limits.into_iter().flatten().filter_map(limit) {
        match windows.iter_mut().find(|known| known.name == window.name) {
            Some(known) if known.used_percent >= window.used_percent => {}
            Some(known) => *known = window,
            None => windows.push(window),
        }
    }
    if !windows.is_empty() {
        return windows;
    }
    let named = [
        ("five_hour", "5h", "Session (5 h)", SESSION),
        ("seven_day", "week", "Week", WEEK),
        ("seven_day_opus", "week-opus", "Week (Opus)", WEEK),
        ("seven_day_sonnet", "week-sonnet", "Week (Sonnet)", WEEK),
    ];
    let buckets = named.into_iter().filter_map(|(key, name, label, span)| {
        let bucket = &utilization[key];
        let percent = number(&bucket["utilization"])?;
        Some(window((name, label, span), percent, &bucket["resets_at"]))
    });
    buckets.collect()
}

fn limit(limit: &Value) -> Option<QuotaWindow> {
    let percent = number(&limit["percent"])?;
    let resets_at = &limit["resets_at"];
    let words = match limit["kind"].as_str()? {
        "session" => ("5h", "Session (5 h)", SESSION),
        "weekly_all" => ("week", "Week", WEEK),
        "weekly_scoped" => {
            let scope = &limit["scope"];
            let model = scope["model"]["display_name"].as_str();
            let scope = model.or_else(|| scope["surface"].as_str())?;
            let (name, label) = (format!("week-{}", slug(scope)), format!("Week ({scope})"));
            return Some(window((&name, &label, WEEK), percent, resets_at));
        }
        _ => return None,
    };
    Some(window(words, percent, resets_at))
}

fn window(
    (name, label, span): (&str, &str, TimeDelta),
    percent: Decimal,
    resets_at: &Value,
) -> QuotaWindow {
    QuotaWindow {
        name: WindowName::from(name),
        label: label.to_owned(),
        used_percent: Some(percent),
        used: None,
        limit: None,
        unit: None,
        span: Some(span),
        resets_at: instant(resets_at),
        source: Source::Official,
        when_full: WhenFull::Refuses,
    }
}

fn slug(text: &str) -> String {
    let letters = text.to_lowercase();
    let letters = letters.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = letters.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// A number exactly as it is written.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

/// An instant, as text or as seconds.
fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => DateTime::from_timestamp(number.as_i64()?, 0),
        _ => None,
    }
}
