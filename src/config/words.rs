//! Splits a command into words as a shell does, without expanding anything.

/// The words of a command line: blanks part them, `'…'` and `"…"` hold them together, `\` takes the next character
/// as it is.
///
/// # Errors
/// A sentence when a quote is not closed, a backslash ends the text, or there is no word.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            blank if blank.is_whitespace() => words.extend(word.take()),
            '\'' => quoted(&mut characters, word.get_or_insert_default(), '\'')?,
            '"' => quoted(&mut characters, word.get_or_insert_default(), '"')?,
            '\\' => {
                let next = characters
                    .next()
                    .ok_or("the backslash at its end says nothing")?;
                word.get_or_insert_default().push(next);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) {
        return Err("it names no program".to_owned());
    }
    Ok(words)
}

/// Takes everything up to the closing quote; within `"` a backslash protects `"`, `\`, `$` and `` ` ``.
fn quoted(
    characters: &mut impl Iterator<Item = char>,
    word: &mut String,
    quote: char,
) -> Result<(), String> {
    while let Some(character) = characters.next() {
        match character {
            end if end == quote => return Ok(()),
            '\\' if quote == '"' => match characters.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
                None => break,
            },
            other => word.push(other),
        }
    }
    Err(format!("a {quote} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_parts_them() {
        let words = |text: &str| split(text).unwrap();
        assert_eq!(words("pass show  ai/venice"), ["pass", "show", "ai/venice"]);
        assert_eq!(
            words(r#"op read "op://My Vault/key""#),
            ["op", "read", "op://My Vault/key"]
        );
        assert_eq!(words(r"a 'it''s' b\ c ''"), ["a", "its", "b c", ""]);
        assert_eq!(words(r#"a "\"\n$HOME""#), ["a", r#""\n$HOME"#]);
        assert_eq!(words("C:/tool.exe x"), ["C:/tool.exe", "x"]);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        assert_eq!(split("a 'b").unwrap_err(), "a ' is not closed");
        assert_eq!(split(r#"a "b\"#).unwrap_err(), "a \" is not closed");
        assert!(split("a \\").is_err());
        assert!(split("  ").is_err());
        assert!(split("''").is_err());
    }
}
