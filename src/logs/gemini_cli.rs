//! Gemini CLI's chats, as facts learned from them.
//!
//! * Chats count in both forms, `.jsonl` and the older `.json`, sub-agents' too, which lie in a folder named after the
//!   chat that called them; a message is known by its id in all of them, so that a migrated chat counts once.
//! * Beside the folder of chats lie what was typed, checkpoints and what tools said: no chats.
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
use crate::logs::files::{Places, ends_in};
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
    if name.starts_with('.') || chats(path).is_none() {
        return None;
    }
    if ends_in(path, "jsonl") {
        Some(Shape::Lines)
    } else {
        ends_in(path, "json").then_some(Shape::Document)
    }
}

/// The folder of a project's chats above a file, `<home>/.gemini/tmp/<project>/chats`; a project may be named alike.
fn chats(path: &Path) -> Option<&Path> {
    let of_project = |folder: &&Path| {
        let above = || folder.parent()?.parent();
        folder.ends_with("chats") && above().is_some_and(|above| above.ends_with(".gemini/tmp"))
    };
    path.ancestors().skip(1).find(of_project)
}

/// So deep a message is looked for. Gemini CLI nests twice at most: a line sets a chat's messages, each of which is a
/// message. What lies deeper is text that somebody made, and no stack is deep enough for all of it.
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
        let project = chats(source.path).and_then(|chats| chats.parent()?.file_name());
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
    fn chats_lie_in_the_folder_of_a_project_and_however_deep_below_it() {
        let taken = |path: &str| {
            let path = Path::new("/home/chats/.gemini/tmp").join(path);
            shape(&path).and(chats(&path)?.parent()?.file_name().map(ToOwned::to_owned))
        };
        let taken = |path| taken(path).map(|name| name.into_string().unwrap());
        assert_eq!(taken("alpha/chats/a.jsonl").as_deref(), Some("alpha"));
        let sub_agent = taken("alpha/chats/parent/sub.jsonl");
        assert_eq!(sub_agent.as_deref(), Some("alpha"));
        let deeper = taken("alpha/chats/a/b/c/d/e/f/sub.jsonl");
        assert_eq!(deeper.as_deref(), Some("alpha"));
        assert_eq!(taken("chats/chats/chats/a.json").as_deref(), Some("chats"));
        for beside in [
            "chats/logs.json",
            "chats/checkpoints/c.json",
            "alpha/logs.json",
            "alpha/chats/.tmp-a.jsonl",
            "alpha/chats/parent/.unreadable-b.jsonl",
            "alpha/tool-outputs/chats/t.json",
        ] {
            assert_eq!(taken(beside), None, "{beside}");
        }
    }

    #[test]
    fn a_message_counts_wherever_gemini_writes_it_and_nesting_without_end_ends() {
        let message = |id: usize| {
            format!(
                r#"{{"id":"{id}","timestamp":"2026-09-15T10:00:00Z","type":"gemini","model":"m","tokens":{{"input":1,"output":1,"total":2}}}}"#
            )
        };
        let patch = |inner: &str| format!("{{\"$set\":{inner}}}");
        let chat = |inner: &str| format!("{{\"messages\":[{inner}]}}");
        let counted = |line: &str| {
            let (mut chat, mut table) = (Chat::default(), Table::default());
            let heed = chat.line(line.as_bytes(), &mut table);
            (heed, table.responses().count())
        };
        for line in [message(1), chat(&message(2)), patch(&chat(&message(3)))] {
            assert_eq!(counted(&line), (Heed::Counted, 1), "{line}");
        }
        let endless = "{\"$set\":".repeat(100_000) + &message(4) + &"}".repeat(100_000);
        assert_eq!(counted(&endless), (Heed::Passed, 0));
    }

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
