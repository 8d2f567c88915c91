//! OpenCode's messages, as facts learned from them.
//!
//! * A message is known by its id in the database and in the older files.
//! * A forked session clones every message under new ids: same times, model, tokens and cost are the same message.
//! * Child sessions have usage of their own, and count.
//! * Input excludes the cache. Newer messages tell a total and leave reasoning out of output; older ones include it.
//! * A cost above zero is what OpenCode recorded, and stands; zero with tokens means nobody said.
//! * The day is that of the message's creation.

use std::path::{Path, PathBuf};

use crate::domain::agent::{PromptSize, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::files::{Places, ends_in, named_in};
use crate::logs::numbers;
use crate::logs::reading::{Heed, Reader, Shape};
use crate::logs::skim::{Raw, Skim};
use crate::logs::table::{Sighting, Table, hash};
use crate::logs::told;

/// OpenCode.
pub(super) const AGENT: Agent = Agent {
    id: "opencode-logs",
    name: "OpenCode",
    roots,
    shape,
    reader: |_| Box::new(Messages),
    told: told::nothing,
};

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    let share = places
        .variables
        .get("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| places.home.join(".local/share"));
    places
        .listed("OPENCODE_DATA_DIR")
        .unwrap_or_else(|| vec![share.join("opencode")])
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    if ends_in(path, "db") && name.starts_with("opencode") {
        return Some(Shape::Database);
    }
    let message = ends_in(path, "json") && named_in(path, "storage") && named_in(path, "message");
    message.then_some(Shape::Document)
}

struct Messages;

#[derive(Default)]
struct Message<'a> {
    id: Raw<'a>,
    session: Raw<'a>,
    role: Raw<'a>,
    provider: Raw<'a>,
    model: Raw<'a>,
    cost: Raw<'a>,
    tokens: Raw<'a>,
    folder: Raw<'a>,
    created: Raw<'a>,
    completed: Raw<'a>,
}

impl Reader for Messages {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        let Some(message) = message(line) else {
            return Heed::Bad;
        };
        if message.role.bytes() != Some(b"assistant") || message.tokens.is_absent() {
            return Heed::Passed;
        }
        count(&message, table).unwrap_or(Heed::Bad)
    }
}

fn message(line: &[u8]) -> Option<Message<'_>> {
    let mut found = Message::default();
    let mut skim = Skim::new(line);
    skim.object(|skim, key| {
        let place = match key {
            b"id" => &mut found.id,
            b"sessionID" => &mut found.session,
            b"role" => &mut found.role,
            b"providerID" => &mut found.provider,
            b"modelID" => &mut found.model,
            b"cost" => &mut found.cost,
            b"tokens" => &mut found.tokens,
            b"time" | b"path" => {
                return skim.object_if_any(|skim, key| {
                    let place = match key {
                        b"created" => &mut found.created,
                        b"completed" => &mut found.completed,
                        b"cwd" => &mut found.folder,
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
    skim.at_end().then_some(found)
}

fn count(message: &Message<'_>, table: &mut Table) -> Option<Heed> {
    let tokens = tokens(message.tokens)?;
    // An answer that failed, or has not begun.
    if tokens.total() == 0 {
        return Some(Heed::Passed);
    }
    let created = i64::try_from(message.created.count()?).ok()?;
    let recorded = numbers::dollars(message.cost).filter(|cost| !cost.is_zero());
    let (model, folder) = (message.model.text(), message.folder.text());
    let session = message.session.text();
    let twin = message.completed.count().map(|completed| {
        let numbers = [
            completed,
            tokens.input,
            tokens.output,
            tokens.reasoning,
            tokens.cached_input,
            tokens.cache_write,
        ]
        .map(u64::to_le_bytes);
        let cost = recorded.unwrap_or_default().normalize().to_string();
        let mut parts = vec![message.created.0, message.provider.0, message.model.0];
        parts.push(cost.as_bytes());
        parts.extend(numbers.iter().map(<[u8; 8]>::as_slice));
        hash(&parts)
    });
    table.see(&Sighting {
        key: hash(&[message.id.bytes()?]),
        twin: twin.unwrap_or(0),
        at: created.div_euclid(1000),
        model: model.as_deref().unwrap_or_default(),
        project: folder.as_deref().unwrap_or_default(),
        session: session.as_deref().unwrap_or_default(),
        terms: Terms {
            prompt: PromptSize::of(numbers::prompt(&tokens)),
            recorded: recorded.is_some(),
            ..Terms::default()
        },
        tally: Tally {
            requests: 1,
            tokens,
            recorded_usd: recorded.unwrap_or_default(),
            ..Tally::default()
        },
        ..Sighting::default()
    });
    Some(Heed::Counted)
}

fn tokens(raw: Raw<'_>) -> Option<TokenCounts> {
    let [mut input, mut output, mut reasoning, mut read, mut write] = [0_u64; 5];
    let mut told_total = false;
    Skim::new(raw.0).object(|skim, key| {
        let place = match key {
            b"input" => &mut input,
            b"output" => &mut output,
            b"reasoning" => &mut reasoning,
            b"total" => {
                told_total = !skim.raw()?.is_absent();
                return Some(());
            }
            b"cache" => {
                return skim.object_if_any(|skim, key| {
                    let place = match key {
                        b"read" => &mut read,
                        b"write" => &mut write,
                        _ => return skim.skip(),
                    };
                    *place = skim.raw()?.count_or_zero()?;
                    Some(())
                });
            }
            _ => return skim.skip(),
        };
        *place = skim.raw()?.count_or_zero()?;
        Some(())
    })?;
    let output = if told_total {
        output.saturating_add(reasoning)
    } else {
        output
    };
    Some(TokenCounts {
        input,
        cached_input: read,
        cache_write: write,
        output,
        reasoning: reasoning.min(output),
        ..TokenCounts::default()
    })
}
