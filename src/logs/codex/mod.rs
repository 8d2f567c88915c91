//! Codex's rollouts, as facts learned from them; each rule has its case among the tests' samples.
//!
//! * `sessions` and `archived_sessions` count, plain and compressed (x04, x08); copies of an event are the same event.
//! * A `token_usage_record` is one response, known by its id in all files; from the first record on, a file's
//!   `token_count` lines are only the baseline (x05).
//! * Without records, usage is the difference of `total_token_usage` between two events. Equal totals are a repetition
//!   (x01). When a class falls the counter started anew, and its values are taken as they are.
//! * `last_token_usage` is used only where there is no total.
//! * The same instant, model and totals in two files are one event.
//! * A fork or sub-agent starts with its parent's events under new times: nothing is counted before the first
//!   `task_started` of its own time (x03). Where no task is announced at all, leading events whose totals stand in the
//!   parent's file are skipped.
//! * The model is that of the last `turn_context`; without one it is `gpt-5`, and marked as assumed (x07).
//! * Input includes what was read from and written to the cache, output includes reasoning.

mod limits;
mod state;
mod wire;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use spendtray_skim::{Raw, field};

use crate::domain::agent::{ModelOrigin, PromptSize, Speed, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::codex::state::State;
use crate::logs::codex::wire::{
    Entry, Kinds, Payload, Totals, entry_known, is_of_interest, says_nothing, since, spawned_by,
    totals, totals_of,
};
use crate::logs::files::{Places, ends_in};
use crate::logs::numbers::seconds;
use crate::logs::reading::{Find, Heed, Reader, Shape, Source};
use crate::logs::table::{Sighting, Table, hash};

/// Codex.
pub(super) const AGENT: Agent = Agent {
    id: "codex-logs",
    name: "Codex",
    roots,
    shape,
    reader: |source| Box::new(Rollout::of(source)),
    told: limits::told,
};

/// What answered when the log does not say.
const ASSUMED_MODEL: &str = "gpt-5";

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    let homes = places
        .listed("CODEX_HOME")
        .unwrap_or_else(|| vec![places.home.join(".codex")]);
    let folders = ["sessions", "archived_sessions"];
    homes
        .iter()
        .flat_map(|home| folders.map(|folder| home.join(folder)))
        .collect()
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    if !name.starts_with("rollout-") {
        return None;
    }
    if ends_in(path, "jsonl") {
        return Some(Shape::Lines);
    }
    let plain = Path::new(path.file_stem()?);
    (ends_in(path, "zst") && ends_in(plain, "jsonl")).then_some(Shape::Compressed)
}

thread_local! {
    /// What the lines of all files look like, learned while they are read.
    static KINDS: RefCell<Kinds> = RefCell::default();
}

#[derive(Debug, Default)]
struct Rollout {
    state: State,
    /// Events of a replay that no task has ended yet: they count only where the parent does not know them.
    held: Vec<Event>,
}

/// An event that counts.
#[derive(Debug, Clone)]
struct Event {
    key: u64,
    at: i64,
    totals: Totals,
    usage: Totals,
    model: String,
    speed: Speed,
}

impl Reader for Rollout {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        if KINDS.with_borrow_mut(|kinds| says_nothing(line, kinds)) {
            return if line.ends_with(b"}") {
                Heed::Passed
            } else {
                Heed::Bad
            };
        }
        let Some(entry) = KINDS.with_borrow_mut(|kinds| entry_known(line, kinds)) else {
            return of_no_interest(line);
        };
        match entry.kind.bytes() {
            Some(b"session_meta") => self.head(entry.payload),
            Some(b"turn_context") => self.context(entry.payload),
            Some(b"event_msg") => self.event(&entry, table),
            Some(b"token_usage_record") => self.record(&entry, table),
            _ => Some(Heed::Passed),
        }
        .unwrap_or(Heed::Bad)
    }

    fn open_line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        let before = (self.state.clone(), self.held.clone());
        let heed = self.line(line, table);
        (self.state, self.held) = before;
        heed
    }

    fn finish(&mut self, find: Find<'_>, table: &mut Table) {
        if self.held.is_empty() {
            return;
        }
        let known = find(&self.state.parent).map(|path| totals_of(&path));
        let known = known.unwrap_or_default();
        let held = std::mem::take(&mut self.held);
        for event in held
            .iter()
            .skip_while(|event| known.contains(&event.totals))
        {
            self.count(event, table);
        }
    }

    fn kept(&self) -> Option<Vec<u8>> {
        self.state.replaying.is_none().then(|| self.state.written())
    }
}

/// What becomes of a line that was not read.
fn of_no_interest(line: &[u8]) -> Heed {
    let kind = field(line, "type");
    if kind.is_absent() || is_of_interest(kind) {
        Heed::Bad
    } else {
        Heed::Passed
    }
}

impl Rollout {
    fn of(source: &Source<'_>) -> Self {
        let state = source.kept.and_then(State::read).unwrap_or_default();
        Self {
            state,
            held: Vec::new(),
        }
    }

