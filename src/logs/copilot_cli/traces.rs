//! Copilot CLI's traces: several records of one response, of which the best stands.

use std::collections::BTreeSet;
use std::path::PathBuf;

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{PromptSize, Tally, Terms};
use crate::logs::copilot_cli::{Stored, Usage};
use crate::logs::numbers;
use crate::logs::reading::{Find, Heed, Reader, Source};
use crate::logs::table::{Sighting, Table, hash};
use spendtray_skim::codec::{Bytes, Writer};

/// One file of records.
#[derive(Default)]
pub(super) struct Traces {
    path: PathBuf,
    /// Responses, traces and conversations of which a chat or an inference was told, hashed.
    told: BTreeSet<u64>,
    /// The records of this look.
    records: Vec<Record>,
}

/// What a record is about, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// All that an agent did.
    Summary,
    /// A response, in the log.
    Inference,
    /// A response, as a span.
    Chat,
}

struct Record {
    kind: Kind,
    key: u64,
    /// What a summary shares with what it sums up, hashed.
    kin: Vec<u64>,
    at: i64,
    model: String,
    session: String,
    usage: Usage,
}

impl Traces {
    pub(super) fn of(source: &Source<'_>) -> Self {
        let mut traces = Self {
            path: source.path.to_owned(),
            ..Self::default()
        };
        let mut bytes = Bytes(source.kept.unwrap_or_default());
        while let Some(told) = bytes.fixed() {
            traces.told.insert(told);
        }
        traces
    }
}

struct Fields<'a> {
    trace: Raw<'a>,
    span: Raw<'a>,
    name: Raw<'a>,
    end: Raw<'a>,
    time: Raw<'a>,
    operation: Raw<'a>,
    event: Raw<'a>,
    conversation: Raw<'a>,
    response: Raw<'a>,
    asked: Raw<'a>,
    answered: Raw<'a>,
    counts: [Raw<'a>; 5],
}

impl<'a> Fields<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let [trace, span, name, end, time, rest @ ..] = fields(
            line,
            &[
                "traceId",
                "spanId",
                "name",
                "endTime",
                "hrTime",
                "attributes/gen_ai.operation.name",
                "attributes/event.name",
                "attributes/gen_ai.conversation.id",
                "attributes/gen_ai.response.id",
                "attributes/gen_ai.request.model",
                "attributes/gen_ai.response.model",
                "attributes/gen_ai.usage.input_tokens",
                "attributes/gen_ai.usage.output_tokens",
                "attributes/gen_ai.usage.cache_read.input_tokens",
                "attributes/gen_ai.usage.cache_creation.input_tokens",
                "attributes/gen_ai.usage.cache_write.input_tokens",
                "attributes/gen_ai.usage.reasoning.output_tokens",
            ],
        )?;
        let [
            operation,
            event,
            conversation,
            response,
            asked,
            answered,
            rest @ ..,
        ] = rest;
        let [input, output, read, created, written, reasoning] = rest;
        Some(Self {
            trace,
            span,
            name,
            end,
            time,
            operation,
            event,
            conversation,
            response,
            asked,
            answered,
            counts: [input, output, read, written.or(created), reasoning],
        })
    }

    /// `None`: it is about something else.
    fn kind(&self) -> Option<Kind> {
        if self.event.bytes() == Some(b"gen_ai.client.inference.operation.details") {
            return Some(Kind::Inference);
        }
        let operation = self.operation.bytes().or_else(|| {
            let name = self.name.bytes()?;
            name.split(|byte| *byte == b' ').next()
        });
        match operation? {
            b"chat" => Some(Kind::Chat),
            b"invoke_agent" => Some(Kind::Summary),
            _ => None,
        }
    }

    fn record(&self, kind: Kind) -> Option<Record> {
        let usage = Usage::of(self.counts)?;
        let response = self.response.bytes();
        let key = match response {
            Some(response) => hash(&[b"response", response]),
            None => hash(&[b"span", self.trace.bytes()?, self.span.bytes()?]),
        };
        let kin = [
            (&b"response"[..], response),
            (b"trace", self.trace.bytes()),
            (b"conversation", self.conversation.bytes()),
        ];
        let model = self.answered.text().or_else(|| self.asked.text());
        Some(Record {
            kind,
            key,
            kin: kin
                .iter()
                .filter_map(|(sort, id)| Some(hash(&[sort, (*id)?])))
                .collect(),
            at: seconds(self.end).or_else(|| seconds(self.time))?,
            model: model.unwrap_or_default(),
            session: self.conversation.text().unwrap_or_default(),
            usage,
        })
    }
}

/// The seconds of `[seconds, nanoseconds]`, or of any other way to write an instant.
fn seconds(raw: Raw<'_>) -> Option<i64> {
    if raw.0.first() != Some(&b'[') {
        return numbers::instant(raw);
    }
    let mut first = None;
    raw.each_element(&mut |raw| {
        first = first.or_else(|| numbers::instant(raw));
        Some(())
    })?;
    first
}

impl Reader for Traces {
    fn line(&mut self, line: &[u8], _table: &mut Table) -> Heed {
        if memchr::memmem::find(line, b"\"gen_ai.usage.").is_none() {
            let closes = line.starts_with(b"{") && line.ends_with(b"}");
            return if closes { Heed::Passed } else { Heed::Bad };
        }
        let Some(fields) = Fields::of(line) else {
            return Heed::Bad;
        };
        let Some(kind) = fields.kind() else {
            return Heed::Passed;
        };
        let Some(record) = fields.record(kind) else {
            return Heed::Bad;
        };
        if record.usage.is_nothing() {
            return Heed::Passed;
        }
        if kind > Kind::Summary {
            self.told.extend(&record.kin);
        }
        self.records.push(record);
        Heed::Counted
    }

    fn finish(&mut self, find: Find<'_>, table: &mut Table) {
        let mut records = std::mem::take(&mut self.records);
        if records.is_empty() {
            return;
        }
        let stored = Stored::beside(&self.path, find);
        records.sort_by_key(|record| std::cmp::Reverse(record.kind));
        let mut seen = BTreeSet::new();
        for record in records {
            let summed_up = record.kin.iter().any(|kin| self.told.contains(kin));
            let is_stored = if record.session.is_empty() {
                !stored.is_empty()
            } else {
                stored.knows(&record.session, record.at)
            };
            let is_worse = !seen.insert(record.key) || (record.kind == Kind::Summary && summed_up);
            if is_stored || is_worse {
                continue;
            }
            // The store may be about to tell of a session's first request.
            let twin = if record.session.is_empty() || stored.is_empty() {
                0
            } else {
                record.usage.twin(&record.session, &record.model, 0)
            };
            see(&record, twin, table);
        }
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        for told in &self.told {
            writer.fixed(*told);
        }
        Some(writer.0)
    }
}

fn see(record: &Record, twin: u64, table: &mut Table) {
    table.see(&Sighting {
        key: record.key,
        twin,
        // What a chat tells later replaces what stands in for it until then.
        side: record.kind != Kind::Chat,
        at: record.at,
        model: numbers::model(&record.model),
        session: &record.session,
        terms: Terms {
            prompt: match record.kind {
                Kind::Summary => PromptSize::default(),
                Kind::Inference | Kind::Chat => PromptSize::of(record.usage.input),
            },
            ..Terms::default()
        },
        tally: Tally {
            requests: 1,
            tokens: record.usage.tokens(),
            ..Tally::default()
        },
        ..Sighting::default()
    });
}
