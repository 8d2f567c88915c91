//! The sessions of pi and its descendant omp, as facts learned from them; each rule has its case among the tests.
//!
//! * An answer is an entry of its own; forks copy entries with their ids and times, which are the same entry.
//! * Input excludes the cache, output includes reasoning.
//! * A cost above zero is what pi recorded, and stands; zero with tokens means nobody said.
//! * The day is that of the entry.

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
use spendtray_skim::codec::{Bytes, Writer};

/// pi.
pub(super) const AGENT: Agent = Agent {
    id: "pi-logs",
    name: "pi",
    roots,
    shape,
    reader: |source| Box::new(Session::of(source)),
    told: told::nothing,
};

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    if let Some(folders) = places.listed("PI_CODING_AGENT_SESSION_DIR") {
        return folders;
    }
    let homes = places
        .listed("PI_CODING_AGENT_DIR")
        .or_else(|| places.listed("PI_AGENT_DIR"));
    match homes {
        // A home with sessions in it, or the sessions themselves.
        Some(homes) => homes
            .into_iter()
            .map(|home| match home.join("sessions") {
                sessions if sessions.is_dir() => sessions,
                _ => home,
            })
            .collect(),
        None => [".pi/agent/sessions", ".omp/agent/sessions"]
            .iter()
            .map(|folder| places.home.join(folder))
            .collect(),
    }
}

fn shape(path: &Path) -> Option<Shape> {
    ends_in(path, "jsonl").then_some(Shape::Lines)
}

#[derive(Default)]
struct Session {
    id: String,
    folder: String,
}

impl Session {
    fn of(source: &Source<'_>) -> Self {
        let mut session = Self::default();
        if let Some(mut bytes) = source.kept.map(Bytes) {
            bytes.text().unwrap_or_default().clone_into(&mut session.id);
            bytes
                .text()
                .unwrap_or_default()
                .clone_into(&mut session.folder);
        }
        session
    }
}

struct Entry<'a> {
    kind: Raw<'a>,
    id: Raw<'a>,
    at: Raw<'a>,
    folder: Raw<'a>,
    role: Raw<'a>,
    model: Raw<'a>,
    usage: Raw<'a>,
}

impl<'a> Entry<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let [kind, id, at, folder, role, model, usage] = fields(
            line,
            &[
                "type",
                "id",
                "timestamp",
                "cwd",
                "message/role",
                "message/model",
                "message/usage",
            ],
        )?;
        Some(Self {
            kind,
            id,
            at,
            folder,
            role,
            model,
            usage,
        })
    }
}

impl Reader for Session {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        let Some(entry) = Entry::of(line) else {
            return Heed::Bad;
        };
        match (entry.kind.bytes(), entry.role.bytes()) {
            (Some(b"session"), _) => {
                self.id = entry.id.text().unwrap_or_default();
                self.folder = entry.folder.text().unwrap_or_default();
                Heed::Passed
            }
            (Some(b"message"), Some(b"assistant")) if !entry.usage.is_absent() => {
                self.count(&entry, table).unwrap_or(Heed::Bad)
            }
            _ => Heed::Passed,
        }
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        writer.bytes(self.id.as_bytes());
        writer.bytes(self.folder.as_bytes());
        Some(writer.0)
    }
}

impl Session {
    fn count(&self, entry: &Entry<'_>, table: &mut Table) -> Option<Heed> {
        let (tokens, cost) = usage(entry.usage)?;
        if tokens.total() == 0 {
            return Some(Heed::Passed);
        }
        let recorded = numbers::dollars(cost).filter(|cost| !cost.is_zero());
        let model = entry.model.text().unwrap_or_default();
        table.see(&Sighting {
            // An id is unique within its session and short: the time makes it unique in all of them.
            key: hash(&[entry.id.bytes()?, entry.at.bytes()?]),
            at: numbers::instant(entry.at)?,
            model: numbers::model(&model),
            project: &self.folder,
            session: &self.id,
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
}

/// The tokens, and the cost as it is written.
fn usage(raw: Raw<'_>) -> Option<(TokenCounts, Raw<'_>)> {
    let [cost, counts @ ..] = raw.fields(&[
        "cost/total",
        "input",
        "output",
        "cacheRead",
        "cacheWrite",
        "reasoning",
    ])?;
    let [input, output, cached_input, cache_write, reasoning] = counted(counts)?;
    let tokens = TokenCounts {
        input,
        cached_input,
        cache_write,
        output,
        reasoning: reasoning.min(output),
        ..TokenCounts::default()
    };
    Some((tokens, cost))
}
