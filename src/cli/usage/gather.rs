//! What a report is made from: agents' logs, looked at now, and what the ledger knows of every other account.

use std::io;
use std::sync::Arc;

use chrono::{DateTime, NaiveTime};

use crate::analysis::digest::{AccountDigest, AccountShape, AccountState};
use crate::analysis::session::Opening;
use crate::analysis::usage_report::{Grain, Known, Piece, Question, Source, agents};
use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Figures, Polling};
use crate::cli::selection;
use crate::domain::snapshot::{AccountSnapshot, Since};
use crate::domain::usage::SlotWidth;
use crate::logs;
use crate::providers::Kind;
use crate::store::Store;
use crate::view::usage::Names;

/// What a report is made from.
pub(super) struct Gathered {
    /// The accounts' usage.
    pub(super) sources: Vec<Source>,
    /// What people call keys and projects.
    pub(super) names: Names,
    /// The agents' figures, for their windows.
    pub(super) agents: Vec<AccountDigest>,
    /// What keeps the report from being complete, one sentence each.
    pub(super) missing: Vec<String>,
    /// What went wrong with polls.
    pub(super) warnings: Vec<String>,
    /// How the command ends.
    pub(super) ended: Result<Ended, Failure>,
    /// What is said in the place of a table, because no account is there. `None`: one is.
    pub(super) nobody: Option<&'static str>,
}

/// Polls what is wanted, looks at agents' logs, and reads the ledger.
pub(super) async fn gather(
    (assembly, store): (&Assembly, &Store),
    wanted: &[Planned],
    polling: Polling,
    question: &Question,
) -> Result<Gathered, Failure> {
    // Only how accounts stand is read of all of them: what agents used comes from their logs.
    let now = assembly.reach.clock.now();
    let figures = figures::gather_since((assembly, store), wanted, polling, now).await?;
    // A day more on each side holds every zone's days.
    let since = question
        .since
        .and_then(|since| since.pred_opt()?.pred_opt())
        .map_or(DateTime::UNIX_EPOCH, |day| {
            day.and_time(NaiveTime::MIN).and_utc()
        });
    let usage = Since {
        usage: Some(since),
        points: None,
    };
    let mut sources = Vec::new();
    let mut failed = Vec::new();
    for planned in wanted {
        if planned.provider.kind == Kind::AgentLog {
            match of_agent(assembly, planned, question.grain).await {
                Ok(source) => sources.push(source),
                Err(why) => failed.push(format!("{}: {why}", planned.account.label)),
            }
        } else if let Some(known) = store.account(planned.id(), usage).await? {
            sources.extend(of_ledger(&known, Some(planned)));
        }
    }
    // What an account used that is no longer set up was used all the same.
    if wanted.len() == assembly.planned().len() {
        let others = figures.snapshot.accounts.iter().filter(|known| {
            let mut wanted = wanted.iter();
            !wanted.any(|planned| *planned.id() == known.id)
        });
        for other in others {
            let known = store.account(&other.id, usage).await?;
            sources.extend(known.and_then(|known| of_ledger(&known, None)));
        }
    }
    Ok(Gathered {
        names: names(&figures.snapshot.accounts),
        missing: missing(&figures).into_iter().chain(failed).collect(),
        warnings: warnings(&figures),
        ended: if polling == Polling::Now {
            figures.ended()
        } else {
            Ok(figures.ended_of_polls())
        },
        agents: agents_of(&figures, wanted),
        nobody: wanted
            .is_empty()
            .then(|| selection::nobody(assembly))
            .filter(|_| sources.is_empty()),
        sources,
    })
}

