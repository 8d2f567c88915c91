//! `spendtray alerts`: what was crossed, and what was told about it; acknowledge, snooze.
//!
//! Nothing is judged here; the resident process does that. What is changed here it reads from the ledger.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::analysis::alerts;
use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::output::Tone;
use crate::cli::session::{Session, knock};
use crate::cli::status::json::{self, SCHEMA, instant};
use crate::cli::table::{Cell, Table};
use crate::domain::alert::{AlertRecord, NoticeRecord, Phase, Severity};
use crate::store::Store;
use crate::view::format;

/// List, acknowledge and snooze alerts
#[derive(Debug, Args)]
pub(super) struct AlertsArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the alerts that hold, worst first (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Mark alerts as seen
    Ack {
        /// The alerts, by the ids that `list` shows
        #[arg(value_name = "ID", required_unless_present = "all")]
        ids: Vec<String>,
        /// Every alert that is open
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
    /// Keep an alert quiet for a while
    Snooze {
        /// The alert, by the id that `list` shows
        #[arg(value_name = "ID")]
        id: String,
        /// How long: `30m`, `1h`, `2d`
        #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = span)]
        span: Duration,
    },
    /// List what was told, newest first
    History {
        /// At most so many
        #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
        number: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct ListJson<'a> {
    schema: u32,
    alerts: Vec<json::AlertJson<'a>>,
}

#[derive(Serialize)]
struct HistoryJson<'a> {
    schema: u32,
    notices: Vec<NoticeJson<'a>>,
}

#[derive(Serialize)]
struct NoticeJson<'a> {
    at: String,
    alert: Option<String>,
    severity: &'static str,
    title: &'a str,
    body: &'a str,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: AlertsArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let store = session.store(&assembly).await?;
    let now = assembly.reach.clock.now();
    let done = match arguments.action.unwrap_or(Action::List { json: false }) {
        Action::List { json } => list(session, &store.alerts().await?, now, json),
        Action::Ack { ids, all } => {
            let known = store.alerts().await?;
            let chosen = if all {
                open(&known)
            } else {
                find(&known, &ids)?
            };
            let changed: Vec<AlertRecord> = chosen
                .iter()
                .flat_map(|alert| alerts::acknowledge(&known, &alert.key))
                .collect();
            keep(&assembly, &store, &changed, now).await?;
            session
                .output
                .note(&format!("Acknowledged: {}.", chosen.len()));
            Ok(())
        }
        Action::Snooze { id, span } => {
            let known = store.alerts().await?;
            let until = now + TimeDelta::from_std(span).unwrap_or(TimeDelta::hours(1));
            let chosen = find(&known, &[id])?;
            let changed: Vec<AlertRecord> = chosen
                .iter()
                .flat_map(|alert| alerts::snooze(&known, &alert.key, until))
                .collect();
            keep(&assembly, &store, &changed, now).await?;
            session
                .output
                .note(&format!("Quiet until {}.", clock_time(&assembly, until)));
            Ok(())
        }
        Action::History { number, json } => history(session, &store, now, (number, json)).await,
    };
    store.close().await;
    done.map(|()| Ended::Well)
}

async fn keep(
    assembly: &Assembly,
    store: &Store,
    changed: &[AlertRecord],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if !changed.is_empty() {
        store.save_alerts(changed, now).await?;
        knock(assembly);
    }
    Ok(())
}

fn clock_time(assembly: &Assembly, at: DateTime<Utc>) -> String {
    let zone = assembly.loaded.config.policy.zone;
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn holding(known: &[AlertRecord]) -> Vec<&AlertRecord> {
    let mut holding: Vec<&AlertRecord> = known
        .iter()
        .filter(|alert| alert.phase != Phase::Armed)
        .collect();
    holding.sort_by_key(|alert| {
        (
            std::cmp::Reverse(alert.severity),
            std::cmp::Reverse(alert.raised_at),
        )
    });
    holding
}

fn open(known: &[AlertRecord]) -> Vec<&AlertRecord> {
    known
        .iter()
        .filter(|alert| alert.phase == Phase::Open)
        .collect()
}

fn find<'a>(known: &'a [AlertRecord], ids: &[String]) -> Result<Vec<&'a AlertRecord>, Failure> {
    let holding = holding(known);
    ids.iter()
        .map(|id| {
            let found = holding
                .iter()
                .find(|alert| alert.key.short() == id.to_lowercase());
            found.copied().ok_or_else(|| {
                Failure::usage(format!(
                    "there is no alert `{}`",
                    id.chars().take(16).collect::<String>()
                ))
                .hinted("`spendtray alerts list` shows the alerts that hold, with their ids.")
            })
        })
        .collect()
}

