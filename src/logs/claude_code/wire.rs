//! A transcript's lines: which fields stand where. What they count is not decided here.
//!
//! A line is mostly text. Where the key `usage` was found in it, the text is jumped over: see [`jumped`].

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use spendtray_skim::{Lesson, Paths, Patterns, Raw};

/// The key without which a line says nothing.
const USAGE: &[u8] = b"\"usage\"";

/// Between the text of a message and its usage stand a few short fields, of which this one always is there.
const STOP: &[u8] = b",\"stop_reason\":";

/// Finds the key.
pub(super) static FIND_USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(USAGE));

static FIND_STOP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(STOP));

/// More than the fields between it and the usage take.
const NEAR: usize = 192;

/// Where the fields stand that matter.
const LINE: [&str; 14] = [
    "parentUuid",
    "type",
    "uuid",
    "timestamp",
    "requestId",
    "sessionId",
    "cwd",
    "isSidechain",
    "costUSD",
    "data",
    "message/id",
    "message/model",
    "message/stop_reason",
    "message/usage",
];

/// Where in `usage` its figures stand.
const FIGURES: [&str; 12] = [
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation/ephemeral_5m_input_tokens",
    "cache_creation/ephemeral_1h_input_tokens",
    "output_tokens_details/thinking_tokens",
    "server_tool_use/web_search_requests",
    "speed",
    "service_tier",
    "inference_geo",
    "iterations",
];

/// The values of a line, and behind them the figures.
type Values<'a> = [Raw<'a>; 26];

/// Those whose strings are different in every line.
const VARYING: [usize; 7] = [0, 2, 3, 4, 5, 6, 10];

/// The fields of a line that matter.
#[derive(Default, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) kind: Raw<'a>,
    pub(super) uuid: Raw<'a>,
    pub(super) timestamp: Raw<'a>,
    pub(super) request: Raw<'a>,
    pub(super) session: Raw<'a>,
    pub(super) folder: Raw<'a>,
    pub(super) side: Raw<'a>,
    pub(super) cost: Raw<'a>,
    pub(super) data: Raw<'a>,
    pub(super) message: Message<'a>,
}

#[derive(Default, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) id: Raw<'a>,
    pub(super) model: Raw<'a>,
    pub(super) stop_reason: Raw<'a>,
    pub(super) usage: Raw<'a>,
    /// What stands in `usage`, where it is an object.
    pub(super) figures: Usage<'a>,
}

/// The fields of a whole line; `None` for one that does not close.
pub(super) fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let mut values = Values::default();
    Paths(&LINE).read(line, &mut values)?;
    read_figures(&mut values)?;
    Some(Entry::of(&values))
}

/// Reads the figures where `usage` is an object.
fn read_figures(values: &mut Values<'_>) -> Option<()> {
    let usage = values.get(LINE.len() - 1)?.0;
    if usage.starts_with(b"{") {
        Paths(&FIGURES).read(usage, values.get_mut(LINE.len()..)?)?;
    }
    Some(())
}

impl<'a> Entry<'a> {
    fn of(values: &Values<'a>) -> Self {
        let [
            _,
            kind,
            uuid,
            timestamp,
            request,
            session,
            folder,
            rest @ ..,
        ] = *values;
        let [
            side,
            cost,
            data,
            id,
            model,
            stop_reason,
            usage,
            figures @ ..,
        ] = rest;
        Self {
            kind,
            uuid,
            timestamp,
            request,
            session,
            folder,
            side,
            cost,
            data,
            message: Message {
                id,
                model,
                stop_reason,
                usage,
                figures: Usage::of(figures),
            },
        }
    }
}

/// The kinds of lines, before and behind their text.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    heads: Patterns,
    tails: Patterns,
}

/// Reads the fields of an assistant's line in which `usage` was found, without reading its text; `None` where it could
/// not: the line is not as usual and must be read whole.
///
/// The line is read from its head to the text, and on from `stop_reason` before the hit. That both stand in the same
/// message is proven from behind: after the usage, one object and the line must close, exactly at the line's end, and
/// there is no other hit.
pub(super) fn jumped<'a>(line: &'a [u8], hit: usize, kinds: &mut Kinds) -> Option<Entry<'a>> {
    let behind = line.get(hit + USAGE.len()..)?;
    if FIND_USAGE.find(behind).is_some() {
        return None;
    }
    let mut values = Values::default();
    let text = if let Some(text) = kinds.heads.read(line, 0, &mut values) {
        text
    } else {
        let text = Paths(&LINE).read_until("message/content", line, &mut values)?;
        teach(&mut kinds.heads, &values, (line, 0..text));
        text
    };
    let near = text.max(hit.saturating_sub(NEAR));
    let stop = near + FIND_STOP.find_iter(line.get(near..hit)?).last()? + 1;
    let is_known = kinds.tails.read(line, stop, &mut values) == Some(line.len());
    if !is_known {
        Paths(&LINE).read_on(("message", stop), line, &mut values)?;
        read_figures(&mut values)?;
    }
    let found = Entry::of(&values);
    let place = found.message.usage.0.as_ptr().addr();
    let is_hit = place == behind.as_ptr().addr() + 1;
    if !is_hit || found.kind.bytes() != Some(b"assistant") {
        return None;
    }
    if !is_known {
        teach(&mut kinds.tails, &values, (line, stop..line.len()));
    }
    Some(found)
}

fn teach(patterns: &mut Patterns, values: &Values<'_>, (line, piece): (&[u8], Range<usize>)) {
    patterns.learn(&Lesson {
        line,
        piece,
        fields: values,
        varying: &VARYING,
    });
}

/// The sub-agent's line that a progress line nests.
pub(super) fn nested<'a>(outer: &Entry<'a>) -> Option<Entry<'a>> {
    let [inner] = outer.data.fields(&["message"])?;
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
pub(super) struct Usage<'a> {
    pub(super) input: Raw<'a>,
    pub(super) output: Raw<'a>,
    pub(super) cache_write: Raw<'a>,
    pub(super) cache_read: Raw<'a>,
    pub(super) for_5m: Raw<'a>,
    pub(super) for_1h: Raw<'a>,
    pub(super) thinking: Raw<'a>,
    pub(super) searches: Raw<'a>,
    pub(super) speed: Raw<'a>,
    pub(super) tier: Raw<'a>,
    pub(super) region: Raw<'a>,
    pub(super) iterations: Raw<'a>,
}

impl<'a> Usage<'a> {
    /// The figures of the object that a value is.
    pub(super) fn read(raw: Raw<'a>) -> Option<Self> {
        raw.fields(&FIGURES).map(Self::of)
    }

    const fn of(values: [Raw<'a>; 12]) -> Self {
        let [
            input,
            output,
            cache_write,
            cache_read,
            short,
            long,
            rest @ ..,
        ] = values;
        let [thinking, searches, speed, tier, region, iterations] = rest;
        Self {
            input,
            output,
            cache_write,
            cache_read,
            for_5m: short,
            for_1h: long,
            thinking,
            searches,
            speed,
            tier,
            region,
            iterations,
        }
    }
}
