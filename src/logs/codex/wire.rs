//! A rollout's lines: which fields stand where, under any of the names they had. What they count is not decided here.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use chrono::DateTime;

use crate::logs::scan::Buffer;
use crate::logs::skim::{Raw, Skim};

/// Input, of it cached, of it written to the cache, output, of it reasoning.
pub(super) type Totals = [u64; 5];

/// The fields of a line that matter.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) timestamp: Raw<'a>,
    pub(super) kind: Raw<'a>,
    pub(super) payload: Raw<'a>,
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

pub(super) fn is_of_interest(kind: Raw<'_>) -> bool {
    let kinds: [&[u8]; 4] = [
        b"session_meta",
        b"turn_context",
        b"event_msg",
        b"token_usage_record",
    ];
    kind.bytes().is_some_and(|kind| kinds.contains(&kind))
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
            b"payload" => &mut found.payload,
            _ => return skim.skip(),
        };
        *place = skim.raw()?;
        Some(())
    })?;
    skim.at_end().then_some(found)
}

pub(super) fn seconds(timestamp: Raw<'_>) -> Option<i64> {
    let text = timestamp.text()?;
    let at = DateTime::parse_from_rfc3339(&text).ok()?;
    Some(at.timestamp())
}

/// The fields of an event that matter.
#[derive(Default)]
pub(super) struct Payload<'a> {
    pub(super) kind: Raw<'a>,
    pub(super) info: Raw<'a>,
    pub(super) model: Raw<'a>,
    pub(super) started: Raw<'a>,
    pub(super) tier: Raw<'a>,
}

impl<'a> Payload<'a> {
    pub(super) fn take(&mut self, skim: &mut Skim<'a>, key: &[u8]) -> Option<()> {
        let place = match key {
            b"type" => &mut self.kind,
            b"info" => &mut self.info,
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

#[derive(Default)]
pub(super) struct Info<'a> {
    pub(super) total: Raw<'a>,
    pub(super) last: Raw<'a>,
    pub(super) model: Raw<'a>,
}

impl<'a> Info<'a> {
    pub(super) fn of(raw: Raw<'a>) -> Option<Self> {
        let mut found = Self::default();
        Skim::new(raw.0).object(|skim, key| {
            let raw = skim.raw()?;
            match key {
                b"total_token_usage" => found.total = raw,
                b"last_token_usage" => found.last = raw,
                b"model" | b"model_name" => found.model = raw,
                _ => {}
            }
            Some(())
        })?;
        Some(found)
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
    let mut found = Totals::default();
    Skim::new(raw.0).object(|skim, key| {
        let place = match key {
            b"input_tokens" | b"prompt_tokens" => 0,
            b"cached_input_tokens" | b"cached_tokens" | b"cache_read_input_tokens" => 1,
            b"cache_write_input_tokens" | b"cache_creation_input_tokens" => 2,
            b"output_tokens" | b"completion_tokens" => 3,
            b"reasoning_output_tokens" | b"reasoning_tokens" => 4,
            _ => return skim.skip(),
        };
        let count = skim.raw()?.count_or_zero()?;
        *found.get_mut::<usize>(place)? = count;
        Some(())
    })?;
    Some(found)
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
    let _what_was_read = Buffer::default().lines(file, |line, _| {
        let info = entry(line).and_then(|entry| {
            let mut fields = Payload::default();
            Skim::new(entry.payload.0).object(|skim, key| fields.take(skim, key))?;
            Info::of(fields.info)
        });
        known.extend(info.and_then(|info| totals(info.total)));
    });
    known
}
