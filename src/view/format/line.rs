//! Lines that fit: texts trimmed, wrapped and joined by their width in characters.

/// What stands between the figures of a line.
const BETWEEN: &str = " · ";

/// A text of at most so many characters; what is cut off is marked with `…`.
#[must_use]
pub fn trim(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Joins parts, as many as fit, the first at any rate.
#[must_use]
pub fn fit(parts: impl IntoIterator<Item = String>, width: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let more = BETWEEN.chars().count() + part.chars().count();
        if line.is_empty() {
            line = part;
        } else if line.chars().count() + more <= width {
            line.push_str(BETWEEN);
            line.push_str(&part);
        }
    }
    line
}

/// A text in lines of at most so many characters, broken at spaces, at its own line ends, and within overlong words.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines()
        .flat_map(|line| wrap_line(line, width.max(1)))
        .collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let fits = line.is_empty() || line.chars().count() + 1 + word.len() <= width;
        if !fits {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text that a desktop takes for plain text even where it reads markup.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '&' => '+',
            '<' => '‹',
            '>' => '›',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_marked() {
        assert_eq!(trim("abc def", 7), "abc def");
        assert_eq!(trim("abc def", 5), "abc…");
        assert_eq!(trim("äöü", 2), "ä…");
        assert_eq!(trim("abc", 0), "…");
    }

    #[test]
    fn parts_that_do_not_fit_are_left_out() {
        let parts = ["first", "a part much too long", "third"].map(str::to_owned);
        assert_eq!(fit(parts, 14), "first · third");
    }

    #[test]
    fn a_text_is_broken_at_spaces_and_within_overlong_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "b"]);
    }

    #[test]
    fn markup_is_taken_out_of_a_tooltip() {
        assert_eq!(plain("R&D <b>"), "R+D ‹b›");
    }
}
