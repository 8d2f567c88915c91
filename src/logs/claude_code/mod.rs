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

mod wire;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;
use spendtray_skim::hashing::hash_two;
use spendtray_skim::{Hit, Raw, field};

use crate::domain::agent::{PromptSize, Region, Speed, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::claude_cache;
use crate::logs::claude_code::wire::{
    Entry, FIND_USAGE, Field, Figure, Kinds, Usage, entry, jumped, nested, usage,
};
use crate::logs::files::{Places, named_in};
use crate::logs::numbers;
use crate::logs::reading::{Heed, Reader, Shape, Source};
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
    let mut roots = vec![
        places.xdg_config_home().join("claude/projects"),
        places.home.join(".claude/projects"),
    ];
    for desktop in places.desktop_app("Claude") {
        roots.push(desktop.join("local-agent-mode-sessions"));
        roots.push(desktop.join("claude-code-sessions"));
    }
    roots
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".jsonl")?;
    // The names that do not count have a further dot, but for one.
    let set_aside = stem.contains('.')
        && [".orphaned", ".superseded"]
            .iter()
            .any(|part| name.contains(part));
    let wanted = !set_aside
        && stem != "journal"
        && named_in(path, "projects")
        && !named_in(path, "tool-results");
    wanted.then_some(Shape::Lines)
}

thread_local! {
    /// What the lines of all files look like, learned while they are read.
    static KINDS: RefCell<Kinds> = RefCell::default();
}

struct Transcript {
    /// The session of lines that do not name theirs.
    session: String,
    names: Names,
}

/// Model, session and folder of the last line: those of the next are mostly the same.
#[derive(Default)]
struct Names {
    raw: [Vec<u8>; 3],
    texts: [String; 3],
}

impl Names {
    fn take(&mut self, entry: &Entry<'_>) {
        let fresh = [
            entry.at(Field::Model),
            entry.at(Field::Session),
            entry.at(Field::Folder),
        ];
        let known = self.raw.iter_mut().zip(&mut self.texts);
        for (fresh, (raw, text)) in fresh.into_iter().zip(known) {
            if *raw != fresh.0 {
                fresh.0.clone_into(raw);
                *text = fresh.text().unwrap_or_default();
            }
        }
    }
}

impl Transcript {
    fn of(source: &Source<'_>) -> Self {
        let stem = source.path.file_stem().unwrap_or_default();
        Self {
            session: stem.to_string_lossy().into_owned(),
            names: Names::default(),
        }
    }
}

impl Reader for Transcript {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        // What the user and tools say may be long, and holds roll-ups at most.
        if field(line, "type").bytes() == Some(b"user") {
            return Heed::Passed;
        }
        let Some(outer) = entry(line) else {
            return Heed::Bad;
        };
        match outer.at(Field::Kind).bytes() {
            Some(b"assistant") => self.count(&outer, table),
            Some(b"progress") => match nested(&outer) {
                Some(inner) => self.count(&inner, table),
                None => Heed::Passed,
            },
            _ => Heed::Passed,
        }
    }

    /// Usage stands behind any amount of text, and a quote within text is escaped: no other line can hold the key.
    fn needle(&self) -> Option<&'static Finder<'static>> {
        Some(&FIND_USAGE)
    }

    fn hit(&mut self, line: &[u8], hit: Hit, table: &mut Table) -> Heed {
        let mut entry = Entry::default();
        if KINDS.with_borrow_mut(|kinds| jumped(line, hit, kinds, &mut entry)) {
            self.count(&entry, table)
        } else {
            self.line(line, table)
        }
    }
}

impl Usage<'_, '_> {
    /// The tokens; `None` when what was read or written is not a count.
    fn tokens(self) -> Option<TokenCounts> {
        let lenient = |raw: Raw<'_>| raw.count_or_zero().unwrap_or(0);
        let for_1h = lenient(self.at(Figure::For1h));
        let split = lenient(self.at(Figure::For5m)).saturating_add(for_1h);
        let output = self.at(Figure::Output).count()?;
        Some(TokenCounts {
            input: self.at(Figure::Input).count()?,
            cached_input: lenient(self.at(Figure::CacheRead)),
            cache_write: 0,
            cache_write_5m: lenient(self.at(Figure::CacheWrite)).max(split) - for_1h,
            cache_write_1h: for_1h,
            output,
            reasoning: lenient(self.at(Figure::Thinking)).min(output),
        })
    }

    fn terms(self, tokens: &TokenCounts) -> Terms {
        let speed = match (
            self.at(Figure::Speed).bytes(),
            self.at(Figure::Tier).bytes(),
        ) {
            (Some(b"fast"), _) => Speed::Fast,
            (None | Some(b"standard"), Some(b"batch")) => Speed::Batch,
            (None | Some(b"standard"), _) => Speed::Standard,
            (Some(_), _) => Speed::Unknown,
        };
        let region = match self.at(Figure::Region).bytes() {
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
    fn count(&mut self, entry: &Entry<'_>, table: &mut Table) -> Heed {
        self.names.take(entry);
        let [model, session, folder] = self.names.texts.each_ref().map(String::as_str);
        if entry.at(Field::Usage).is_absent() || model == "<synthetic>" {
            return Heed::Passed;
        }
        let figures = entry.figures();
        let Some(tokens) = figures.tokens() else {
            return Heed::Bad;
        };
        let Some(at) = numbers::seconds(entry.at(Field::Timestamp)) else {
            return Heed::Bad;
        };
        let session = if session.is_empty() {
            &self.session
        } else {
            session
        };
        let [key, request] = match (
            entry.at(Field::Message).bytes(),
            entry.at(Field::Request).bytes(),
        ) {
            (Some(id), Some(request)) => hash_two(id, request),
            (_, request) => [identity(entry), request.map_or(0, |id| hash(&[id]))],
        };
        let recorded = numbers::dollars(entry.at(Field::Cost));
        let mut terms = figures.terms(&tokens);
        terms.recorded = recorded.is_some();
        let sighting = Sighting {
            key,
            request,
            twin: 0,
            side: entry.at(Field::Side).is_true(),
            at,
            model,
            project: folder,
            session,
            terms,
            tally: Tally {
                requests: 1,
                tokens,
                web_searches: figures.at(Figure::Searches).count_or_zero().unwrap_or(0),
                unfinished: u64::from(entry.at(Field::StopReason).is_absent()),
                recorded_usd: recorded.unwrap_or_default(),
            },
        };
        table.see(&sighting);
        advisors(figures, &sighting, table);
        Heed::Counted
    }
}

/// What tells a response from every other: its id, else its line's, else the line's whole content.
fn identity(entry: &Entry<'_>) -> u64 {
    match (
        entry.at(Field::Message).bytes(),
        entry.at(Field::Uuid).bytes(),
    ) {
        (Some(id), _) => hash(&[id]),
        (None, Some(uuid)) => hash(&[b"line", uuid]),
        (None, None) => hash(&[
            b"line",
            entry.at(Field::Timestamp).0,
            entry.at(Field::Usage).0,
        ]),
    }
}

/// Counts the requests to an advisor that a response made on the way.
fn advisors(figures: Usage<'_, '_>, response: &Sighting<'_>, table: &mut Table) {
    let mut number = 0_u64;
    let _all = figures.at(Figure::Iterations).each_element(&mut |raw| {
        number += 1;
        if let Some([kind, model]) = raw.fields(&["type", "model"])
            && kind.bytes() == Some(b"advisor_message")
            && let Some(figures) = usage(raw)
            && let inner = Usage::of(&figures)
            && let Some(tokens) = inner.tokens()
        {
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

#[cfg(test)]
mod tests;
