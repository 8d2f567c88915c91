//! Copilot CLI's session store: one row, one request. The rows come as JSON objects from `database`.

use std::collections::HashMap;

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{PromptSize, Tally, Terms};
use crate::logs::copilot_cli::Usage;
use crate::logs::numbers;
use crate::logs::reading::{Heed, Reader};
use crate::logs::table::{Sighting, Table, hash};

/// The rows of a store, in their order.
#[derive(Default)]
pub(super) struct Requests {
    /// How many rows of a session had the same model and counts so far.
    alike: HashMap<u64, u64>,
}

struct Row<'a> {
    id: Raw<'a>,
    session: Raw<'a>,
    model: Raw<'a>,
    at: Raw<'a>,
    folder: Raw<'a>,
    counts: [Raw<'a>; 5],
}

impl Reader for Requests {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        row(line)
            .and_then(|row| self.count(&row, table))
            .unwrap_or(Heed::Bad)
    }
}

fn row(line: &[u8]) -> Option<Row<'_>> {
    let [id, session, model, at, folder, counts @ ..] = fields(
        line,
        &[
            "id",
            "session_id",
            "model",
            "created_at",
            "cwd",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
        ],
    )?;
    Some(Row {
        id,
        session,
        model,
        at,
        folder,
        counts,
    })
}

impl Requests {
    fn count(&mut self, row: &Row<'_>, table: &mut Table) -> Option<Heed> {
        let usage = Usage::of(row.counts)?;
        if usage.is_nothing() {
            return Some(Heed::Passed);
        }
        let at = numbers::instant(row.at)?;
        let [model, session, folder] =
            [row.model, row.session, row.folder].map(|name| name.text().unwrap_or_default());
        let nth = self
            .alike
            .entry(usage.twin(&session, &model, 0))
            .or_default();
        let twin = usage.twin(&session, &model, *nth);
        *nth += 1;
        table.see(&Sighting {
            // A store that was made anew starts again at row 1.
            key: hash(&[
                row.session.0,
                row.id.0,
                row.at.0,
                row.model.0,
                &twin.to_le_bytes(),
            ]),
            twin,
            at,
            model: numbers::model(&model),
            project: &folder,
            session: &session,
            terms: Terms {
                prompt: PromptSize::of(usage.input),
                ..Terms::default()
            },
            tally: Tally {
                requests: 1,
                tokens: usage.tokens(),
                ..Tally::default()
            },
            ..Sighting::default()
        });
        Some(Heed::Counted)
    }
}
