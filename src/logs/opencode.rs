//! OpenCode's messages, as facts learned from them.
//!
//! * A message is known by its id in the database and in the older files.
//! * A forked session clones every message under new ids: same times, model, tokens and cost are the same message.
//! * Child sessions have usage of their own, and count.
//! * Input excludes the cache. Newer messages tell a total and leave reasoning out of output; older ones include it.
//! * A cost above zero is what OpenCode recorded, and stands; zero with tokens means nobody said.
//! * The day is that of the message's creation.

use std::path::{Path, PathBuf};

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{PromptSize, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::database::Rows;
use crate::logs::files::{Places, ends_in, named_in};
use crate::logs::numbers::{self, counted};
use crate::logs::reading::{Heed, Reader, Shape};
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
    places
        .listed("OPENCODE_DATA_DIR")
        .unwrap_or_else(|| vec![places.data_home().join("opencode")])
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    if ends_in(path, "db") && name.starts_with("opencode") {
        return Some(Shape::Database(Rows::OpencodeMessages));
    }
    let message = ends_in(path, "json") && named_in(path, "storage") && named_in(path, "message");
    message.then_some(Shape::Document)
}

struct Messages;

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
    let [id, session, role, provider, model, cost, tokens, rest @ ..] = fields(
        line,
        &[
            "id",
            "sessionID",
            "role",
            "providerID",
            "modelID",
            "cost",
            "tokens",
            "path/cwd",
            "time/created",
            "time/completed",
        ],
    )?;
    let [folder, created, completed] = rest;
    Some(Message {
        id,
        session,
        role,
        provider,
        model,
        cost,
        tokens,
        folder,
        created,
        completed,
    })
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
    let [total, counts @ ..] = raw.fields(&[
        "total",
        "input",
        "output",
        "reasoning",
        "cache/read",
        "cache/write",
    ])?;
    let [input, output, reasoning, read, write] = counted(counts)?;
    let output = if total.is_absent() {
        output
    } else {
        output.saturating_add(reasoning)
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
