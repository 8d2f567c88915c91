//! A rollout's lines: which fields stand where, under any of the names they had. What they count is not decided here.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use spendtray_skim::{Buffer, Lesson, Paths, Patterns, Raw, field};

use crate::logs::numbers;

/// Input, of it cached, of it written to the cache, output, of it reasoning.
pub(super) type Totals = [u64; 5];

/// The fields of a line that matter.
pub(super) struct Entry<'a> {
    pub(super) timestamp: Raw<'a>,
    pub(super) kind: Raw<'a>,
    pub(super) payload: Raw<'a>,
    /// The payload of an event. `None`: it is something else.
    pub(super) event: Option<Payload<'a>>,
}

/// The events that matter.
const EVENTS: [&[u8]; 3] = [b"task_started", b"thread_settings_applied", b"token_count"];

pub(super) fn is_of_interest(kind: Raw<'_>) -> bool {
    let kinds: [&[u8]; 4] = [
        b"session_meta",
        b"turn_context",
        b"event_msg",
        b"token_usage_record",
    ];
    kind.bytes().is_some_and(|kind| kinds.contains(&kind))
}

/// What lines look like, learned while they are read.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    heads: Patterns,
    counts: Patterns,
}

/// Whether the line's head tells already that it says nothing: most lines are text, and are not read.
pub(super) fn says_nothing(line: &[u8], kinds: &mut Kinds) -> bool {
    let [_, kind, event] = head(line, &mut kinds.heads);
    match (kind.bytes(), event.bytes()) {
        (Some(b"event_msg"), event) => event.is_some_and(|event| !EVENTS.contains(&event)),
        (Some(_), _) => !is_of_interest(kind),
        (None, _) => false,
    }
}

/// When a line was written, its type, and that of an event.
fn head<'a>(line: &'a [u8], heads: &mut Patterns) -> [Raw<'a>; 3] {
    let mut found = <[Raw<'a>; 3]>::default();
    if heads.read(line, 0, &mut found).is_some() {
        return found;
    }
    let kind = field(line, "type");
    let event = match kind.bytes() {
        Some(b"event_msg") => field(line, "payload/type"),
        _ => Raw::default(),
    };
    found = [field(line, "timestamp"), kind, event];
    let ends = found.iter().filter_map(|raw| {
        let start = raw.0.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
        (!raw.0.is_empty()).then_some(start + raw.0.len())
    });
    if let Some(end) = ends.max() {
        heads.learn(&Lesson {
            line,
            piece: 0..end,
            fields: &found,
            varying: &[0],
        });
    }
    found
}

/// Where the fields stand that matter.
const LINE: [&str; 12] = [
    "timestamp",
    "type",
    "payload",
    "payload/type",
    "payload/model",
    "payload/started_at",
    "payload/thread_settings/service_tier",
    "payload/info",
    "payload/info/model",
    "payload/info/model_name",
    "payload/info/last_token_usage",
    "payload/info/total_token_usage",
];

/// Where the counts of a usage object stand, under any of the names they had.
const COUNTS: [&str; 11] = [
    "input_tokens",
    "prompt_tokens",
    "cached_input_tokens",
    "cached_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens",
    "completion_tokens",
    "reasoning_output_tokens",
    "reasoning_tokens",
];

/// The values of a line, and behind them the counts of the total.
type Values<'a> = [Raw<'a>; 23];

/// The fields of a line; `None` for one that makes no sense.
pub(super) fn entry(line: &[u8]) -> Option<Entry<'_>> {
    Entry::of(&values(line)?)
}

/// The same, where the line is of a known kind without reading it. What a count of tokens looks like is learned.
pub(super) fn entry_known<'a>(line: &'a [u8], kinds: &mut Kinds) -> Option<Entry<'a>> {
    let mut known = Values::default();
    if kinds.counts.read(line, 0, &mut known) == Some(line.len()) {
        return Entry::of(&known);
    }
    let values = values(line)?;
    let entry = Entry::of(&values)?;
    let info = entry.event.as_ref().and_then(|event| event.info.as_ref());
    if info.is_some_and(|info| info.total.is_some()) {
        kinds.counts.learn(&Lesson {
            line,
            piece: 0..line.len(),
            fields: &values,
            varying: &[0],
        });
    }
    Some(entry)
}

