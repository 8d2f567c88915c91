//! What vendors told agents of their quotas, found beside and within their logs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use spendtray::domain::quota::{QuotaReport, Source};
use spendtray::domain::variables::Variables;
use spendtray::logs::{Ask, Desk, Seen, Surroundings};

use super::stage::{Outcome, agent, copy, samples};

fn desk(home: &Path, variables: &[(&str, &Path)]) -> Desk {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let variables: Variables = variables
        .iter()
        .map(|(name, path)| ((*name).to_owned(), text(path)))
        .collect();
    Desk::new(Surroundings {
        home: home.to_owned(),
        config_home: home.join(".config"),
        variables: Arc::new(variables),
        indexes: home.join("state"),
    })
}

fn look(desk: &Desk, id: &str, known: Option<&str>) -> Outcome<Option<Seen>> {
    let ask = Ask {
        slots_since: DateTime::UNIX_EPOCH,
        known,
        told_at: Some(DateTime::<Utc>::MAX_UTC),
        uses_since: DateTime::UNIX_EPOCH,
        singly_if_since: DateTime::UNIX_EPOCH,
        pause: TimeDelta::days(10_000),
        ..Ask::TOTALS
    };
    Ok(desk.look(agent(id)?, ask)?)
}

fn told(desk: &Desk, id: &str) -> Outcome<Option<QuotaReport>> {
    Ok(look(desk, id, None)?.ok_or("nothing seen")?.quota)
}

fn counted(seen: &Seen) -> usize {
    seen.uses.len()
}

/// Name, percent and reset of every window.
fn brief(report: &QuotaReport) -> Vec<(String, String, Option<DateTime<Utc>>)> {
    let windows = report.windows.iter();
    windows
        .map(|window| {
            let percent = window.used_percent.unwrap_or_default().normalize();
            (
                window.name.to_string(),
                percent.to_string(),
                window.resets_at,
            )
        })
        .collect()
}

fn seconds(at: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at, 0)
}

#[test]
fn a_compressed_rollout_tells_its_windows_as_the_plain_one_would() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let day = "sessions/2026/09/15";
    let name = "rollout-2026-09-15T19-30-00-0199c0de-000e-7000-8000-00000000000e.jsonl";
    let both = samples().join("codex/x08-zstd").join(day);
    let mut reports = Vec::new();
    for end in ["", ".zst"] {
        let place = home.path().join(format!("codex{end}"));
        fs::create_dir_all(place.join(day))?;
        let file = format!("{name}{end}");
        fs::copy(both.join(&file), place.join(day).join(&file))?;
        let state = home.path().join(format!("home{end}"));
        let desk = desk(&state, &[("CODEX_HOME", &place)]);
        reports.push(told(&desk, "codex-logs")?.ok_or("no report")?);
    }
    // The plain one was written on.
    assert_eq!(
        reports[1].told_at,
        "2026-09-15T17:31:00Z".parse::<DateTime<Utc>>()?
    );
    assert_eq!(reports[0].windows, reports[1].windows);
    Ok(())
}

#[test]
fn codexs_newest_event_of_the_plan_tells_its_windows() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let place = samples().join("codex/x11-rate-limits-offline");
    let desk = desk(home.path(), &[("CODEX_HOME", &place)]);
    let report = told(&desk, "codex-logs")?.ok_or("no report")?;
    assert_eq!(
        report.told_at,
        "2026-09-15T20:03:00Z".parse::<DateTime<Utc>>()?
    );
    let windows = brief(&report);
    assert_eq!(
        windows[0],
        ("5h".into(), "22".into(), seconds(1_789_520_400))
    );
    assert_eq!(
        (windows[1].0.as_str(), windows[1].1.as_str()),
        ("week", "64")
    );
    assert!(
        report
            .windows
            .iter()
            .all(|window| window.source == Source::Official)
    );
    Ok(())
}

