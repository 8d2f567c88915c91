//! Droid's sessions, as facts learned from them; each rule has its case among the tests.
//!
//! * The settings beside a session hold its sums so far: one entry a session, the largest of all copies, counted as one
//!   request on the day it began. Finer than that the file does not tell, and what was once counted never moves.
//! * What was only thought is taken as part of the output; whether it is, nobody says.
//! * Input excludes the cache. A sum of many requests is priced as if each prompt were short.
//! * `custom:Claude-Opus-4.8-[Anthropic]-0` is `claude-opus-4-8`.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use spendtray_skim::{Raw, fields};

use crate::domain::agent::{Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::Agent;
use crate::logs::files::Places;
use crate::logs::numbers::{self, counted};
use crate::logs::reading::{Heed, Reader, Shape, Source};
use crate::logs::table::{Sighting, Table, hash};
use crate::logs::told;

/// Droid.
pub(super) const AGENT: Agent = Agent {
    id: "droid-logs",
    name: "Droid",
    roots,
    shape,
    reader: |source| Box::new(Settings::of(source)),
    told: told::nothing,
};

const SUFFIX: &str = ".settings.json";

fn roots(places: &Places<'_>) -> Vec<PathBuf> {
    places
        .listed("DROID_SESSIONS_DIR")
        .unwrap_or_else(|| vec![places.home.join(".factory/sessions")])
}

fn shape(path: &Path) -> Option<Shape> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(SUFFIX)
        .is_some_and(|id| !id.is_empty())
        .then_some(Shape::Document)
}

struct Settings {
    session: String,
    /// The folder of sessions, whose name is the folder worked in with its slashes replaced.
    folder: String,
    /// When the file was last written: for a session that does not tell when it began.
    written: Option<i64>,
}

impl Settings {
    fn of(source: &Source<'_>) -> Self {
        let lossy = |part: Option<&std::ffi::OsStr>| {
            part.unwrap_or_default().to_string_lossy().into_owned()
        };
        let name = lossy(source.path.file_name());
        let folder = lossy(source.path.parent().and_then(Path::file_name));
        let modified = source.path.metadata().and_then(|file| file.modified()).ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            session: name.strip_suffix(SUFFIX).unwrap_or(&name).to_owned(),
            folder: if folder.starts_with('-') {
                folder
            } else {
                String::new()
            },
            written: since.and_then(|since| i64::try_from(since.as_secs()).ok()),
        }
    }
}

impl Reader for Settings {
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        self.session(line, table).unwrap_or(Heed::Bad)
    }
}

impl Settings {
    fn session(&self, text: &[u8], table: &mut Table) -> Option<Heed> {
        let [model, began, usage] =
            fields(text, &["model", "providerLockTimestamp", "tokenUsage"])?;
        if usage.is_absent() {
            return Some(Heed::Passed);
        }
        let tokens = tokens(usage)?;
        if tokens.total() == 0 {
            return Some(Heed::Passed);
        }
        let model = plain(&model.text().unwrap_or_default());
        table.see(&Sighting {
            key: hash(&[self.session.as_bytes()]),
            at: numbers::instant(began).or(self.written)?,
            model: numbers::model(&model),
            project: &self.folder,
            session: &self.session,
            terms: Terms::default(),
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

fn tokens(raw: Raw<'_>) -> Option<TokenCounts> {
    let [input, output, cache_write, cached_input, thinking] = counted(raw.fields(&[
        "inputTokens",
        "outputTokens",
        "cacheCreationTokens",
        "cacheReadTokens",
        "thinkingTokens",
    ])?)?;
    Some(TokenCounts {
        input,
        cached_input,
        cache_write,
        output,
        reasoning: thinking.min(output),
        ..TokenCounts::default()
    })
}

/// A model's own name, out of the one that the user's list of models gives it.
fn plain(name: &str) -> String {
    let Some(custom) = name.strip_prefix("custom:") else {
        return name.to_owned();
    };
    let bare = custom.split("-[").next().unwrap_or(custom);
    let bare = bare.to_ascii_lowercase().replace(' ', "-");
    if bare.starts_with("claude") {
        bare.replace('.', "-")
    } else {
        bare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_names_of_models_are_the_models_own() {
        for (name, wanted) in [
            ("custom:Claude-Opus-4.8-[Anthropic]-0", "claude-opus-4-8"),
            ("custom:GPT-5.4-[OpenAI]-12", "gpt-5.4"),
            ("custom:Kimi K2", "kimi-k2"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
            ("", ""),
        ] {
            assert_eq!(plain(name), wanted);
        }
    }
}
