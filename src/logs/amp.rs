//! Amp's threads, as facts learned from them; each rule has its case among the tests.
//!
//! * A thread with a ledger of usage is counted by it: one request an event. What was read from and written to the
//!   cache stands only with the message the event led to, when both name the same model.
//! * A thread without one is counted by its messages' usage.
//! * An event and the message it led to are the same request, so that a thread that gets a ledger later counts once.
//! * Input excludes the cache. An event that tells only a total counts it as output, which is never too cheap.
//! * What has no tokens is nothing. Credits are Amp's own unit, no money, and are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{PromptSize, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::files::{Places, ends_in};
use crate::logs::numbers::{self, counted};
use crate::logs::reading::{Heed, Reader, Shape, Source};
use crate::logs::table::{Sighting, Table, hash};
use crate::logs::told;

/// Amp.
pub(super) const AGENT: Agent = Agent {
    id: "amp-logs",
    name: "Amp",
    roots,
    shape,
    reader: |source| Box::new(Thread::of(source)),
    told: told::nothing,
};

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    let homes = places
        .listed("AMP_DATA_DIR")
        .unwrap_or_else(|| vec![places.data_home().join("amp")]);
    homes.iter().map(|home| home.join("threads")).collect()
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    (name.starts_with("T-") && ends_in(path, "json")).then_some(Shape::Document)
}

struct Thread {
    /// The name of its file, which is its id.
    id: String,
}

impl Thread {
    fn of(source: &Source<'_>) -> Self {
        let stem = source.path.file_stem().unwrap_or_default();
        Self {
            id: stem.to_string_lossy().into_owned(),
        }
    }
}

/// What a request used.
struct Usage<'a> {
    at: Raw<'a>,
    model: Raw<'a>,
    tokens: TokenCounts,
}

struct Event<'a> {
    id: Raw<'a>,
    /// The message it led to.
    message: Raw<'a>,
    usage: Usage<'a>,
}

impl Reader for Thread {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        self.thread(line, table).unwrap_or(Heed::Bad)
    }
}

impl Thread {
    fn thread(&self, text: &[u8], table: &mut Table) -> Option<Heed> {
        let [messages, ledger] = fields(text, &["messages", "usageLedger"])?;
        let (messages, mut bad) = messages_of(messages);
        let (events, bad_events) = events_of(ledger);
        bad |= bad_events;
        if events.is_empty() {
            for (id, usage) in &messages {
                self.see(hash(&[b"message", self.id.as_bytes(), id]), usage, table);
            }
        } else {
            bad |= !self.events(events, &messages, table);
        }
        Some(match (bad, messages.is_empty()) {
            (true, _) => Heed::Bad,
            (false, true) => Heed::Passed,
            (false, false) => Heed::Counted,
        })
    }

    /// Counts a ledger; whether all of it made sense.
    fn events(
        &self,
        events: Vec<Event<'_>>,
        messages: &BTreeMap<&[u8], Usage<'_>>,
        table: &mut Table,
    ) -> bool {
        let mut answered = BTreeSet::new();
        let mut sense = true;
        for mut event in events {
            let message = messages.get(event.message.0).filter(|message| {
                let is_told = !event.message.is_absent();
                is_told && (event.usage.model.is_absent() || message.model == event.usage.model)
            });
            let key = match message {
                Some(message) if answered.insert(event.message.0) => {
                    event.usage.tokens.cached_input = message.tokens.cached_input;
                    event.usage.tokens.cache_write = message.tokens.cache_write;
                    if event.usage.model.is_absent() {
                        event.usage.model = message.model;
                    }
                    if event.usage.at.is_absent() {
                        event.usage.at = message.at;
                    }
                    hash(&[b"message", self.id.as_bytes(), event.message.0])
                }
                _ => hash(&[b"event", self.id.as_bytes(), event.id.0]),
            };
            sense &= self.see(key, &event.usage, table).is_some();
        }
        sense
    }

    fn see(&self, key: u64, usage: &Usage<'_>, table: &mut Table) -> Option<()> {
        if usage.tokens.total() == 0 {
            return Some(());
        }
        let model = usage.model.text().unwrap_or_default();
        table.see(&Sighting {
            key,
            at: numbers::instant(usage.at)?,
            model: numbers::model(&model),
            session: &self.id,
            terms: Terms {
                prompt: PromptSize::of(numbers::prompt(&usage.tokens)),
                ..Terms::default()
            },
            tally: Tally {
                requests: 1,
                tokens: usage.tokens,
                ..Tally::default()
            },
            ..Sighting::default()
        });
        Some(())
    }
}

/// The messages with usage by their ids, and whether one of them made no sense.
fn messages_of(raw: Raw<'_>) -> (BTreeMap<&[u8], Usage<'_>>, bool) {
    let (mut found, mut bad) = (BTreeMap::new(), false);
    let _all = raw.each_element(&mut |element| {
        let Some([id, usage]) = element.fields(&["messageId", "usage"]) else {
            return Some(());
        };
        if usage.is_absent() {
            return Some(());
        }
        match usage_of(usage) {
            Some(usage) if numbers::instant(usage.at).is_some() => {
                found.insert(id.0, usage);
            }
            // What has no instant can still tell what an event of the ledger read from the cache.
            Some(usage) => {
                bad |= usage.tokens.total() > 0;
                found.insert(id.0, usage);
            }
            None => bad = true,
        }
        Some(())
    });
    (found, bad)
}

fn usage_of(raw: Raw<'_>) -> Option<Usage<'_>> {
    let [model, at, counts @ ..] = raw.fields(&[
        "model",
        "timestamp",
        "inputTokens",
        "outputTokens",
        "cacheCreationInputTokens",
        "cacheReadInputTokens",
    ])?;
    let [input, output, cache_write, cached_input] = counted(counts)?;
    Some(Usage {
        at,
        model,
        tokens: TokenCounts {
            input,
            cached_input,
            cache_write,
            output,
            ..TokenCounts::default()
        },
    })
}

/// The events of a ledger, and whether one of them made no sense.
fn events_of(raw: Raw<'_>) -> (Vec<Event<'_>>, bool) {
    let (mut found, mut bad) = (Vec::new(), false);
    let [events] = raw.fields(&["events"]).unwrap_or_default();
    let _all = events.each_element(&mut |element| {
        match event_of(element) {
            Some(event) => found.push(event),
            None => bad = true,
        }
        Some(())
    });
    (found, bad)
}

fn event_of(raw: Raw<'_>) -> Option<Event<'_>> {
    let [id, message, at, model, counts @ ..] = raw.fields(&[
        "id",
        "toMessageId",
        "timestamp",
        "model",
        "tokens/input",
        "tokens/output",
        "tokens/total",
    ])?;
    let [input, output, total] = counted(counts)?;
    let is_split = input > 0 || output > 0;
    let tokens = TokenCounts {
        input,
        output: if is_split { output } else { total },
        ..TokenCounts::default()
    };
    Some(Event {
        id,
        message,
        usage: Usage { at, model, tokens },
    })
}