    /// The first head is the file's own; a fork holds its parent's too.
    fn head(&mut self, payload: Raw<'_>) -> Option<Heed> {
        if !self.state.thread.is_empty() {
            return Some(Heed::Passed);
        }
        let [id, folder, created, forked, parent, agent, source] = payload.fields(&[
            "id",
            "cwd",
            "timestamp",
            "forked_from_id",
            "parent_thread_id",
            "thread_source",
            "source",
        ])?;
        self.state.thread = id.text().unwrap_or_default();
        self.state.project = folder.text().unwrap_or_default();
        let spawned = spawned_by(source);
        let parent = parent.or(forked);
        let is_child =
            !parent.is_absent() || spawned.is_some() || agent.bytes() == Some(b"subagent");
        self.state.parent = spawned.or_else(|| parent.text()).unwrap_or_default();
        if is_child {
            self.state.replaying = Some(seconds(created).unwrap_or(0));
        }
        Some(Heed::Passed)
    }

    fn context(&mut self, payload: Raw<'_>) -> Option<Heed> {
        let [model, folder] = payload.fields(&["model", "cwd"])?;
        if !model.0.is_empty() {
            self.state.model = model.text().unwrap_or_default();
        }
        if let Some(folder) = folder.text() {
            self.state.project = folder;
        }
        Some(Heed::Passed)
    }

    fn event(&mut self, entry: &Entry<'_>, table: &mut Table) -> Option<Heed> {
        let fields = entry.event.as_ref()?;
        match fields.kind.bytes() {
            Some(b"task_started") => {
                let started = fields.started.count().and_then(|at| i64::try_from(at).ok());
                if let (Some(created), Some(started)) = (self.state.replaying, started)
                    && started >= created
                {
                    self.state.replaying = None;
                    self.held.clear();
                }
                Some(Heed::Passed)
            }
            Some(b"thread_settings_applied") => {
                self.state.speed = match fields.tier.bytes() {
                    None | Some(b"default" | b"standard" | b"auto") => Speed::Standard,
                    Some(b"fast" | b"priority") => Speed::Priority,
                    Some(b"flex") => Speed::Flex,
                    Some(_) => Speed::Unknown,
                };
                Some(Heed::Passed)
            }
            Some(b"token_count") if fields.info.is_some() => self.usage(entry, fields, table),
            _ => Some(Heed::Passed),
        }
    }

    fn usage(
        &mut self,
        entry: &Entry<'_>,
        fields: &Payload<'_>,
        table: &mut Table,
    ) -> Option<Heed> {
        let info = fields.info.as_ref()?;
        let last = info.last;
        let (now, usage) = match info.total {
            Some(now) => {
                let usage = since(self.state.totals, now);
                self.state.totals = Some(now);
                (now, usage)
            }
            None => (last?, last?),
        };
        if self.state.records || usage == Totals::default() {
            return Some(Heed::Passed);
        }
        let model = [fields.model, info.model]
            .iter()
            .find_map(|raw| raw.text())
            .unwrap_or_else(|| self.state.model.clone());
        let [input, cached, written, output, reasoning] = now.map(u64::to_le_bytes);
        let parts: [&[u8]; 7] = [
            entry.timestamp.0,
            model.as_bytes(),
            &input,
            &cached,
            &written,
            &output,
            &reasoning,
        ];
        let event = Event {
            key: hash(&parts),
            at: seconds(entry.timestamp)?,
            totals: now,
            usage,
            model,
            speed: self.state.speed,
        };
        if self.state.replaying.is_some() {
            self.held.push(event);
            return Some(Heed::Passed);
        }
        self.count(&event, table);
        Some(Heed::Counted)
    }

    fn record(&mut self, entry: &Entry<'_>, table: &mut Table) -> Option<Heed> {
        let paths = ["response_id", "usage", "thread_token_usage"];
        let [id, used, thread] = entry.payload.fields(&paths)?;
        let usage = totals(used)?;
        let first = !std::mem::replace(&mut self.state.records, true);
        // An old thread went on under a program that records: when its last total covers this response already, the
        // response is counted.
        if first && self.state.totals.is_some() && totals(thread) == self.state.totals {
            return Some(Heed::Passed);
        }
        let event = Event {
            key: hash(&[b"response", id.bytes()?]),
            at: seconds(entry.timestamp)?,
            totals: usage,
            usage,
            model: self.state.model.clone(),
            speed: self.state.speed,
        };
        self.count(&event, table);
        Some(Heed::Counted)
    }

    fn count(&self, event: &Event, table: &mut Table) {
        let [input, cached, written, output, reasoning] = event.usage;
        let assumed = event.model.is_empty();
        let tokens = TokenCounts {
            input: input.saturating_sub(cached).saturating_sub(written),
            cached_input: cached,
            cache_write: written,
            output,
            reasoning: reasoning.min(output),
            ..TokenCounts::default()
        };
        table.see(&Sighting {
            key: event.key,
            at: event.at,
            model: if assumed { ASSUMED_MODEL } else { &event.model },
            project: &self.state.project,
            session: &self.state.thread,
            terms: Terms {
                speed: event.speed,
                prompt: PromptSize::of(input),
                model: if assumed {
                    ModelOrigin::Assumed
                } else {
                    ModelOrigin::Named
                },
                ..Terms::default()
            },
            tally: Tally {
                requests: 1,
                tokens,
                ..Tally::default()
            },
            ..Sighting::default()
        });
    }
}
