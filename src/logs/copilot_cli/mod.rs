//! What Copilot CLI used, as facts learned from its three records; each rule has its case among the tests.
//!
//! * The session store (`session-store.db`) has a row a request, and counts first. Its input includes what was read
//!   from and written to the cache, its output what was only thought.
//! * The event log (`session-state/<id>/events.jsonl`) sums a session when it ends well: what a leg adds to the leg
//!   before counts; a smaller sum, or one behind a compaction, started anew. It counts only for what ended before the
//!   store's first row of the session, and only where no trace knows the session.
//! * Traces (`otel/*.jsonl`) count for sessions that the store does not know, from its first row of them on. Of several
//!   records of one response the span of the chat stands, then the event of the inference; the summary of an agent
//!   counts only where neither is there. An event does not name its session: it counts only where there is no store.
//! * What a request multiplies and what GitHub calls AI units are no money, and are not read.
//! * A sum of many requests is priced as if each prompt were short.

mod events;
mod store;
mod traces;

use std::path::{Path, PathBuf};

use spendtray_skim::Raw;

use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::database::{self, Rows};
use crate::logs::files::{Places, ends_in, named_in};
use crate::logs::numbers;
use crate::logs::reading::{Find, Shape};
use crate::logs::table::hash;
use crate::logs::told;

/// Copilot CLI.
pub(super) const AGENT: Agent = Agent {
    id: "copilot-logs",
    name: "Copilot CLI",
    roots,
    shape,
    reader: |source| match source.path.file_name().and_then(|name| name.to_str()) {
        Some(STORE) => Box::new(store::Requests::default()),
        Some(EVENTS) => Box::new(events::Session::of(source)),
        _ => Box::new(traces::Traces::of(source)),
    },
    told: told::nothing,
};

const STORE: &str = "session-store.db";
const EVENTS: &str = "events.jsonl";

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    let home = places.variables.get("COPILOT_HOME");
    let home = home.map_or_else(|| places.home.join(".copilot"), |home| places.expand(home));
    let mut roots = vec![
        home.join(STORE),
        home.join("session-state"),
        home.join("otel"),
    ];
    let exported = places.variables.get("COPILOT_OTEL_FILE_EXPORTER_PATH");
    roots.extend(exported.map(|path| places.expand(path)));
    roots
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    if name == STORE {
        return Some(Shape::Database(Rows::CopilotRequests));
    }
    let wanted = ends_in(path, "jsonl") && (name == EVENTS || !named_in(path, "session-state"));
    wanted.then_some(Shape::Lines)
}

/// What a request used, as Copilot counts it: input includes the cache, output includes reasoning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Usage {
    input: u64,
    output: u64,
    read: u64,
    written: u64,
    reasoning: u64,
}

impl Usage {
    /// Input, output, read from the cache, written to it, reasoning; `None` when one is no count.
    fn of(counts: [Raw<'_>; 5]) -> Option<Self> {
        let [input, output, read, written, reasoning] = numbers::counted(counts)?;
        Some(Self {
            input,
            output,
            read,
            written,
            reasoning,
        })
    }

    fn tokens(self) -> TokenCounts {
        let cached = self.read.saturating_add(self.written);
        TokenCounts {
            input: self.input.saturating_sub(cached),
            cached_input: self.read,
            cache_write: self.written,
            output: self.output,
            reasoning: self.reasoning.min(self.output),
            ..TokenCounts::default()
        }
    }

    const fn is_nothing(self) -> bool {
        self.input == 0 && self.output == 0 && self.read == 0 && self.written == 0
    }

    /// What the store and a trace have in common of the same request, hashed; the n-th of its kind in a session.
    fn twin(self, session: &str, model: &str, nth: u64) -> u64 {
        let numbers = [self.input, self.output, self.read, self.written, nth].map(u64::to_le_bytes);
        let mut parts = vec![session.as_bytes(), model.as_bytes()];
        parts.extend(numbers.iter().map(<[u8; 8]>::as_slice));
        hash(&parts)
    }
}

/// Which sessions the store beside a record knows, from when on.
struct Stored(Option<database::Sessions>);

impl Stored {
    /// A look that is told which files changed finds no others: the store is looked for above the record first.
    fn beside(record: &Path, find: Find<'_>) -> Self {
        let mut above = record.ancestors().skip(1).take(3);
        let store = above.find_map(|folder| {
            let store = folder.join(STORE);
            store.is_file().then_some(store)
        });
        let store = store.or_else(|| find(STORE));
        let sessions = store.and_then(|path| database::copilot_sessions(&path).ok());
        Self(sessions.filter(|sessions| !sessions.is_empty()))
    }

    /// Whether the store has the requests of a session at that instant.
    fn knows(&self, session: &str, at: i64) -> bool {
        let sessions = self.0.as_ref();
        let first = sessions.and_then(|sessions| sessions.get(session));
        first.is_some_and(|first| first.is_none_or(|first| first <= at))
    }

    const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}
