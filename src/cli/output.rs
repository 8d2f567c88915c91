//! Where a command writes: data to standard output, words for people to standard error.
//!
//! Only state words are coloured, and only where a person watches; the words say the same without colour.

use std::io::{self, IsTerminal as _, Write as _};

use crate::analysis::digest::AccountState;
use crate::cli::failure::Failure;

/// When colour is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    /// What goes wrong and what was done.
    Normal,
    /// Only what goes wrong.
    Quiet,
}

/// Whether what is written may carry colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// It may.
    Colour,
    /// It may not.
    Plain,
}

/// The two streams of a command.
#[derive(Debug)]
pub(super) struct Output {
    stdout: io::Stdout,
    stderr: io::Stderr,
    talk: Talk,
    paint: Paint,
}

/// How a state word is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is well.
    Good,
    /// Look at it.
    Watch,
    /// Act on it.
    Bad,
    /// Of no weight.
    Faint,
}

impl Output {
    /// The streams; `no_color` is what `NO_COLOR` says.
    pub(super) fn new(talk: Talk, choice: ColorChoice, no_color: Option<&str>) -> Self {
        let paint = match choice {
            ColorChoice::Always => Paint::Colour,
            ColorChoice::Auto if no_color.is_none() && io::stdout().is_terminal() => Paint::Colour,
            ColorChoice::Never | ColorChoice::Auto => Paint::Plain,
        };
        Self {
            stdout: io::stdout(),
            stderr: io::stderr(),
            talk,
            paint,
        }
    }

    /// How data may be painted.
    pub(super) fn paint(&self) -> Paint {
        self.paint
    }

    /// Writes data, ended by a line break.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = self.stdout.lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') && !text.is_empty() {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()?;
        Ok(())
    }

    /// Writes a value as JSON.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::failed(error.to_string()))?;
        self.data(&text)
    }

    /// Says what was done or what to know; nothing when told to be quiet.
    pub(super) fn note(&self, text: &str) {
        if self.talk == Talk::Normal {
            self.say(text);
        }
    }

    /// Warns.
    pub(super) fn warn(&self, text: &str) {
        self.note(&format!("warning: {text}"));
    }

    /// Says why a command failed and what to do.
    pub(super) fn failure(&self, failure: &Failure) {
        self.say(&format!("error: {}", failure.message));
        for hint in &failure.hints {
            self.say(&format!("hint: {hint}"));
        }
    }

    /// Whether a person watches standard error and wants to be told things.
    pub(super) fn is_watched(&self) -> bool {
        self.talk == Talk::Normal && self.stderr.is_terminal()
    }

    fn say(&self, text: &str) {
        // Nobody is left to tell when standard error is closed.
        drop(writeln!(self.stderr.lock(), "{text}"));
    }
}

/// Says how far work has come, in the place of what was said of it before; nothing takes that away.
pub(super) fn progress(text: &str) {
    const CLEAR: &str = "\r\u{1b}[K";
    let mut stderr = io::stderr().lock();
    // Nobody is left to tell when standard error is closed.
    drop(write!(stderr, "{CLEAR}{text}").and_then(|()| stderr.flush()));
}

/// A line for the person at the terminal, from a process that stays.
pub(super) fn say(text: &str) {
    // As above.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

impl Paint {
    /// A word in its tone.
    pub(super) fn word(self, word: &str, tone: Tone) -> String {
        if self == Self::Plain {
            return word.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Watch => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{word}\u{1b}[0m")
    }
}

/// How an account's state is coloured.
pub(super) fn tone_of(state: AccountState) -> Tone {
    match state {
        AccountState::Fresh => Tone::Good,
        AccountState::Waiting | AccountState::Stale => Tone::Watch,
        AccountState::Unknown => Tone::Faint,
        AccountState::Failed | AccountState::Unauthorized => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_the_same_with_and_without_colour() {
        assert_eq!(Paint::Plain.word("stale", Tone::Watch), "stale");
        assert_eq!(
            Paint::Colour.word("stale", Tone::Watch),
            "\u{1b}[33mstale\u{1b}[0m"
        );
    }

    #[test]
    fn always_and_never_outrank_no_color() {
        let paint = |choice| Output::new(Talk::Normal, choice, Some("1")).paint();
        assert_eq!(paint(ColorChoice::Always), Paint::Colour);
        assert_eq!(paint(ColorChoice::Auto), Paint::Plain);
        assert_eq!(paint(ColorChoice::Never), Paint::Plain);
    }
}
