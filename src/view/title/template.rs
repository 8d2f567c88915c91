//! The language of the title's template: text, placeholders in braces, separators between parts.
//!
//! `{{` and `}}` stand for the braces themselves. What a placeholder's figure is, is `title`'s business.

use crate::domain::period::Unit;

/// Texts that, between spaces, part a title.
const SEPARATORS: [char; 8] = ['·', '|', '/', '–', '—', '-', '•', '+'];

/// A stretch of a template that is shown or left out as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// What stands between it and what was shown before.
    pub(super) separator: String,
    /// Its text and placeholders.
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Shown as it is.
    Text(String),
    /// Replaced by a figure.
    Figure(Placeholder),
    /// In braces, but no figure can ever have this name.
    Nonsense(String),
}

/// What a placeholder asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// Spend over all accounts.
    Total(Unit),
    /// Spend of an account or a provider.
    Spend(String, Unit),
    /// A balance or window of an account or a provider, or the price or change of a coin.
    Named(String, String),
}

/// The placeholders of a template that no figure can ever have.
#[must_use]
pub fn unknown_placeholders(template: &str) -> Vec<String> {
    parse(template)
        .into_iter()
        .flat_map(|part| part.pieces)
        .filter_map(|piece| match piece {
            Piece::Nonsense(name) => Some(name),
            Piece::Text(_) | Piece::Figure(_) => None,
        })
        .collect()
}

/// Reads a template into its parts; every text is a template.
pub(super) fn parse(template: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => spread(&text, &mut parts),
            figure => push(&mut parts, figure),
        }
    }
    parts.retain(|part| !part.pieces.is_empty());
    parts
}

fn push(parts: &mut [Part], piece: Piece) {
    if let Some(part) = parts.last_mut() {
        part.pieces.push(piece);
    }
}

/// Puts a text into the last part, and begins a new part at each separator in it.
fn spread(text: &str, parts: &mut Vec<Part>) {
    let mut rest = text;
    while let Some((before, separator, after)) = split(rest) {
        if !before.is_empty() {
            push(parts, Piece::Text(before.to_owned()));
        }
        parts.push(Part {
            separator: separator.to_owned(),
            pieces: Vec::new(),
        });
        rest = after;
    }
    if !rest.is_empty() {
        push(parts, Piece::Text(rest.to_owned()));
    }
}

/// Splits at the first separator: a mark between spaces, or a comma and a space.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let spaced = |index: usize, mark: char| {
        let end = index + mark.len_utf8();
        (text[..index].ends_with(' ') && text[end..].starts_with(' ')).then(|| (index - 1, end + 1))
    };
    let comma = |index: usize| {
        text[index + 1..]
            .starts_with(' ')
            .then(|| (index, index + 2))
    };
    let (from, until) = text.char_indices().find_map(|(index, mark)| match mark {
        ',' => comma(index),
        mark if SEPARATORS.contains(&mark) => spaced(index, mark),
        _ => None,
    })?;
    Some((&text[..from], &text[from..until], &text[until..]))
}

fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            text.push(letter);
            rest = after;
        } else if let Some((name, after)) = rest
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
        {
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(placeholder(name.trim()));
            rest = after;
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

fn placeholder(name: &str) -> Piece {
    read(name).map_or_else(|| Piece::Nonsense(name.to_owned()), Piece::Figure)
}

fn read(name: &str) -> Option<Placeholder> {
    let (subject, figure) = name.rsplit_once('.')?;
    let possible = |text: &str| !text.is_empty() && !text.contains(['{', ' ']);
    if !possible(subject) || !possible(figure) {
        return None;
    }
    if subject == "spend" {
        return Some(Placeholder::Total(unit(figure)?));
    }
    if let Some(account) = subject.strip_suffix(".spend") {
        return Some(Placeholder::Spend(account.to_owned(), unit(figure)?));
    }
    Some(Placeholder::Named(subject.to_owned(), figure.to_owned()))
}

fn unit(name: &str) -> Option<Unit> {
    [Unit::Day, Unit::Week, Unit::Month]
        .into_iter()
        .find(|unit| unit.current() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_falls_into_parts_at_its_separators() {
        let parts =
            parse("AI {spend.today} of {spend.month} · {venice/my.work.diem} | x, {vvv.price}");
        let separators: Vec<&str> = parts.iter().map(|part| part.separator.as_str()).collect();
        assert_eq!(separators, ["", " · ", " | ", ", "]);
        assert_eq!(
            parts[0].pieces,
            [
                Piece::Text("AI ".to_owned()),
                Piece::Figure(Placeholder::Total(Unit::Day)),
                Piece::Text(" of ".to_owned()),
                Piece::Figure(Placeholder::Total(Unit::Month)),
            ]
        );
        assert_eq!(
            parts[1].pieces,
            [Piece::Figure(Placeholder::Named(
                "venice/my.work".to_owned(),
                "diem".to_owned()
            ))]
        );
    }

    #[test]
    fn names_that_can_never_be_known_are_listed() {
        let template = "{spend.today} {spend.year} {venice.spend.week} {venice.spend.ever} {foo} {} {a b.c} {.x} {{spend}}";
        assert_eq!(
            unknown_placeholders(template),
            ["spend.year", "venice.spend.ever", "foo", "", "a b.c", ".x"]
        );
    }

    #[test]
    fn braces_can_be_written_and_an_open_one_is_text() {
        assert_eq!(
            parse("{{x}} {y"),
            [Part {
                separator: String::new(),
                pieces: vec![Piece::Text("{x} {y".to_owned())]
            }]
        );
        assert_eq!(parse(""), []);
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_a_template(text in "[a-z{}. ·,|é-]{0,40}") {
            parse(&text);
        }
    }
}