/// Everything an agent's log ever told.
async fn of_agent(assembly: &Assembly, planned: &Planned, grain: Grain) -> Result<Source, String> {
    let id = planned.provider.id;
    let agent = logs::ALL.iter().find(|agent| agent.id == id);
    let agent = agent.ok_or_else(|| format!("no log of `{id}` is understood"))?;
    let opening = planned.account.options.get("session_start");
    let opening = opening.and_then(|texts| Opening::named(texts.first()?));
    let opening = opening.unwrap_or_default();
    let (desk, book) = (
        Arc::clone(&assembly.reach.logs),
        assembly.reach.prices.book(),
    );
    // Days need no single response.
    let pieces = tokio::task::spawn_blocking(move || match grain {
        Grain::Calendar(_) => Ok(agents::slots(&desk.slots(agent)?, &book)),
        Grain::Session | Grain::Block => {
            Ok::<_, io::Error>(agents::pieces(&desk.responses(agent)?, opening, &book))
        }
    });
    let pieces = pieces.await.map_err(|error| error.to_string())?;
    Ok(Source {
        account: planned.id().clone(),
        label: planned.account.label.clone(),
        pieces: pieces.map_err(|error| format!("what was counted cannot be read: {error}"))?,
        known: Known::Everything,
    })
}

/// What the ledger knows of an account. `None`: it never told usage.
fn of_ledger(known: &AccountSnapshot, planned: Option<&Planned>) -> Option<Source> {
    let from = known.usage_since?;
    let read_at = known.latest.as_ref().map(|latest| latest.taken_at);
    let read_at = read_at.max(known.poll.succeeded_at);
    let by_days = known.slots.iter().all(|slot| slot.width == SlotWidth::Day);
    let until = match (known.usage_until, read_at) {
        (Some(until), _) if by_days => until,
        (until, read_at) => read_at.or(until).unwrap_or(from),
    };
    Some(Source {
        account: known.id.clone(),
        label: planned.map_or_else(|| known.id.to_string(), |one| one.account.label.clone()),
        pieces: known.slots.iter().cloned().map(Piece::from).collect(),
        known: if planned.is_some() {
            Known::Within { from, until }
        } else {
            Known::Everything
        },
    })
}

fn names(accounts: &[AccountSnapshot]) -> Names {
    let mut names = Names::default();
    for figures in accounts.iter().filter_map(|each| each.latest.as_ref()) {
        let figures = &figures.figures;
        let keys = figures.keys.iter();
        names
            .keys
            .extend(keys.map(|key| (key.id.clone(), key.label.clone())));
        let projects = figures.projects.iter();
        names
            .projects
            .extend(projects.map(|each| (each.id.clone(), each.label.clone())));
    }
    names
}

/// The accounts of which the ledger knows nothing, or too little.
fn missing(figures: &Figures) -> Vec<String> {
    let accounts = figures.digest.accounts.iter();
    let spending = accounts.filter(|each| each.card.shape == AccountShape::Spending);
    spending
        .filter_map(|each| {
            let label = &each.card.label;
            match each.state {
                AccountState::Unknown => {
                    Some(format!("{label}: never polled; `--refresh` polls it"))
                }
                AccountState::Failed | AccountState::Unauthorized => {
                    let failure = each.failure.as_ref()?;
                    let message = failure.message.trim_end_matches('.');
                    Some(format!("{label}: {message}"))
                }
                AccountState::Fresh | AccountState::Waiting | AccountState::Stale => None,
            }
        })
        .collect()
}

fn warnings(figures: &Figures) -> Vec<String> {
    let failed = figures.outcomes.iter();
    failed
        .filter_map(|outcome| {
            let failure = outcome.failure.as_ref()?;
            Some(format!("{}: {}", outcome.account, failure.message))
        })
        .collect()
}

fn agents_of(figures: &Figures, wanted: &[Planned]) -> Vec<AccountDigest> {
    let is_agent = |account: &&AccountDigest| {
        let mut wanted = wanted.iter();
        wanted
            .any(|planned| planned.id() == account.id() && planned.provider.kind == Kind::AgentLog)
    };
    let accounts = figures.digest.accounts.iter();
    accounts.filter(is_agent).cloned().collect()
}
