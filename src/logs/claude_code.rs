//! Claude Code's transcripts, as facts learned from them; each rule has its case among the tests' samples.
//!
//! * Every `*.jsonl` below `projects` counts, sub-agents and workflows too (c03); sidecars do not.
//! * Only lines of the type `assistant` with a model other than `<synthetic>` are usage; a `progress` line that nests
//!   such a message is a side chain's (c08). Roll-ups such as `toolUseResult.usage` and `cost-state` are not added (c18).
//! * One response has many lines: the same `message.id` and `requestId`, of which the largest counts, once in all files
//!   and roots (c01, c02, c19). A line without `requestId`, and one of a side chain, matches by `message.id` alone (a01).
//!   Without `message.id` the line's `uuid` is the identity.
//! * The response belongs to the day of its earliest line (a02), because later lines must not move a day's figures.
//! * Cache writes are split by lifetime; what the split leaves out counts as five minutes (a03, c05).
//! * `advisor_message` iterations are further requests; other iterations are in the totals already.
//! * An unknown `speed` is counted at the usual price (a04).
//! * A response none of whose lines has a `stop_reason` is unfinished: its output is a lower bound (c03).

use std::path::{Path, PathBuf};

use chrono::DateTime;

use crate::domain::agent::{PromptSize, Region, Speed, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::claude_cache;
use crate::logs::files::{Places, named_in};
use crate::logs::numbers;
use crate::logs::reading::{Heed, Reader, Shape, Source};
use crate::logs::skim::{Raw, Skim};
use crate::logs::table::{Sighting, Table, hash};

/// Claude Code.
pub(super) const AGENT: Agent = Agent {
    id: "claude-code",
    name: "Claude Code",
    roots,
    shape,
    reader: |source| Box::new(Transcript::of(source)),
    told: claude_cache::told,
};

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    if let Some(list) = places.variables.get("CLAUDE_CONFIG_DIR") {
        let entries = list.split(',').map(|entry| places.expand(entry));
        return entries
            .map(|entry| match entry.join("projects") {
                projects if projects.is_dir() => projects,
                _ => entry,
            })
            .collect();
    }
    let desktop = places.config_home.join("Claude");
    vec![
        places.config_home.join("claude/projects"),
        places.home.join(".claude/projects"),
        desktop.join("local-agent-mode-sessions"),
        desktop.join("claude-code-sessions"),
    ]
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    let wanted = path
        .extension()
        .is_some_and(|extension| extension == "jsonl")
        && name != "journal.jsonl"
        && ![".orphaned", ".superseded"]
            .iter()
            .any(|part| name.contains(part))
        && !named_in(path, "tool-results")
        && named_in(path, "projects");
    wanted.then_some(Shape::Lines)
}

struct Transcript {
    /// The session of lines that do not name theirs.
    session: String,
}

impl Transcript {
    fn of(source: &Source<'_>) -> Self {
        let stem = source.path.file_stem().unwrap_or_default();
        Self {
            session: stem.to_string_lossy().into_owned(),
        }
    }
}

/// The fields of a line that matter.
#[derive(Default, Clone, Copy)]
struct Entry<'a> {
    kind: Raw<'a>,
    uuid: Raw<'a>,
    timestamp: Raw<'a>,
    request: Raw<'a>,
    session: Raw<'a>,
    folder: Raw<'a>,
    side: Raw<'a>,
    cost: Raw<'a>,
    data: Raw<'a>,
    message: Message<'a>,
}

#[derive(Default, Clone, Copy)]
struct Message<'a> {
    id: Raw<'a>,
    model: Raw<'a>,
    stop_reason: Raw<'a>,
    usage: Raw<'a>,
}

impl Reader for Transcript {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        // Usage stands behind any amount of text, and a quote within text is escaped: no other line can hold the key.
        if memchr::memmem::find(line, b"\"usage\"").is_none() {
            let closes = line.starts_with(b"{") && line.ends_with(b"}");
            return if closes { Heed::Passed } else { Heed::Bad };
        }
        let Some(outer) = entry(line) else {
            return Heed::Bad;
        };
        match outer.kind.bytes() {
            Some(b"assistant") => self.count(&outer, table),
            Some(b"progress") => match nested(outer) {
                Some(inner) => self.count(&inner, table),
                None => Heed::Passed,
            },
            _ => Heed::Passed,
        }
    }
}

fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let mut found = Entry::default();
    let mut skim = Skim::new(line);
    skim.object(|skim, key| {
        let place = match key {
            b"type" => &mut found.kind,
            b"uuid" => &mut found.uuid,
            b"timestamp" => &mut found.timestamp,
            b"requestId" => &mut found.request,
            b"sessionId" => &mut found.session,
            b"cwd" => &mut found.folder,
            b"isSidechain" => &mut found.side,
            b"costUSD" => &mut found.cost,
            b"data" => &mut found.data,
            b"message" => return message(skim, &mut found.message),
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    })?;
    skim.at_end().then_some(found)
}

fn message<'a>(skim: &mut Skim<'a>, found: &mut Message<'a>) -> Option<()> {
    skim.object_if_any(|skim, key| {
        let place = match key {
            b"id" => &mut found.id,
            b"model" => &mut found.model,
            b"stop_reason" => &mut found.stop_reason,
            b"usage" => &mut found.usage,
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    })
}

/// The sub-agent's line that a progress line nests.
fn nested(outer: Entry<'_>) -> Option<Entry<'_>> {
    let mut inner = Raw::default();
    Skim::new(outer.data.0).object(|skim, key| {
        let raw = skim.raw()?;
        if key == b"message" {
            inner = raw;
        }
        Some(())
    })?;
    let inner = entry(inner.0)?;
    inner.message.id.bytes()?;
    Some(Entry {
        side: Raw(b"true"),
        session: outer.session,
        folder: outer.folder,
        timestamp: if inner.timestamp.is_absent() {
            outer.timestamp
        } else {
            inner.timestamp
        },
        ..inner
    })
}

/// The figures of a `usage` object.
#[derive(Default, Clone, Copy)]
struct Usage<'a> {
    input: Raw<'a>,
    output: Raw<'a>,
    cache_write: Raw<'a>,
    cache_read: Raw<'a>,
    for_5m: Raw<'a>,
    for_1h: Raw<'a>,
    thinking: Raw<'a>,
    searches: Raw<'a>,
    speed: Raw<'a>,
    tier: Raw<'a>,
    region: Raw<'a>,
    iterations: Raw<'a>,
}

