//! Coding agents' logs on this machine as accounts: no key, no network. How logs are read is `logs`'s business, what
//! their usage costs `analysis::costing`'s.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::costing;
use crate::analysis::pricelist;
use crate::domain::agent::{AgentSlot, Tally};
use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::price::PriceBook;
use crate::domain::reading::Reading;
use crate::domain::usage::{Attribution, SlotRange, SlotWidth, UsageSlot};
use crate::logs::{self, Agent};
use crate::providers::{Appears, Auth, Kind, Links, PollContext, PollError, PollFuture, Provider};

/// Claude Code's transcripts.
pub(super) const CLAUDE_CODE: Provider = provider(
    logs::CLAUDE_CODE,
    "what Claude Code used, by model and project, at list prices",
    |cx| Box::pin(poll(cx, logs::CLAUDE_CODE)),
);

/// Codex's rollouts.
pub(super) const CODEX: Provider = provider(
    logs::CODEX,
    "what Codex used, by model and project, at list prices",
    |cx| Box::pin(poll(cx, logs::CODEX)),
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

/// The prices are read from their text once.
static PRICES: LazyLock<PriceBook> = LazyLock::new(pricelist::bundled);

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
    let Some(desk) = cx.logs else {
        return Err(PollError::NotConfigured {
            message: format!("the logs of {} cannot be reached from here", agent.name),
            hint: "Run `spendtray doctor`.".to_owned(),
        });
    };
    let desk = Arc::clone(desk);
    let since = SlotWidth::QuarterHour.start_of(cx.since);
    let looked = tokio::task::spawn_blocking(move || desk.look_since(agent, since)).await;
    let seen = looked
        .map_err(|error| error.to_string())
        .and_then(|seen| seen.map_err(|error| error.to_string()))
        .map_err(|error| {
            PollError::Malformed(format!(
                "what was counted of {} cannot be read: {error}",
                agent.name
            ))
        })?;
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    reading.ranges.push(range(&seen.slots, cx.since, cx.now));
    if seen.faults.unreadable > 0 {
        reading.complete.missing(format!(
            "{} files or folders of {} could not be read",
            seen.faults.unreadable, agent.name
        ));
    }
    if let Some(error) = seen.unsaved {
        reading.complete.missing(format!(
            "what was counted of {} could not be kept: {error}",
            agent.name
        ));
    }
    Ok(reading)
}

/// The slots from an instant on, with what they cost. Sessions and terms are summed up: the ledger does not know them.
fn range(slots: &[AgentSlot], since: DateTime<Utc>, now: DateTime<Utc>) -> SlotRange {
    type Key<'a> = (DateTime<Utc>, &'a ModelId, Option<&'a ProjectId>);
    let from = SlotWidth::QuarterHour.start_of(since);
    let width = TimeDelta::seconds(SlotWidth::QuarterHour.seconds());
    let mut until = SlotWidth::QuarterHour.start_of(now) + width;
    let mut groups: BTreeMap<Key<'_>, Vec<&AgentSlot>> = BTreeMap::new();
    // A clock that was set back by minutes must not hide what was used; what is dated further ahead waits for its day.
    let ahead = now + TimeDelta::days(1);
    for slot in slots
        .iter()
        .filter(|slot| from <= slot.start && slot.start < ahead)
    {
        until = until.max(slot.start + width);
        let key = (slot.start, &slot.model, slot.project.as_ref());
        groups.entry(key).or_default().push(slot);
    }
    let slots = groups.into_iter().map(|((start, model, project), slots)| {
        let mut tally = Tally::default();
        for slot in &slots {
            tally.add(&slot.tally);
        }
        UsageSlot {
            start,
            width: SlotWidth::QuarterHour,
            who: Attribution {
                model: Some(model.clone()),
                project: project.cloned(),
                ..Attribution::default()
            },
            requests: Some(tally.requests),
            tokens: Some(tally.tokens),
            spend: costing::spend(&PRICES, slots),
        }
    });
    SlotRange {
        from,
        until,
        slots: slots.collect(),
    }
}
