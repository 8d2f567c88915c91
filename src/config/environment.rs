//! The environment's variables, read once at start, and `.env` beside the configuration file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::variables::Variables;

/// Where programs keep their files on this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Convention {
    /// The desktop specifications' folders under the home: Linux and the BSDs.
    Xdg,
    /// `~/Library`.
    Macos,
    /// The two folders for application data.
    Windows,
}

/// This system's convention.
pub(super) fn convention() -> Convention {
    match std::env::consts::OS {
        "macos" => Convention::Macos,
        "windows" => Convention::Windows,
        _ => Convention::Xdg,
    }
}

/// The user's home as the system's user database knows it, for processes without `HOME`.
pub(super) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// The process's environment.
#[must_use]
pub fn capture() -> Variables {
    capture_with_notes().0
}

/// The process's environment, and sentences on variables that are no UTF-8 text and so count as not set.
#[must_use]
pub fn capture_with_notes() -> (Variables, Vec<String>) {
    let mut notes = Vec::new();
    let pairs = std::env::vars_os().filter_map(|(name, value)| {
        let pair = (name.into_string(), value.into_string());
        match pair {
            (Ok(name), Ok(value)) => Some((name, value)),
            (Ok(name), Err(_)) => {
                notes.push(format!(
                    "The variable {name} is no UTF-8 text and is ignored."
                ));
                None
            }
            _ => None,
        }
    });
    let variables = pairs.collect();
    (variables, notes)
}

/// The file whose variables are added.
#[must_use]
pub fn dot_env_file(config_file: &Path) -> PathBuf {
    config_file.with_file_name(".env")
}

/// Adds what `.env` beside the configuration file says and the environment does not; returns sentences on lines that
/// could not be read.
pub fn add_dot_env(variables: &mut Variables, config_file: &Path) -> Vec<String> {
    let file = dot_env_file(config_file);
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Vec::new();
        }
        Err(error) => return vec![format!("{} cannot be read: {error}.", file.display())],
    };
    let (pairs, faults) = parse(&bytes);
    variables.fill_in(pairs);
    faults
        .into_iter()
        .map(|(line, fault)| format!("{}:{line}: {fault}; the line is ignored.", file.display()))
        .collect()
}

type Pairs = Vec<(String, String)>;

/// Names and values, the last of each name; and the lines that say nothing. A fault never repeats a value.
fn parse(bytes: &[u8]) -> (Pairs, Vec<(usize, String)>) {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut pairs = Pairs::new();
    let mut faults = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let read = std::str::from_utf8(line)
            .map_err(|_| "this is no UTF-8 text".to_owned())
            .and_then(|line| assignment(line.trim()));
        match read {
            Ok(None) => {}
            Ok(Some((name, value))) => {
                pairs.retain(|(known, _)| *known != name);
                pairs.push((name, value));
            }
            Err(fault) => faults.push((index + 1, fault)),
        }
    }
    (pairs, faults)
}

fn assignment(line: &str) -> Result<Option<(String, String)>, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line
        .strip_prefix("export")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .map_or(line, str::trim_start);
    let (name, value) = line
        .split_once('=')
        .ok_or("there is no `=`; write NAME=value")?;
    let name = name.trim_end();
    let fits = !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fits {
        return Err("before the `=` stands no name of a variable".to_owned());
    }
    Ok(Some((name.to_owned(), unquoted(value.trim_start())?)))
}

/// The value without quotes and comment. Nothing is expanded: a key may hold a `$`.
fn unquoted(text: &str) -> Result<String, String> {
    let Some(quote) = text
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"'))
    else {
        return Ok(without_comment(text).trim_end().to_owned());
    };
    let mut value = String::new();
    let mut rest = text.chars();
    rest.next();
    while let Some(character) = rest.next() {
        match character {
            end if end == quote => {
                let after = rest.as_str().trim_start();
                return if after.is_empty() || after.starts_with('#') {
                    Ok(value)
                } else {
                    Err("something stands behind the closing quote".to_owned())
                };
            }
            '\\' if quote == '"' => match rest.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(next @ ('"' | '\\' | '$')) => value.push(next),
                Some(next) => value.extend(['\\', next]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("the quote is not closed in this line".to_owned())
}

/// The text before a `#` that begins a word.
fn without_comment(text: &str) -> &str {
    let comment = text.match_indices('#').find(|(at, _)| {
        let before = text.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    });
    let end = comment.map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_env_is_read_as_people_write_it() {
        let text = b"\xef\xbb\xbf# keys\r\nA=1\r\nexport B = two words # why\n\
            C='it # is $x' # c\nD=\"a\\\"b\\n\"\nE=\nF=a#b\nexport=3\nA=4\nG = # none\n";
        let (pairs, faults) = parse(text);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("B", "two words"),
                ("C", "it # is $x"),
                ("D", "a\"b\n"),
                ("E", ""),
                ("F", "a#b"),
                ("export", "3"),
                ("A", "4"),
                ("G", ""),
            ]
        );
        assert_eq!(faults, []);
    }

    #[test]
    fn bad_lines_are_told_by_number_without_their_value() {
        let (pairs, faults) =
            parse(b"A\nB='sk-secret\n1C=2\n=3\nD=\xff\nE=\"a\"sk-secret\nF=\"sk-secret\\\nG=1");
        assert_eq!(pairs, [("G".to_owned(), "1".to_owned())]);
        let lines: Vec<usize> = faults.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7]);
        assert!(!format!("{faults:?}").contains("secret"));
    }

    #[test]
    fn the_environment_comes_before_dot_env() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let mut variables: Variables = [("A", "environment"), ("B", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        assert!(add_dot_env(&mut variables, &config).is_empty());
        std::fs::write(folder.path().join(".env"), "A=file\nB=file\nbad").unwrap();
        let notes = add_dot_env(&mut variables, &config);
        assert_eq!(variables.get("A"), Some("environment"));
        assert_eq!(variables.get("B"), Some("file"));
        assert!(notes.first().unwrap().contains(".env:3: there is no `=`"));
    }
}
