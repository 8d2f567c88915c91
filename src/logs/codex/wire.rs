//! A rollout's lines: which fields stand where, under any of the names they had. What they count is not decided here.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use crate::logs::pattern::{Lesson, Patterns};
use crate::logs::scan::Buffer;
use crate::logs::skim::{Raw, Skim, plain_quote};

/// Input, of it cached, of it written to the cache, output, of it reasoning.
pub(super) type Totals = [u64; 5];

/// The fields of a line that matter.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) timestamp: Raw<'a>,
    pub(super) kind: Raw<'a>,
    pub(super) payload: Raw<'a>,
    /// The payload of an event, where it stands behind its type.
    pub(super) event: Option<Payload<'a>>,
}

/// The line's type, where it is told before anything long.
pub(super) fn kind_of(line: &[u8]) -> Raw<'_> {
    let mut kind = Raw::default();
    let _until_found = Skim::new(line).object(|skim, key| {
        let raw = skim.raw()?;
        if key == b"type" {
            kind = raw;
            return None;
        }
        Some(())
    });
    kind
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

/// Whether the line's head tells already that it says nothing: most lines are text, and are not read.
pub(super) fn says_nothing(line: &[u8]) -> bool {
    // What nearly all lines are, in the order in which they are written.
    if let Some(rest) = line.strip_prefix(b"{\"timestamp\":\"")
        && let Some(rest) = plain_quote(rest).and_then(|end| rest.get(end..))
        && rest.starts_with(b"\",\"type\":\"response_item\",")
    {
        return true;
    }
    let (mut kind, mut event) = (Raw::default(), Raw::default());
    let _until_known = Skim::new(line).object(|skim, key| match key {
        b"type" => {
            kind = skim.raw()?;
            (kind.bytes() == Some(b"event_msg")).then_some(())
        }
        b"payload" => skim.object(|skim, key| {
            if key == b"type" {
                event = skim.raw()?;
            }
            None
        }),
        b"timestamp" => skim.skip(),
        _ => None,
    });
    match (kind.bytes(), event.bytes()) {
        (Some(b"event_msg"), Some(event)) => !EVENTS.contains(&event),
        (Some(b"event_msg") | None, _) => false,
        (Some(_), _) => !is_of_interest(kind),
    }
}

/// The fields of a line of interest; `None` for any other and for one that makes no sense.
pub(super) fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let mut found = Entry::default();
    let mut skim = Skim::new(line);
    skim.object(|skim, key| {
        let place = match key {
            b"timestamp" => &mut found.timestamp,
            b"type" => {
                found.kind = skim.raw()?;
                // Most lines are text: they end here, unread.
                return is_of_interest(found.kind).then_some(());
            }
            b"payload" if found.kind.bytes() == Some(b"event_msg") && skim.peek()? == b'{' => {
                return found.event.insert(Payload::default()).read(skim);
            }
            b"payload" => &mut found.payload,
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    })?;
    // In another order the payload came before it was known what it is.
    if found.event.is_none() && found.kind.bytes() == Some(b"event_msg") {
        let mut inner = Skim::new(found.payload.0);
        found.event.insert(Payload::default()).read(&mut inner)?;
    }
    skim.at_end().then_some(found)
}

/// Reads a count of tokens without reading its fields, where it is of a known kind and tells totals.
pub(super) fn known<'a>(line: &'a [u8], kinds: &mut Patterns) -> Option<Entry<'a>> {
    let mut found = Entry::default();
    let (mut event, mut info) = (Payload::default(), Info::default());
    let mut counts: [Raw<'a>; 5] = Default::default();
    let end = kinds.read(line, 0, |number, raw| match number {
        0 => found.timestamp = raw,
        1 => event.model = raw,
        2 => info.model = raw,
        _ => {
            if let Some(place) = counts.get_mut(number - 3) {
                *place = raw;
            }
        }
    });
    if end != Some(line.len()) {
        return None;
    }
    info.total = Some(counted(&Some(counts))?);
    (event.kind, event.info) = (Raw(b"\"token_count\""), Some(info));
    (found.kind, found.event) = (Raw(b"\"event_msg\""), Some(event));
    Some(found)
}

/// Learns from a line that was read, when it is a count of tokens that tells totals.
pub(super) fn learn(line: &[u8], entry: &Entry<'_>, kinds: &mut Patterns) {
    if let Some(event) = &entry.event
        && event.kind.bytes() == Some(b"token_count")
        && let Some(info) = event.info.as_ref().filter(|info| info.total.is_some())
    {
        let [input, cached, written, output, reasoning] = info.counts.unwrap_or_default();
        let fields = [
            entry.timestamp,
            event.model,
            info.model,
            input,
            cached,
            written,
            output,
            reasoning,
        ];
        kinds.learn(&Lesson {
            line,
            piece: 0..line.len(),
            fields: &fields,
            varying: &[0],
        });
    }
}

