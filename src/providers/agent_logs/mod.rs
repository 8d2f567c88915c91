//! Coding agents' logs on this machine as accounts: no key, no network. How logs are read is `logs`'s business, what
//! their usage costs `analysis::costing`'s, what a session is `analysis::session`'s.

mod slots;
mod windows;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::session;
use crate::domain::price::PriceBook;
use crate::domain::reading::{Cursor, Reading};
use crate::domain::usage::SlotWidth;
use crate::logs::{self, Agent, Ask, Seen};
use crate::providers::agent_logs::windows::Sight;
use crate::providers::agent_logs::wishes::Wishes;
use crate::providers::{Appears, Auth, Kind, Links, PollContext, PollError, PollFuture, Provider};

/// Amp's threads.
pub(super) const AMP: Provider =
    provider(logs::AMP, "what Amp used, by model, at list prices", |cx| {
        Box::pin(poll(cx, logs::AMP))
    });

/// Claude Code's transcripts.
pub(super) const CLAUDE_CODE: Provider = Provider {
    options: wishes::OPTIONS,
    ..provider(
        logs::CLAUDE_CODE,
        "what Claude Code used, by model and project, at list prices; its five-hour and weekly windows",
        |cx| Box::pin(poll(cx, logs::CLAUDE_CODE)),
    )
};

/// Codex's rollouts.
pub(super) const CODEX: Provider = provider(
    logs::CODEX,
    "what Codex used, by model and project, at list prices; its plan's windows",
    |cx| Box::pin(poll(cx, logs::CODEX)),
);

/// Copilot CLI's session store, events and traces.
pub(super) const COPILOT_CLI: Provider = provider(
    logs::COPILOT_CLI,
    "what Copilot CLI used, by model and project, at list prices",
    |cx| Box::pin(poll(cx, logs::COPILOT_CLI)),
);

/// Droid's sessions.
pub(super) const DROID: Provider = provider(
    logs::DROID,
    "what Droid used, by model and project, at list prices",
    |cx| Box::pin(poll(cx, logs::DROID)),
);

/// Gemini CLI's chats.
pub(super) const GEMINI_CLI: Provider = provider(
    logs::GEMINI_CLI,
    "what Gemini CLI used, by model and project, at list prices",
    |cx| Box::pin(poll(cx, logs::GEMINI_CLI)),
);

/// OpenCode's messages.
pub(super) const OPENCODE: Provider = provider(
    logs::OPENCODE,
    "what OpenCode used, by model and project, at its own or list prices",
    |cx| Box::pin(poll(cx, logs::OPENCODE)),
);

/// pi's sessions.
pub(super) const PI: Provider = provider(
    logs::PI,
    "what pi used, by model and project, at its own or list prices",
    |cx| Box::pin(poll(cx, logs::PI)),
);

/// A reading that nothing changed is kept again after so long, so that its age tells that somebody still looks.
const KEPT_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(5);
/// Windows are told from the uses of so many days: a week, and what its first window may have begun with.
const LOOK_BACK: TimeDelta = TimeDelta::days(15);

const fn provider(
    agent: &'static Agent,
    shows: &'static str,
    poll: for<'a> fn(&'a PollContext<'a>) -> PollFuture<'a>,
) -> Provider {
    Provider {
        id: agent.id,
        name: agent.name,
        kind: Kind::AgentLog,
        shows,
        auth: Auth::None,
        appears: Appears::WithLogs,
        base_url: "",
        hosts: &[],
        every: Duration::from_secs(30),
        coins: &[],
        options: &[],
        links: Links {
            dashboard: None,
            top_up: None,
        },
        poll,
    }
}

async fn poll(cx: &PollContext<'_>, agent: &'static Agent) -> Result<Reading, PollError> {
    let wishes = Wishes::of(cx.account);
    let unknown = PriceBook::default();
    let prices = cx.prices.unwrap_or(&unknown);
    // What is wished and what things cost change what is told of the same logs.
    let terms = format!("{}/{:x}", wishes.mark(), prices.mark());
    let known = cx.resume.and_then(|cursor| known(cursor, &terms, cx.now));
    let Some(seen) = look(cx, agent, known).await? else {
        return Ok(Reading::unchanged(cx.account.id.clone(), cx.now));
    };
    // What is not read yet must not take the place of what the ledger knows.
    let enough = cx.fresh_since.filter(|_| seen.behind.is_some());
    let since = enough.map_or(seen.slots_since, |enough| enough.max(seen.slots_since));
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    reading
        .ranges
        .push(slots::range(prices, &seen.slots, since, cx.now));
    if !seen.is_recorded {
        reading.figures.priced_as_of = prices.date();
    }
    reading.figures.projects = slots::projects(&seen.projects);
    let sight = Sight {
        agent,
        seen: &seen,
        wishes: &wishes,
        now: cx.now,
    };
    reading.figures.plan = sight.plan();
    reading.figures.windows = sight.windows();
    for warning in &wishes.warnings {
        reading.complete.missing(warning.clone());
    }
    if seen.faults.unreadable > 0 {
        reading.complete.missing(format!(
            "{} files or folders of {} could not be read",
            seen.faults.unreadable, agent.name
        ));
    }
    if let Some(error) = &seen.unsaved {
        reading.complete.missing(format!(
            "what was counted of {} could not be kept: {error}",
            agent.name
        ));
    }
    reading.resume = Some(mark(&seen, &terms, cx.now));
    Ok(reading)
}

/// Looks at the logs. `None`: they are as they were.
async fn look(
    cx: &PollContext<'_>,
    agent: &'static Agent,
    known: Option<(String, DateTime<Utc>)>,
) -> Result<Option<Seen>, PollError> {
    let Some(desk) = cx.logs else {
        return Err(PollError::NotConfigured {
            message: format!("the logs of {} cannot be reached from here", agent.name),
            hint: "Run `spendtray doctor`.".to_owned(),
        });
    };
    let (desk, now, fresh_since) = (Arc::clone(desk), cx.now, cx.fresh_since);
    let slots_since = SlotWidth::QuarterHour.start_of(cx.since);
    let looked = tokio::task::spawn_blocking(move || {
        let ask = Ask {
            slots_since,
            known: known.as_ref().map(|(revision, _)| revision.as_str()),
            told_at: known.as_ref().map(|(_, told_at)| *told_at),
            uses_since: now - LOOK_BACK,
            singly_if_since: now - windows::FORGOTTEN_AFTER,
            pause: session::SESSION,
            now,
            fresh_since,
        };
        desk.look(agent, ask)
    });
    let looked = looked.await.map_err(|error| error.to_string());
    looked
        .and_then(|seen| seen.map_err(|error| error.to_string()))
        .map_err(|error| {
            PollError::Malformed(format!(
                "what was counted of {} cannot be read: {error}",
                agent.name
            ))
        })
}

/// What the next poll goes on from: which state of the logs was told, under which terms, and when.
fn mark(seen: &Seen, terms: &str, now: DateTime<Utc>) -> Cursor {
    Cursor(format!("{} {} {terms}", now.timestamp(), seen.revision))
}

/// The state of the logs that the ledger knows, and since when. `None`: it must be told anew.
fn known(cursor: &Cursor, terms: &str, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
    let mut parts = cursor.0.splitn(3, ' ');
    let told_at = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
    let revision = parts.next()?.to_owned();
    let is_same = parts.next()? == terms;
    let age = now - told_at;
    let is_young = TimeDelta::zero() <= age && age < KEPT_AGAIN_AFTER;
    (is_same && is_young).then_some((revision, told_at))
}