fn values(line: &[u8]) -> Option<Values<'_>> {
    let mut values = Values::default();
    Paths(&LINE).read(line, &mut values)?;
    let total = values.get(LINE.len() - 1)?.0;
    if total.starts_with(b"{") {
        Paths(&COUNTS).read(total, values.get_mut(LINE.len()..)?)?;
    }
    Some(values)
}

impl<'a> Entry<'a> {
    fn of(values: &Values<'a>) -> Option<Self> {
        let [
            timestamp,
            kind,
            payload,
            event,
            model,
            started,
            tier,
            rest @ ..,
        ] = *values;
        let [info, info_model, info_name, last, total, counts @ ..] = rest;
        let mut entry = Self {
            timestamp,
            kind,
            payload,
            event: None,
        };
        if kind.bytes() != Some(b"event_msg") {
            return Some(entry);
        }
        if !payload.0.starts_with(b"{") {
            return None;
        }
        let total = total.0.starts_with(b"{").then(|| counted(&counts));
        let total = total.flatten();
        entry.event = Some(Payload {
            kind: event,
            info: (!info.is_absent()).then(|| Info {
                total,
                last: if total.is_none() { totals(last) } else { None },
                model: info_model.or(info_name),
            }),
            model,
            started,
            tier,
        });
        Some(entry)
    }
}

/// The fields of an event that matter.
pub(super) struct Payload<'a> {
    pub(super) kind: Raw<'a>,
    /// `None`: there is none.
    pub(super) info: Option<Info<'a>>,
    pub(super) model: Raw<'a>,
    pub(super) started: Raw<'a>,
    pub(super) tier: Raw<'a>,
}

/// What a count of tokens tells.
pub(super) struct Info<'a> {
    /// Since the thread began. `None`: not told, or no counts.
    pub(super) total: Option<Totals>,
    /// Of the last response; not read where the total is told.
    pub(super) last: Option<Totals>,
    pub(super) model: Raw<'a>,
}

/// The thread that spawned a sub-agent; `None` when `source` is not one's.
pub(super) fn spawned_by(source: Raw<'_>) -> Option<String> {
    let [agent] = source.fields(&["subagent"])?;
    if agent.0.is_empty() {
        return None;
    }
    let mut parent = String::new();
    let _all = agent.each_field(&mut |_, raw| {
        if let Some([thread]) = raw.fields(&["parent_thread_id"])
            && let Some(thread) = thread.text()
        {
            parent = thread;
        }
        Some(())
    });
    Some(parent)
}

/// The counts of a usage object; `None` when there is no such object, or one is no count.
pub(super) fn totals(raw: Raw<'_>) -> Option<Totals> {
    counted(&raw.fields(&COUNTS)?)
}

fn counted(counts: &[Raw<'_>; 11]) -> Option<Totals> {
    let [input, prompt, cached, cached_too, cache_read, rest @ ..] = *counts;
    let [
        written,
        created,
        output,
        completion,
        reasoning,
        reasoning_too,
    ] = rest;
    numbers::counted([
        input.or(prompt),
        cached.or(cached_too).or(cache_read),
        written.or(created),
        output.or(completion),
        reasoning.or(reasoning_too),
    ])
}

/// What was used between two totals.
pub(super) fn since(before: Option<Totals>, now: Totals) -> Totals {
    let before = before.unwrap_or_default();
    let mut usage = now;
    for (place, old) in usage.iter_mut().zip(before) {
        match place.checked_sub(old) {
            Some(more) => *place = more,
            None => return now,
        }
    }
    usage
}

/// All totals that stand in a rollout.
pub(super) fn totals_of(path: &Path) -> HashSet<Totals> {
    let mut known = HashSet::new();
    let Ok(mut file) = File::open(path) else {
        return known;
    };
    let _what_was_read = Buffer::default().lines(&mut file, None, &mut |line| {
        let info = entry(line.text).and_then(|entry| entry.event?.info);
        known.extend(info.and_then(|info| info.total));
    });
    known
}