/// The fields of an event that matter.
#[derive(Default)]
pub(super) struct Payload<'a> {
    pub(super) kind: Raw<'a>,
    /// `None`: there is none.
    pub(super) info: Option<Info<'a>>,
    pub(super) model: Raw<'a>,
    pub(super) started: Raw<'a>,
    pub(super) tier: Raw<'a>,
}

impl<'a> Payload<'a> {
    /// The fields of the object that starts here.
    pub(super) fn read(&mut self, skim: &mut Skim<'a>) -> Option<()> {
        skim.object(|skim, key| self.take(skim, key))
    }

    fn take(&mut self, skim: &mut Skim<'a>, key: &[u8]) -> Option<()> {
        let place = match key {
            b"type" => &mut self.kind,
            b"info" => {
                let mut info = Info::default();
                if skim.peek()? == b'{' {
                    skim.object(|skim, key| info.take(skim, key))?;
                    self.info = Some(info);
                } else if !skim.raw()?.is_absent() {
                    self.info = Some(info);
                }
                return Some(());
            }
            b"model" => &mut self.model,
            b"started_at" => &mut self.started,
            b"thread_settings" => {
                return skim.object_if_any(|skim, key| {
                    let raw = skim.raw()?;
                    if key == b"service_tier" {
                        self.tier = raw;
                    }
                    Some(())
                });
            }
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    }
}

/// What a count of tokens tells.
#[derive(Default)]
pub(super) struct Info<'a> {
    /// Since the thread began. `None`: not told, or no counts.
    pub(super) total: Option<Totals>,
    /// The counts of the total, as they stand there.
    counts: Counts<'a>,
    /// Of the last response; not read where the total is told before it.
    pub(super) last: Option<Totals>,
    pub(super) model: Raw<'a>,
}

impl<'a> Info<'a> {
    fn take(&mut self, skim: &mut Skim<'a>, key: &[u8]) -> Option<()> {
        match key {
            b"total_token_usage" => {
                self.counts = Counts::default();
                read_counts(skim, &mut self.counts)?;
                self.total = counted(&self.counts);
            }
            b"last_token_usage" if self.total.is_none() => {
                let mut counts = Counts::default();
                read_counts(skim, &mut counts)?;
                self.last = counted(&counts);
            }
            b"model" | b"model_name" => self.model = skim.raw()?,
            _ => skim.skip()?,
        }
        Some(())
    }
}

/// The thread that spawned a sub-agent; `None` when `source` is not one's.
pub(super) fn spawned_by(source: Raw<'_>) -> Option<String> {
    let mut parent = None;
    Skim::new(source.0).object(|skim, key| {
        if key != b"subagent" {
            return skim.skip();
        }
        parent.get_or_insert_with(String::new);
        skim.object_if_any(|skim, _| {
            skim.object_if_any(|skim, key| {
                let raw = skim.raw()?;
                if key == b"parent_thread_id" {
                    parent = raw.text();
                }
                Some(())
            })
        })
    });
    parent
}

/// The counts of a usage object under any of the names they had; `None` when there is no such object.
pub(super) fn totals(raw: Raw<'_>) -> Option<Totals> {
    let mut counts = Counts::default();
    read_counts(&mut Skim::new(raw.0), &mut counts)?;
    counted(&counts)
}

/// The counts of a usage object as they stand there. `None`: there is no such object.
type Counts<'a> = Option<[Raw<'a>; 5]>;

/// Reads the counts of the usage object that starts here, if it is one.
fn read_counts<'a>(skim: &mut Skim<'a>, counts: &mut Counts<'a>) -> Option<()> {
    if skim.peek()? != b'{' {
        return skim.skip();
    }
    let counts = counts.insert(Default::default());
    skim.object(|skim, key| {
        let place = match key {
            b"input_tokens" | b"prompt_tokens" => 0,
            b"cached_input_tokens" | b"cached_tokens" | b"cache_read_input_tokens" => 1,
            b"cache_write_input_tokens" | b"cache_creation_input_tokens" => 2,
            b"output_tokens" | b"completion_tokens" => 3,
            b"reasoning_output_tokens" | b"reasoning_tokens" => 4,
            _ => return skim.skip(),
        };
        *counts.get_mut::<usize>(place)? = skim.raw()?;
        Some(())
    })
}

/// The numbers of counts; `None` when one is no count.
fn counted(counts: &Counts<'_>) -> Option<Totals> {
    let mut totals = Totals::default();
    for (place, count) in totals.iter_mut().zip(counts.as_ref()?) {
        *place = count.count_or_zero()?;
    }
    Some(totals)
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
    let Ok(file) = File::open(path) else {
        return known;
    };
    let _what_was_read = Buffer::default().lines(file, None, |line| {
        let info = entry(line.text).and_then(|entry| entry.event?.info);
        known.extend(info.and_then(|info| info.total));
    });
    known
}