fn usage(raw: Raw<'_>) -> Option<Usage<'_>> {
    let mut found = Usage::default();
    Skim::new(raw.0).object(|skim, key| {
        let place = match key {
            b"input_tokens" => &mut found.input,
            b"output_tokens" => &mut found.output,
            b"cache_creation_input_tokens" => &mut found.cache_write,
            b"cache_read_input_tokens" => &mut found.cache_read,
            b"speed" => &mut found.speed,
            b"service_tier" => &mut found.tier,
            b"inference_geo" => &mut found.region,
            b"iterations" => &mut found.iterations,
            b"cache_creation" | b"output_tokens_details" | b"server_tool_use" => {
                return skim.object_if_any(|skim, key| {
                    let place = match key {
                        b"ephemeral_5m_input_tokens" => &mut found.for_5m,
                        b"ephemeral_1h_input_tokens" => &mut found.for_1h,
                        b"thinking_tokens" => &mut found.thinking,
                        b"web_search_requests" => &mut found.searches,
                        _ => return skim.skip(),
                    };
                    *place = skim.raw()?;
                    Some(())
                });
            }
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    })?;
    Some(found)
}

impl Usage<'_> {
    /// The tokens; `None` when what was read or written is not a count.
    fn tokens(&self) -> Option<TokenCounts> {
        let lenient = |raw: Raw<'_>| raw.count_or_zero().unwrap_or(0);
        let for_1h = lenient(self.for_1h);
        let split = lenient(self.for_5m).saturating_add(for_1h);
        let output = self.output.count()?;
        Some(TokenCounts {
            input: self.input.count()?,
            cached_input: lenient(self.cache_read),
            cache_write: 0,
            cache_write_5m: lenient(self.cache_write).max(split) - for_1h,
            cache_write_1h: for_1h,
            output,
            reasoning: lenient(self.thinking).min(output),
        })
    }

    fn terms(&self, tokens: &TokenCounts) -> Terms {
        let speed = match (self.speed.bytes(), self.tier.bytes()) {
            (Some(b"fast"), _) => Speed::Fast,
            (None | Some(b"standard"), Some(b"batch")) => Speed::Batch,
            (None | Some(b"standard"), _) => Speed::Standard,
            (Some(_), _) => Speed::Unknown,
        };
        let region = match self.region.bytes() {
            Some(b"us") => Region::UnitedStates,
            _ => Region::Anywhere,
        };
        Terms {
            speed,
            region,
            prompt: PromptSize::of(numbers::prompt(tokens)),
            ..Terms::default()
        }
    }
}

impl Transcript {
    fn count(&self, entry: &Entry<'_>, table: &mut Table) -> Heed {
        let model = entry.message.model.text().unwrap_or_default();
        if entry.message.usage.is_absent() || model == "<synthetic>" {
            return Heed::Passed;
        }
        let figures = usage(entry.message.usage);
        let Some((figures, tokens)) = figures.and_then(|found| Some((found, found.tokens()?)))
        else {
            return Heed::Bad;
        };
        let Some(at) = entry
            .timestamp
            .text()
            .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
        else {
            return Heed::Bad;
        };
        let session = entry.session.text().unwrap_or_else(|| self.session.clone());
        let folder = entry.folder.text().unwrap_or_default();
        let recorded = numbers::dollars(entry.cost);
        let mut terms = figures.terms(&tokens);
        terms.recorded = recorded.is_some();
        let sighting = Sighting {
            key: identity(entry),
            request: entry.request.bytes().map_or(0, |id| hash(&[id])),
            twin: 0,
            side: entry.side.is_true(),
            at: at.timestamp(),
            model: &model,
            project: &folder,
            session: &session,
            terms,
            tally: Tally {
                requests: 1,
                tokens,
                web_searches: figures.searches.count_or_zero().unwrap_or(0),
                unfinished: u64::from(entry.message.stop_reason.is_absent()),
                recorded_usd: recorded.unwrap_or_default(),
            },
        };
        table.see(&sighting);
        advisors(&figures, &sighting, table);
        Heed::Counted
    }
}

/// What tells a response from every other: its id, else its line's, else the line's whole content.
fn identity(entry: &Entry<'_>) -> u64 {
    match (entry.message.id.bytes(), entry.uuid.bytes()) {
        (Some(id), _) => hash(&[id]),
        (None, Some(uuid)) => hash(&[b"line", uuid]),
        (None, None) => hash(&[b"line", entry.timestamp.0, entry.message.usage.0]),
    }
}

/// Counts the requests to an advisor that a response made on the way.
fn advisors(figures: &Usage<'_>, response: &Sighting<'_>, table: &mut Table) {
    let mut number = 0_u64;
    let _all = Skim::new(figures.iterations.0).array(|skim| {
        let raw = skim.raw()?;
        let (mut kind, mut model) = (Raw::default(), Raw::default());
        let read = Skim::new(raw.0).object(|skim, key| {
            let value = skim.raw()?;
            match key {
                b"type" => kind = value,
                b"model" => model = value,
                _ => {}
            }
            Some(())
        });
        number += 1;
        if read.is_none() || kind.bytes() != Some(b"advisor_message") {
            return Some(());
        }
        if let Some((inner, tokens)) = usage(raw).and_then(|found| Some((found, found.tokens()?))) {
            let named = model.text();
            table.see(&Sighting {
                key: hash(&[
                    b"advisor",
                    &response.key.to_le_bytes(),
                    &number.to_le_bytes(),
                ]),
                model: named.as_deref().unwrap_or(response.model),
                terms: inner.terms(&tokens),
                tally: Tally {
                    requests: 1,
                    tokens,
                    ..Tally::default()
                },
                ..response.clone()
            });
        }
        Some(())
    });
}
