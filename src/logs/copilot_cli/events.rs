//! Copilot CLI's event log of one session: what each leg added to the sums that stand at its end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{Tally, Terms};
use crate::logs::copilot_cli::{Stored, Usage};
use crate::logs::files::ends_in;
use crate::logs::numbers;
use crate::logs::reading::{Find, Heed, Reader, Source};
use crate::logs::table::{Sighting, Table, hash};
use spendtray_skim::codec::{Bytes, Writer};

/// One session's events.
pub(super) struct Session {
    /// `<home>/session-state/<id>/events.jsonl`
    path: PathBuf,
    id: String,
    traces: Option<PathBuf>,
    folder: String,
    /// The sums at the end of the last leg, by model, and the requests that were told with them.
    sums: BTreeMap<String, (Usage, u64)>,
    /// The legs of this look.
    legs: Vec<Leg>,
}

struct Leg {
    at: i64,
    model: String,
    usage: Usage,
    requests: u64,
    /// The sums it ends with, hashed.
    mark: u64,
}

impl Session {
    pub(super) fn of(source: &Source<'_>) -> Self {
        let own = source.path.parent();
        let id = own.and_then(Path::file_name).unwrap_or_default();
        let home = own.and_then(|own| own.parent()?.parent());
        let mut session = Self {
            path: source.path.to_owned(),
            id: id.to_string_lossy().into_owned(),
            traces: home.map(|home| home.join("otel")),
            folder: String::new(),
            sums: BTreeMap::new(),
            legs: Vec::new(),
        };
        if let Some(kept) = source.kept {
            session.take_up(Bytes(kept));
        }
        session
    }

    fn take_up(&mut self, mut bytes: Bytes<'_>) -> Option<()> {
        bytes.text()?.clone_into(&mut self.folder);
        for _ in 0..bytes.number()? {
            let model = bytes.text()?.to_owned();
            let mut number = || bytes.number();
            let usage = Usage {
                input: number()?,
                output: number()?,
                read: number()?,
                written: number()?,
                reasoning: number()?,
            };
            let requests = number()?;
            self.sums.insert(model, (usage, requests));
        }
        Some(())
    }

    fn end_of_leg(&mut self, at: Raw<'_>, models: Raw<'_>) -> Option<Heed> {
        if models.is_absent() {
            return Some(Heed::Passed);
        }
        let at = numbers::instant(at)?;
        let mut heed = Heed::Passed;
        models.each_field(&mut |name, raw| {
            let name = String::from_utf8_lossy(name).into_owned();
            // One model's sums that make no sense cost only that model's.
            match sums(raw) {
                Some((sum, _)) if sum.is_nothing() => {}
                Some(sums) => {
                    heed = Heed::Counted;
                    self.leg(at, name, sums);
                }
                None => heed = Heed::Bad,
            }
            Some(())
        })?;
        Some(heed)
    }

    fn leg(&mut self, at: i64, model: String, (sum, told): (Usage, u64)) {
        let before = self.sums.insert(model.clone(), (sum, told));
        let (usage, requests) = match before {
            Some((before, told_before)) => match difference(sum, before) {
                // Requests may be those of the leg alone.
                Some(usage) if told > told_before => (usage, told - told_before),
                Some(usage) => (usage, told),
                None => (sum, told),
            },
            None => (sum, told),
        };
        if usage.is_nothing() {
            return;
        }
        self.legs.push(Leg {
            at,
            mark: sum.twin(&self.id, &model, 0),
            model,
            usage,
            requests: requests.max(1),
        });
    }

    /// Whether a trace tells of this session.
    fn is_traced(&self) -> bool {
        let entries = self.traces.as_ref().map(fs::read_dir);
        let entries = entries.into_iter().flatten().flatten().flatten();
        let quoted = format!("\"{}\"", self.id);
        entries
            .map(|entry| entry.path())
            .filter(|path| ends_in(path, "jsonl"))
            .any(|path| holds(&path, quoted.as_bytes()))
    }
}

/// What a sum adds to the one before. `None`: it started anew.
fn difference(sum: Usage, before: Usage) -> Option<Usage> {
    Some(Usage {
        input: sum.input.checked_sub(before.input)?,
        output: sum.output.checked_sub(before.output)?,
        read: sum.read.checked_sub(before.read)?,
        written: sum.written.checked_sub(before.written)?,
        reasoning: sum.reasoning.checked_sub(before.reasoning)?,
    })
}

/// The sums of a model and its requests.
fn sums(raw: Raw<'_>) -> Option<(Usage, u64)> {
    let [requests, counts @ ..] = raw.fields(&[
        "requests/count",
        "usage/inputTokens",
        "usage/outputTokens",
        "usage/cacheReadTokens",
        "usage/cacheWriteTokens",
        "usage/reasoningTokens",
    ])?;
    Some((Usage::of(counts)?, requests.count_or_zero()?))
}

/// Whether a file holds the bytes.
fn holds(path: &Path, wanted: &[u8]) -> bool {
    const STEP: usize = 1 << 20;
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut window = Vec::new();
    loop {
        let overlap = window.len().saturating_sub(wanted.len());
        window.drain(..overlap);
        let before = window.len();
        let read = file.by_ref().take(STEP as u64).read_to_end(&mut window);
        if memchr::memmem::find(&window, wanted).is_some() {
            return true;
        }
        if read.is_err() || window.len() == before {
            return false;
        }
    }
}

impl Reader for Session {
    fn line(&mut self, line: &[u8], _table: &mut Table) -> Heed {
        let paths = [
            "type",
            "timestamp",
            "data/modelMetrics",
            "data/success",
            "data/cwd",
        ];
        let Some([kind, at, models, success, folder]) = fields(line, &paths) else {
            return Heed::Bad;
        };
        match kind.bytes() {
            Some(b"session.shutdown") => self.end_of_leg(at, models).unwrap_or(Heed::Bad),
            Some(b"session.compaction_complete") if success.is_true() => {
                self.sums.clear();
                Heed::Passed
            }
            Some(b"session.start") => {
                self.folder = folder.text().unwrap_or_default();
                Heed::Passed
            }
            _ => Heed::Passed,
        }
    }

    fn finish(&mut self, find: Find<'_>, table: &mut Table) {
        if self.legs.is_empty() {
            return;
        }
        let stored = Stored::beside(&self.path, find);
        let legs = std::mem::take(&mut self.legs);
        let mut legs = legs
            .iter()
            .filter(|leg| !stored.knows(&self.id, leg.at))
            .peekable();
        if legs.peek().is_none() || self.is_traced() {
            return;
        }
        for leg in legs {
            table.see(&Sighting {
                key: hash(&[
                    b"leg",
                    self.id.as_bytes(),
                    leg.model.as_bytes(),
                    &leg.at.to_le_bytes(),
                    &leg.mark.to_le_bytes(),
                ]),
                at: leg.at,
                model: numbers::model(&leg.model),
                project: &self.folder,
                session: &self.id,
                terms: Terms::default(),
                tally: Tally {
                    requests: leg.requests,
                    tokens: leg.usage.tokens(),
                    ..Tally::default()
                },
                ..Sighting::default()
            });
        }
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        writer.bytes(self.folder.as_bytes());
        writer.number(self.sums.len() as u64);
        for (model, (usage, requests)) in &self.sums {
            writer.bytes(model.as_bytes());
            for number in [
                usage.input,
                usage.output,
                usage.read,
                usage.written,
                usage.reasoning,
                *requests,
            ] {
                writer.number(number);
            }
        }
        Some(writer.0)
    }
}
