//! Gemini CLI's chats, as facts learned from them.
//!
//! * Chats count in both forms, `.jsonl` and the older `.json`, sub-agents' too; a message is known by its id in all of
//!   them, so that a migrated chat counts once.
//! * A message is appended again when it changes, and a checkpoint holds all of them: the largest count stands.
//! * What was rewound was answered, and counts.
//! * The prompt includes what came from the cache, unless the total says otherwise. Thoughts are output on top of the
//!   answer; what tools fed in is input on top of the prompt.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use spendtray_skim::Raw;

use crate::domain::agent::{ModelOrigin, PromptSize, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::files::{Places, ends_in, named_in};
use crate::logs::numbers::counted;
use crate::logs::reading::{Heed, Reader, Shape, Source};
use crate::logs::table::{Sighting, Table, hash};
use crate::logs::told;
use spendtray_skim::codec::{Bytes, Writer};

/// Gemini CLI.
pub(super) const AGENT: Agent = Agent {
    id: "gemini-logs",
    name: "Gemini CLI",
    roots,
    shape,
    reader: |source| Box::new(Chat::of(source)),
    told: told::nothing,
};

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    let home = places.variables.get("GEMINI_CLI_HOME");
    let home = home.map_or_else(|| places.home.to_owned(), |home| places.expand(home));
    vec![home.join(".gemini/tmp")]
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || !named_in(path, "chats") {
        return None;
    }
    if ends_in(path, "jsonl") {
        Some(Shape::Lines)
    } else {
        ends_in(path, "json").then_some(Shape::Document)
    }
}

/// A message stands in a patch of a chat, and nothing deeper.
const DEEPEST: usize = 4;

#[derive(Debug, Default)]
struct Chat {
    project: String,
    session: String,
    /// The model of the last message that named one.
    model: String,
}

impl Chat {
    fn of(source: &Source<'_>) -> Self {
        // <home>/.gemini/tmp/<project>/chats/…
        let above = source.path.ancestors();
        let chats = above.clone().find(|folder| folder.ends_with("chats"));
        let project = chats.and_then(|chats| chats.parent()?.file_name());
        let mut chat = Self {
            project: project.unwrap_or_default().to_string_lossy().into_owned(),
            ..Self::default()
        };
        if let Some(mut bytes) = source.kept.map(Bytes) {
            bytes
                .text()
                .unwrap_or_default()
                .clone_into(&mut chat.session);
            bytes.text().unwrap_or_default().clone_into(&mut chat.model);
        }
        chat
    }

    /// Takes in an object: a message, the head, a patch or a whole older chat. `None`: it makes no sense.
    fn object(&mut self, raw: Raw<'_>, depth: usize, table: &mut Table) -> Option<Heed> {
        if !raw.0.starts_with(b"{") {
            return Some(Heed::Passed);
        }
        let [id, timestamp, model, tokens, session, patch, messages] = raw.fields(&[
            "id",
            "timestamp",
            "model",
            "tokens",
            "sessionId",
            "$set",
            "messages",
        ])?;
        if !session.is_absent() {
            self.session = session.text().unwrap_or_default();
        }
        let mut heed = Heed::Passed;
        if depth < DEEPEST {
            heed = self.object(patch, depth + 1, table)?;
            if messages.0.starts_with(b"[") {
                messages.each_element(&mut |raw| {
                    heed = self.object(raw, depth + 1, table)?;
                    Some(())
                })?;
            }
        }
        let message = Message {
            id,
            timestamp,
            model,
            tokens,
        };
        if message.tokens.is_absent() {
            return Some(heed);
        }
        Some(self.count(&message, table).unwrap_or(Heed::Bad))
    }

    fn count(&mut self, message: &Message<'_>, table: &mut Table) -> Option<Heed> {
        let named = message.model.text();
        if let Some(model) = &named {
            self.model.clone_from(model);
        }
        let (prompt, tokens) = tokens(message.tokens)?;
        let at = DateTime::parse_from_rfc3339(&message.timestamp.text()?).ok()?;
        table.see(&Sighting {
            key: hash(&[message.id.bytes()?]),
            at: at.timestamp(),
            model: &self.model,
            project: &self.project,
            session: &self.session,
            terms: Terms {
                prompt: PromptSize::of(prompt),
                model: match named {
                    Some(_) => ModelOrigin::Named,
                    None => ModelOrigin::Assumed,
                },
                ..Terms::default()
            },
            tally: Tally {
                requests: 1,
                tokens,
                ..Tally::default()
            },
            ..Sighting::default()
        });
        Some(Heed::Counted)
    }
}

struct Message<'a> {
    id: Raw<'a>,
    timestamp: Raw<'a>,
    model: Raw<'a>,
    tokens: Raw<'a>,
}

/// The length of the prompt, and the tokens by class.
fn tokens(raw: Raw<'_>) -> Option<(u64, TokenCounts)> {
    let [input, output, cached, thoughts, tool, total] =
        counted(raw.fields(&["input", "output", "cached", "thoughts", "tool", "total"])?)?;
    let answer = output.saturating_add(thoughts);
    let sum = input.saturating_add(answer).saturating_add(tool);
    let fresh = if cached > 0 && sum.saturating_add(cached) == total {
        input
    } else {
        input.saturating_sub(cached)
    };
    let tokens = TokenCounts {
        input: fresh.saturating_add(tool),
        cached_input: cached,
        output: answer,
        reasoning: thoughts,
        ..TokenCounts::default()
    };
    Some((fresh.saturating_add(cached), tokens))
}

impl Reader for Chat {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        if !line.starts_with(b"{") {
            return Heed::Bad;
        }
        self.object(Raw(line), 0, table).unwrap_or(Heed::Bad)
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        writer.bytes(self.session.as_bytes());
        writer.bytes(self.model.as_bytes());
        Some(writer.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_that_only_fits_with_the_cache_says_that_input_excludes_it() {
        let tokens = |total| {
            let text = format!("{{\"input\":10,\"cached\":5,\"output\":2,\"total\":{total}}}");
            tokens(Raw(text.as_bytes())).map(|(_, tokens)| tokens.input)
        };
        assert_eq!(tokens(12), Some(5));
        assert_eq!(tokens(17), Some(10));
    }
}
