//! A menu drawn as text: for tests, and for the picture in the README.

use crate::view::format;
use crate::view::menu::{Checked, ItemKind, MenuItem};

/// How wide a bar is drawn.
const BAR: usize = 5;

/// The menu as text: submenus indented, `[x]` and `[ ]` for checks, `---` for separators, bars drawn.
#[must_use]
pub fn as_text(items: &[MenuItem]) -> String {
    let mut text = String::new();
    draw(items, 0, &mut text);
    text
}

fn draw(items: &[MenuItem], depth: usize, text: &mut String) {
    for item in items {
        text.push_str(&"    ".repeat(depth));
        match item.kind {
            ItemKind::Text => text.push_str(&item.label),
            ItemKind::Bar(percent) => {
                text.push_str(&format::bar(percent.into(), BAR));
                text.push(' ');
                text.push_str(&item.label);
            }
            ItemKind::Check(checked) => {
                text.push_str(match checked {
                    Checked::Yes => "[x] ",
                    Checked::No => "[ ] ",
                });
                text.push_str(&item.label);
            }
            ItemKind::Separator => text.push_str("---"),
        }
        text.push('\n');
        draw(&item.children, depth + 1, text);
    }
}
