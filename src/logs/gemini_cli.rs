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

use crate::domain::agent::{ModelOrigin, PromptSize, Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::codec::{Bytes, Writer};
use crate::logs::files::{Places, ends_in, named_in};
use crate::logs::reading::{Heed, Reader, Shape, Source};
use crate::logs::skim::{Raw, Skim};
use crate::logs::table::{Sighting, Table, hash};
use crate::logs::told;

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

    /// Takes in an object: a message, the head, a patch or a whole older chat.
    fn object(&mut self, skim: &mut Skim<'_>, table: &mut Table) -> Option<Heed> {
        let mut message = Message::default();
        let mut heed = Heed::Passed;
        skim.object_if_any(|skim, key| {
            let place = match key {
                b"id" => &mut message.id,
                b"timestamp" => &mut message.timestamp,
                b"model" => &mut message.model,
                b"tokens" => &mut message.tokens,
                b"sessionId" => {
                    self.session = skim.raw()?.text().unwrap_or_default();
                    return Some(());
                }
                b"$set" => {
                    heed = self.object(skim, table)?;
                    return Some(());
                }
                b"messages" if skim.peek() == Some(b'[') => {
                    return skim.array(|skim| {
                        heed = self.object(skim, table)?;
                        Some(())
                    });
                }
                _ => return skim.skip(),
            };
            *place = skim.raw()?;
            Some(())
        })?;
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

#[derive(Default)]
struct Message<'a> {
    id: Raw<'a>,
    timestamp: Raw<'a>,
    model: Raw<'a>,
    tokens: Raw<'a>,
}

/// The length of the prompt, and the tokens by class.
fn tokens(raw: Raw<'_>) -> Option<(u64, TokenCounts)> {
    let [
        mut input,
        mut output,
        mut cached,
        mut thoughts,
        mut tool,
        mut total,
    ] = [0_u64; 6];
    Skim::new(raw.0).object(|skim, key| {
        let place = match key {
            b"input" => &mut input,
            b"output" => &mut output,
            b"cached" => &mut cached,
            b"thoughts" => &mut thoughts,
            b"tool" => &mut tool,
            b"total" => &mut total,
            _ => return skim.skip(),
        };
        *place = skim.raw()?.count_or_zero()?;
        Some(())
    })?;
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
        let mut skim = Skim::new(line);
        let heed = self.object(&mut skim, table);
        heed.filter(|_| skim.at_end()).unwrap_or(Heed::Bad)
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