#[test]
fn windows_are_told_apart_by_their_length_in_every_shape_codex_ever_wrote() -> Outcome<()> {
    let sample = samples().join("codex/x11-rate-limits-offline/variants");
    let mut files = Vec::new();
    for entry in fs::read_dir(sample.join("sessions/2026/09/15"))? {
        files.push(entry?.path());
    }
    let text = fs::read_to_string(files.first().ok_or("no sample")?)?;
    let mut seen = Vec::new();
    for until in 2..=text.lines().count() {
        let home = tempfile::tempdir()?;
        let folder = home.path().join(".codex/sessions/2026/09/15");
        fs::create_dir_all(&folder)?;
        let lines: Vec<&str> = text.lines().take(until).collect();
        fs::write(folder.join("rollout-x.jsonl"), lines.join("\n") + "\n")?;
        let desk = desk(home.path(), &[]);
        let report = told(&desk, "codex-logs")?.ok_or("no report")?;
        let windows = brief(&report).into_iter();
        seen.push(
            windows
                .map(|(name, percent, _)| format!("{name} {percent}"))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n"));
    Ok(())
}

#[test]
fn an_end_of_a_rollout_that_tells_nothing_keeps_the_last_word() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let place = home.path().join("codex");
    copy(&samples().join("codex/x11-rate-limits-offline"), &place)?;
    let desk = desk(home.path(), &[("CODEX_HOME", &place)]);
    let before = told(&desk, "codex-logs")?;
    fs::remove_dir_all(place.join("sessions"))?;
    let folder = place.join("sessions/2026/09/16");
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("rollout-new.jsonl"),
        "{\"timestamp\":\"2026-09-16T08:00:00Z\"}\n",
    )?;
    assert_eq!(told(&desk, "codex-logs")?, before);
    Ok(())
}

fn dot_claude(account: &str, limits: &Value) -> String {
    let cached = json!({
        "fetchedAtMs": 1_789_480_800_000_i64, "accountUuid": "one",
        "utilization": {
            "five_hour": { "utilization": 11, "resets_at": "2026-09-15T17:00:00.392502+00:00" },
            "seven_day": { "utilization": 47.5, "resets_at": 1_789_736_400 },
            "seven_day_opus": null, "tangelo": { "utilization": 99 },
            "limits": limits,
        },
    });
    json!({ "numStartups": 12, "oauthAccount": { "accountUuid": account }, "cachedUsageUtilization": cached }).to_string()
}

fn claude(text: &str) -> Outcome<Option<QuotaReport>> {
    let home = tempfile::tempdir()?;
    fs::write(home.path().join(".claude.json"), text)?;
    told(&desk(home.path(), &[]), "claude-code")
}

