//! The tooltip as one text, and short enough for Windows. Pure.

use crate::view::Tooltip;

/// What Windows' field for a tooltip holds, in UTF-16 units, besides its end.
pub(super) const LONGEST: usize = 127;
/// Says that something was left out.
const CUT: &str = "…";

/// The headline and as many whole lines as fit; only a headline that is too long by itself is cut within.
pub(super) fn text(tooltip: &Tooltip, longest: usize) -> String {
    let mut text = cut(&tooltip.title, longest);
    for line in tooltip.body.lines().filter(|line| !line.is_empty()) {
        let separator = if text.is_empty() { "" } else { "\n" };
        if units(&text) + separator.len() + units(line) > longest {
            break;
        }
        text.push_str(separator);
        text.push_str(line);
    }
    text
}

fn cut(line: &str, longest: usize) -> String {
    if units(line) <= longest {
        return line.to_owned();
    }
    let room = longest.saturating_sub(units(CUT));
    let mut taken = 0;
    let letters = line.chars().take_while(|letter| {
        taken += letter.len_utf16();
        taken <= room
    });
    let kept: String = letters.collect();
    format!("{}{CUT}", kept.trim_end())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tooltip(title: &str, body: &str) -> Tooltip {
        Tooltip {
            title: title.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_short_tooltip_is_shown_whole() {
        let short = tooltip("$4.21", "Venice: 42.5000 DIEM\nClaude: 5 h 33%");
        let expected = "$4.21\nVenice: 42.5000 DIEM\nClaude: 5 h 33%";
        assert_eq!(text(&short, LONGEST), expected);
        assert_eq!(text(&tooltip("", "only"), LONGEST), "only");
        assert_eq!(text(&tooltip("only", ""), LONGEST), "only");
    }

    #[test]
    fn lines_that_do_not_fit_are_left_out_whole() {
        let lines = "x".repeat(60) + "\n" + &"y".repeat(60) + "\n" + &"z".repeat(60);
        let shown = text(&tooltip("$4", &lines), LONGEST);
        assert_eq!(shown, format!("$4\n{}\n{}", "x".repeat(60), "y".repeat(60)));
    }

    #[test]
    fn a_figure_is_never_cut_to_a_smaller_one() {
        let shown = text(&tooltip(&"1".repeat(120), "Venice: $1234567.89"), LONGEST);
        assert_eq!(shown, "1".repeat(120));
    }

    #[test]
    fn a_headline_that_is_too_long_says_that_it_was_cut() {
        let shown = text(&tooltip(&"ab ".repeat(60), ""), LONGEST);
        assert!(shown.ends_with('…') && units(&shown) <= LONGEST, "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_longer_than_windows_takes(title in "\\PC{0,150}", body in "(\\PC{0,90}\n){0,5}") {
            proptest::prop_assert!(units(&text(&tooltip(&title, &body), LONGEST)) <= LONGEST);
        }
    }
}