fn list(
    session: &Session,
    known: &[AlertRecord],
    now: DateTime<Utc>,
    json: bool,
) -> Result<(), Failure> {
    let holding = holding(known);
    if json {
        return session.output.json(&ListJson {
            schema: SCHEMA,
            alerts: holding.into_iter().map(json::alert).collect(),
        });
    }
    if holding.is_empty() {
        session.output.note("No alert holds.");
        return Ok(());
    }
    let mut table = Table::new(&["ID", "SEVERITY", "STATE", "SINCE", "ALERT"]);
    for alert in holding {
        table.row(vec![
            alert.key.short().into(),
            severity(alert.severity),
            state(alert, now).into(),
            Cell::known(alert.raised_at.map(|at| format::ago(at, now))),
            format!("{} – {}", alert.title, alert.body)
                .trim_end_matches(" – ")
                .into(),
        ]);
    }
    session.output.data(&table.text(session.output.paint()))
}

fn severity(severity: Severity) -> Cell {
    let tone = match severity {
        Severity::Info => Tone::Faint,
        Severity::Warning => Tone::Watch,
        Severity::Critical => Tone::Bad,
    };
    Cell::state(severity.name(), tone)
}

fn state(alert: &AlertRecord, now: DateTime<Utc>) -> &'static str {
    match alert.phase {
        Phase::Acknowledged => "acknowledged",
        _ if alert.snoozed_until.is_some_and(|until| until > now) => "snoozed",
        _ => "open",
    }
}

async fn history(
    session: &Session,
    store: &Store,
    now: DateTime<Utc>,
    (number, json): (u32, bool),
) -> Result<(), Failure> {
    let notices = store.notices(number).await?;
    if json {
        return session.output.json(&HistoryJson {
            schema: SCHEMA,
            notices: notices.iter().map(notice).collect(),
        });
    }
    if notices.is_empty() {
        session.output.note("Nothing was told yet.");
        return Ok(());
    }
    let mut table = Table::new(&["WHEN", "SEVERITY", "TOLD"]);
    for notice in &notices {
        table.row(vec![
            format::ago(notice.at, now).into(),
            severity(notice.severity),
            notice.title.as_str().into(),
        ]);
    }
    session.output.data(&table.text(session.output.paint()))
}

fn notice(notice: &NoticeRecord) -> NoticeJson<'_> {
    NoticeJson {
        at: instant(notice.at),
        alert: notice
            .alert
            .as_ref()
            .map(crate::domain::alert::AlertKey::short),
        severity: notice.severity.name(),
        title: &notice.title,
        body: &notice.body,
    }
}

/// Reads `30m`, `1h`, `2d`; at least a minute, at most 30 days.
fn span(text: &str) -> Result<Duration, String> {
    let refusal =
        || "use a whole number and m, h or d, like `30m`, `1h` or `2d`, at most 30d".to_owned();
    let unit = text.chars().last().ok_or_else(refusal)?;
    let minutes_each = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        _ => return Err(refusal()),
    };
    let count: u64 = text.trim_end_matches(unit).parse().map_err(|_| refusal())?;
    let minutes = count
        .checked_mul(minutes_each)
        .filter(|minutes| (1..=30 * 24 * 60).contains(minutes));
    minutes
        .map(|minutes| Duration::from_secs(minutes * 60))
        .ok_or_else(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_is_minutes_hours_or_days() {
        assert_eq!(span("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(span("1h"), Ok(Duration::from_hours(1)));
        assert_eq!(span("2d"), Ok(Duration::from_hours(48)));
        for refused in [
            "",
            "h",
            "0m",
            "1",
            "1w",
            "-1h",
            "31d",
            "1.5h",
            "99999999999999999999h",
            "1hh ",
            "ü",
        ] {
            assert!(span(refused).is_err(), "{refused}");
        }
    }
}
