//! A transcript's lines: which fields stand where. What they count is not decided here.
//!
//! A line is mostly text. Where the key `usage` was found in it, the text is jumped over: see [`jumped`].

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::logs::pattern::{Lesson, Patterns};
use crate::logs::skim::{Raw, Skim};

/// The key without which a line says nothing.
const USAGE: &[u8] = b"\"usage\"";

/// Between the text of a message and its usage stand a few short fields, of which this one always is there.
const STOP: &[u8] = b",\"stop_reason\":";

/// Finds the key.
pub(super) static FIND_USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(USAGE));

static FIND_STOP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(STOP));

/// More than the fields between it and the usage take.
const NEAR: usize = 192;

/// The fields of a line that matter.
#[derive(Default, Clone, Copy)]
pub(super) struct Entry<'a> {
    parent: Raw<'a>,
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
    let mut found = Entry::default();
    let mut skim = Skim::new(line);
    skim.object(|skim, key| {
        if key == b"message" {
            return skim.object_if_any(|skim, key| found.message.take(skim, key));
        }
        found.take(skim, key)
    })?;
    skim.at_end().then_some(found)
}

impl<'a> Entry<'a> {
    fn take(&mut self, skim: &mut Skim<'a>, key: &[u8]) -> Option<()> {
        let place = match key {
            b"parentUuid" => &mut self.parent,
            b"type" => &mut self.kind,
            b"uuid" => &mut self.uuid,
            b"timestamp" => &mut self.timestamp,
            b"requestId" => &mut self.request,
            b"sessionId" => &mut self.session,
            b"cwd" => &mut self.folder,
            b"isSidechain" => &mut self.side,
            b"costUSD" => &mut self.cost,
            b"data" => &mut self.data,
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    }
}

impl<'a> Message<'a> {
    fn take(&mut self, skim: &mut Skim<'a>, key: &[u8]) -> Option<()> {
        let place = match key {
            b"id" => &mut self.id,
            b"model" => &mut self.model,
            b"stop_reason" => &mut self.stop_reason,
            b"usage" => {
                let is_object = skim.peek()? == b'{';
                let start = skim.position();
                if is_object {
                    self.figures.read(skim)?;
                } else {
                    skim.skip()?;
                }
                self.usage = skim.since(start);
                return Some(());
            }
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    }
}

/// The fields whose strings are different in every line.
const VARYING: [usize; 7] = [0, 2, 3, 4, 5, 6, 10];

impl<'a> Entry<'a> {
    /// Every field, by number.
    fn fields(&mut self) -> [&mut Raw<'a>; 26] {
        let message = &mut self.message;
        let figures = &mut message.figures;
        [
            &mut self.parent,
            &mut self.kind,
            &mut self.uuid,
            &mut self.timestamp,
            &mut self.request,
            &mut self.session,
            &mut self.folder,
            &mut self.side,
            &mut self.cost,
            &mut self.data,
            &mut message.id,
            &mut message.model,
            &mut message.stop_reason,
            &mut message.usage,
            &mut figures.input,
            &mut figures.output,
            &mut figures.cache_write,
            &mut figures.cache_read,
            &mut figures.for_5m,
            &mut figures.for_1h,
            &mut figures.thinking,
            &mut figures.searches,
            &mut figures.speed,
            &mut figures.tier,
            &mut figures.region,
            &mut figures.iterations,
        ]
    }

    /// Fills in the fields of the piece that starts at a place, when it is of a known kind; where it ends.
    fn fit(&mut self, patterns: &mut Patterns, line: &'a [u8], start: usize) -> Option<usize> {
        let mut fields = self.fields();
        patterns.read(line, start, |number, raw| {
            if let Some(field) = fields.get_mut(number) {
                **field = raw;
            }
        })
    }

    fn teach(&mut self, patterns: &mut Patterns, line: &[u8], piece: Range<usize>) {
        let fields = self.fields().map(|field| *field);
        patterns.learn(&Lesson {
            line,
            piece,
            fields: &fields,
            varying: &VARYING,
        });
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
/// The line is walked from its head to the text, and on from `stop_reason` before the hit. That both stand in the same
/// message is proven from behind: after the usage, one object and the line must close, exactly at the line's end, and
/// there is no other hit.
pub(super) fn jumped<'a>(
    line: &'a [u8],
    hit: usize,
    kinds: &mut Kinds,
    found: &mut Entry<'a>,
) -> Option<()> {
    let behind = line.get(hit + USAGE.len()..)?;
    if FIND_USAGE.find(behind).is_some() {
        return None;
    }
    let text = if let Some(text) = found.fit(&mut kinds.heads, line, 0) {
        text
    } else {
        let text = walk_to_text(line, found)?;
        found.teach(&mut kinds.heads, line, 0..text);
        text
    };
    let near = text.max(hit.saturating_sub(NEAR));
    let stop = near + FIND_STOP.find_iter(line.get(near..hit)?).last()? + 1;
    let is_known = found.fit(&mut kinds.tails, line, stop) == Some(line.len());
    if !is_known {
        walk_from_stop(line, stop, found)?;
    }
    let place = found.message.usage.0.as_ptr().addr();
    let is_hit = place == behind.as_ptr().addr() + 1;
    if !is_hit || found.kind.bytes() != Some(b"assistant") {
        return None;
    }
    if !is_known {
        found.teach(&mut kinds.tails, line, stop..line.len());
    }
    Some(())
}

/// Reads the fields up to the text of the message; where that begins.
fn walk_to_text<'a>(line: &'a [u8], found: &mut Entry<'a>) -> Option<usize> {
    let mut text = None;
    let _until_the_text = Skim::new(line).object(|skim, key| {
        if key != b"message" {
            return found.take(skim, key);
        }
        skim.object(|skim, key| {
            if key == b"content" {
                text = Some(skim.position());
                return None;
            }
            found.message.take(skim, key)
        })
    });
    text
}

/// Reads the fields from `stop_reason` to the end of the line.
fn walk_from_stop<'a>(line: &'a [u8], stop: usize, found: &mut Entry<'a>) -> Option<()> {
    let mut skim = Skim::starting_at(line, stop);
    skim.fields(|skim, key| found.message.take(skim, key))?;
    if skim.more()? {
        skim.fields(|skim, key| match key {
            b"message" => None,
            _ => found.take(skim, key),
        })?;
    }
    skim.at_end().then_some(())
}

/// The sub-agent's line that a progress line nests.
pub(super) fn nested<'a>(outer: &Entry<'a>) -> Option<Entry<'a>> {
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
    /// The fields of the object that starts here.
    pub(super) fn read(&mut self, skim: &mut Skim<'a>) -> Option<()> {
        skim.object(|skim, key| {
            let place = match key {
                b"input_tokens" => &mut self.input,
                b"output_tokens" => &mut self.output,
                b"cache_creation_input_tokens" => &mut self.cache_write,
                b"cache_read_input_tokens" => &mut self.cache_read,
                b"speed" => &mut self.speed,
                b"service_tier" => &mut self.tier,
                b"inference_geo" => &mut self.region,
                b"iterations" => &mut self.iterations,
                b"cache_creation" | b"output_tokens_details" | b"server_tool_use" => {
                    return skim.object_if_any(|skim, key| {
                        let place = match key {
                            b"ephemeral_5m_input_tokens" => &mut self.for_5m,
                            b"ephemeral_1h_input_tokens" => &mut self.for_1h,
                            b"thinking_tokens" => &mut self.thinking,
                            b"web_search_requests" => &mut self.searches,
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
        })
    }
}
