//! A transcript's lines: which fields stand where. What they count is not decided here.
//!
//! A line is mostly text. Where the key `usage` was found in it, the text is jumped over: see [`jumped`].

use memchr::memmem;

use crate::logs::skim::{Raw, Skim};

/// The key without which a line says nothing.
pub(super) const USAGE: &[u8] = b"\"usage\"";

/// Between the text of a message and its usage stand a few short fields, of which this one always is there.
const STOP: &[u8] = b",\"stop_reason\":";

/// More than the fields between it and the usage take.
const NEAR: usize = 512;

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
    /// What stands in `usage`. `None`: it is no object.
    pub(super) figures: Option<Usage<'a>>,
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
                    self.figures = Some(Usage::read(skim)?);
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

/// The fields of an assistant's line in which `usage` was found, without reading its text. `None`: it is not as usual,
/// and must be read whole.
///
/// The line is walked from its head to the text, and on from `stop_reason` before the hit. That both stand in the same
/// message is proven from behind: after the usage, one object and the line must close, exactly at the line's end, and
/// there is no other hit.
pub(super) fn jumped(line: &[u8], hit: usize) -> Option<Entry<'_>> {
    let behind = line.get(hit + USAGE.len()..)?;
    if memmem::find(behind, USAGE).is_some() {
        return None;
    }
    let mut found = Entry::default();
    let mut text = None;
    let mut skim = Skim::new(line);
    let _until_the_text = skim.object(|skim, key| {
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
    let near = text?.max(hit.saturating_sub(NEAR));
    let stop = near + memmem::rfind(line.get(near..hit)?, STOP)? + 1;
    let (mut skim, mut reached) = (Skim::starting_at(line, stop), false);
    skim.fields(|skim, key| {
        reached |= skim.position() == hit + USAGE.len() + 1;
        found.message.take(skim, key)
    })?;
    if skim.more()? {
        skim.fields(|skim, key| match key {
            b"message" => None,
            _ => found.take(skim, key),
        })?;
    }
    let usual = reached && skim.at_end() && found.kind.bytes() == Some(b"assistant");
    usual.then_some(found)
}

/// The sub-agent's line that a progress line nests.
pub(super) fn nested(outer: Entry<'_>) -> Option<Entry<'_>> {
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
    pub(super) fn read(skim: &mut Skim<'a>) -> Option<Self> {
        let mut found = Usage::default();
        skim.object(|skim, key| {
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
}
