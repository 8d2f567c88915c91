//! `spendtray usage`: tokens and cost over time, as a table, JSON or CSV.

mod csv;
mod dates;
mod gather;
mod json;
mod progress;

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use crossterm::terminal;

use crate::analysis::digest::AccountDigest;
use crate::analysis::usage_report::{By, Grain, Question, report};
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::Polling;
use crate::cli::selection;
use crate::cli::session::Session;
use crate::cli::usage::gather::Gathered;
use crate::config;
use crate::domain::period::Unit;
use crate::view::format::Moment;
use crate::view::{text, usage};

/// Show tokens and cost over time
///
/// Coding agents' logs on this machine are looked at each time; what other accounts used comes from the ledger, where
/// the tray or `--refresh` put it. Without `--since` everything that is known is shown.
///
/// Days are cut in the zone of the configuration. In JSON and CSV a row's `end` is the first day, or the first
/// instant of a window, that no longer belongs to it; a session ends with its last response.
///
/// Exit codes: 0 ok, 1 when every account that was polled failed, 4 when some did, 2 for wrong usage.
#[derive(Debug, Args)]
pub(super) struct UsageArgs {
    /// Over what to sum
    #[arg(value_enum, default_value_t = Period::Daily)]
    period: Period,
    /// Split rows by this; may be repeated or separated by commas
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    by: Vec<Split>,
    /// The first day: 2026-11-23, 2026-11, today, yesterday, or 7d, 4w, 3m ago
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// The last day, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Cut days in this zone: local, UTC or a name like Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Only this account, or all accounts of this provider; may be repeated
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// Poll every account now
    #[arg(long)]
    refresh: bool,
    /// Print JSON (schema 1)
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV, a line a row; amounts have a column for each currency and basis
    #[arg(long)]
    csv: bool,
}

/// Over what rows sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    /// Days
    Daily,
    /// Weeks from Monday
    Weekly,
    /// Months
    Monthly,
    /// Sessions of coding agents
    Session,
    /// Five-hour windows of coding agents
    Block,
}

impl Period {
    const fn grain(self) -> Grain {
        match self {
            Self::Daily => Grain::Calendar(Unit::Day),
            Self::Weekly => Grain::Calendar(Unit::Week),
            Self::Monthly => Grain::Calendar(Unit::Month),
            Self::Session => Grain::Session,
            Self::Block => Grain::Block,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Session => "session",
            Self::Block => "block",
        }
    }
}

/// By what rows are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    /// The model
    Model,
    /// The account
    Account,
    /// The API key
    Key,
    /// The project, workspace or folder
    Project,
    /// The coding agent's session
    Session,
}

impl From<Split> for By {
    fn from(split: Split) -> Self {
        match split {
            Split::Model => Self::Model,
            Split::Account => Self::Account,
            Split::Key => Self::Key,
            Split::Project => Self::Project,
            Split::Session => Self::Session,
        }
    }
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &UsageArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let now = assembly.reach.clock.now();
    let zone = match &arguments.timezone {
        Some(name) => config::zone(name, &assembly.reach.variables).map_err(Failure::usage)?,
        None => assembly.loaded.config.policy.zone,
    };
    let today = now.with_timezone(&zone).date_naive();
    let days = dates::range(
        arguments.since.as_deref(),
        arguments.until.as_deref(),
        today,
    )?;
    let question = Question {
        grain: arguments.period.grain(),
        by: arguments.by.iter().copied().map(By::from).collect(),
        since: days.since,
        until: days.until,
        zone,
        now,
    };
    let wanted = selection::choose(&assembly, &arguments.account)?;
    let store = session.store(&assembly).await?;
    let polling = if arguments.refresh {
        Polling::Now
    } else {
        Polling::Logs
    };
    if session.output.is_watched() {
        progress::catch_up(&assembly, &wanted).await;
    }
    let gathered = gather::gather((&assembly, &store), &wanted, polling, &question).await;
    store.close().await;
    let gathered = gathered?;
    let failed = gathered.nobody.filter(|_| assembly.config_error.is_some());
    if failed.is_none() || arguments.json || arguments.csv {
        show(session, arguments, question, &gathered)?;
    }
    for warning in &gathered.warnings {
        session.output.warn(warning);
    }
    match failed {
        Some(sentence) => Err(Failure::usage(sentence)),
        None => gathered.ended,
    }
}

fn show(
    session: &Session,
    arguments: &UsageArgs,
    question: Question,
    gathered: &Gathered,
) -> Result<(), Failure> {
    let mut report = report(question, &gathered.sources);
    report.missing.extend(gathered.missing.iter().cloned());
    if arguments.json {
        let json = json::usage(&report, arguments.period.name());
        return session.output.json(&json);
    }
    if arguments.csv {
        return session.output.data(&csv::usage(&report));
    }
    if let Some(sentence) = gathered.nobody {
        session.output.note(sentence);
        return Ok(());
    }
    let width = width(session);
    let mut page = usage::usage(&report, &gathered.names, width);
    if report.question.grain == Grain::Block {
        let moment = Moment {
            now: report.question.now,
            zone: report.question.zone,
        };
        let accounts: Vec<&AccountDigest> = gathered.agents.iter().collect();
        let windows = text::windows(&accounts, moment);
        if !windows.is_empty() {
            page = format!("{page}\n{windows}");
        }
    }
    session.output.data(&page)
}

/// The terminal's width, or what `COLUMNS` says. `None`: neither, so a line may be as long as it is.
fn width(session: &Session) -> Option<usize> {
    let named = session.environment.get("COLUMNS");
    if let Some(columns) = named.and_then(|text| text.trim().parse().ok()) {
        return Some(columns).filter(|columns| *columns > 0);
    }
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = terminal::size().ok()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}