#[test]
fn claude_codes_cache_tells_the_named_limits_first_and_the_old_buckets_else() -> Outcome<()> {
    let resets = "2026-09-18T13:00:00.081947+00:00";
    let scope = |name| json!({ "model": { "id": null, "display_name": name }, "surface": null });
    let limits = json!([
        { "kind": "session", "percent": 11, "resets_at": null, "scope": null },
        { "kind": "weekly_all", "percent": 47, "resets_at": resets, "is_active": false },
        { "kind": "weekly_scoped", "percent": 71, "resets_at": resets, "scope": scope("Fable") },
        { "kind": "weekly_scoped", "percent": 60, "resets_at": resets, "scope": scope("Fable") },
        { "kind": "someday", "percent": 5 },
    ]);
    let report = claude(&dot_claude("one", &limits))?.ok_or("no report")?;
    assert_eq!(
        report.told_at,
        "2026-09-15T14:00:00Z".parse::<DateTime<Utc>>()?
    );
    let told: Vec<String> = report
        .windows
        .iter()
        .map(|window| {
            format!(
                "{} {} {:?}",
                window.label,
                window.used_percent.unwrap_or_default(),
                window.resets_at
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let report = claude(&dot_claude("one", &json!([])))?.ok_or("no report")?;
    let old = brief(&report);
    assert_eq!(old.len(), 2, "{old:?}");
    assert_eq!(
        old[1],
        ("week".into(), "47.5".into(), seconds(1_789_736_400))
    );
    Ok(())
}

#[test]
fn what_was_cached_of_another_account_and_what_is_no_cache_say_nothing() -> Outcome<()> {
    assert_eq!(claude(&dot_claude("two", &json!([])))?, None);
    for text in [
        "",
        "{}",
        "[]",
        "{\"cachedUsageUtilization\":{}}",
        "{\"cachedUsageUtilization\":{\"fetchedAtMs\":1,\"utilization\":{}}}",
    ] {
        assert_eq!(claude(text)?, None, "{text}");
    }
    Ok(())
}

#[test]
fn a_decoy_in_the_configuration_folder_does_not_hide_the_file_in_the_home() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let config = home.path().join("claude");
    fs::create_dir_all(&config)?;
    fs::write(config.join(".claude.json"), "{\"numStartups\":1}")?;
    fs::write(
        home.path().join(".claude.json"),
        dot_claude("one", &json!([])),
    )?;
    let desk = desk(home.path(), &[("CLAUDE_CONFIG_DIR", &config)]);
    assert!(told(&desk, "claude-code")?.is_some());
    Ok(())
}

#[test]
fn uses_are_told_by_quarter_up_to_the_last_long_pause_and_singly_since() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    copy(
        &samples().join("claude-code/c14-blocks"),
        &home.path().join(".claude"),
    )?;
    let desk = desk(home.path(), &[]);
    let uses = |hours, now: &str| -> Outcome<Vec<(String, u64)>> {
        let now: DateTime<Utc> = now.parse()?;
        let ask = Ask {
            uses_since: DateTime::UNIX_EPOCH,
            singly_if_since: now - TimeDelta::hours(10),
            pause: TimeDelta::hours(hours),
            now,
            ..Ask::TOTALS
        };
        let seen = desk.look(agent("claude-code")?, ask)?.ok_or("no uses")?;
        let uses = seen.uses.iter();
        let told = uses.map(|each| (each.at.format("%H:%M:%S").to_string(), each.tokens));
        Ok(told.collect())
    };
    let told = |list: &[(&str, u64)]| -> Vec<(String, u64)> {
        list.iter()
            .map(|(at, tokens)| ((*at).to_owned(), *tokens))
            .collect()
    };
    let quarters = [
        ("09:15:00", 110),
        ("10:00:00", 220),
        ("13:45:00", 330),
        ("14:00:00", 990),
        ("14:30:00", 660),
    ];
    let night = "2026-09-15T23:00:00Z";
    let with_last = [quarters.as_slice(), &[("22:15:00", 770)]].concat();
    assert_eq!(uses(5, night)?, told(&with_last));
    // Without a pause of eight hours the run is the whole day.
    let singly = uses(8, night)?;
    assert_eq!(singly.first(), told(&[("09:17:30", 110)]).first());
    assert_eq!(singly.len(), 7);
    // Long after, all is told by quarter.
    assert_eq!(uses(8, "2026-09-17T00:00:00Z")?, told(&with_last));
    Ok(())
}

/// F61
#[test]
fn a_look_that_brings_nothing_says_so_and_one_that_brings_a_response_or_a_word_tells_all()
-> Outcome<()> {
    let home = tempfile::tempdir()?;
    let logs = home.path().join(".claude");
    copy(&samples().join("claude-code/c01-streaming-partials"), &logs)?;
    let desk = desk(home.path(), &[]);
    let first = look(&desk, "claude-code", None)?.ok_or("nothing seen")?;
    assert_eq!((counted(&first), first.quota.is_some()), (3, false));
    assert_eq!(look(&desk, "claude-code", Some(&first.revision))?, None);
    assert_eq!(look(&desk, "claude-code", Some(&first.revision))?, None);
    fs::write(
        home.path().join(".claude.json"),
        dot_claude("one", &json!([])),
    )?;
    let second = look(&desk, "claude-code", Some(&first.revision))?.ok_or("no news")?;
    assert!(second.quota.is_some());
    copy(&samples().join("claude-code/c14-blocks"), &logs)?;
    let third = look(&desk, "claude-code", Some(&second.revision))?.ok_or("no news")?;
    assert_eq!(counted(&third), 10);
    let earliest = third.slots.iter().map(|slot| slot.start);
    let new = earliest.filter(|start| !first.slots.iter().any(|slot| slot.start == *start));
    // What is known and did not change is not told again.
    assert_eq!(first.slots_since, DateTime::UNIX_EPOCH);
    assert_eq!(Some(third.slots_since), new.min());
    let other = self::desk(home.path(), &[]);
    assert_eq!(
        look(&other, "claude-code", Some(&third.revision))?,
        None,
        "another process knows what the index holds"
    );
    fs::remove_dir_all(home.path().join("state"))?;
    let without = self::desk(home.path(), &[]);
    assert!(look(&without, "claude-code", Some(&third.revision))?.is_some());
    Ok(())
}
