//! What hosts have been told of the menu, what they must be told next, and what waits while a menu is open.
//!
//! A menu that is open is never rebuilt under the pointer: rows that stay may change what they say, rows that come or
//! go wait until the menu is closed. Pure: it sends nothing.

use std::collections::BTreeSet;

use crate::desktop::tray::linux::rows::{Numbers, Properties, ROOT, Row, find, flat, same_shape};
use crate::view::menu::{Action, MenuItem};

/// The menu as hosts know it.
#[derive(Debug)]
pub(super) struct Showing {
    rows: Vec<Row>,
    revision: u32,
    /// Which menus are open in a host: the menu itself, submenus.
    open: BTreeSet<i32>,
    /// The rows to show when the menu is closed. `None`: those shown are the newest.
    waiting: Option<Vec<Row>>,
    /// The rows before the last change of layout: a click may still be on its way from them.
    before: Vec<Row>,
    numbers: Numbers,
}

/// What hosts must be told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    /// The layout is another one, with this revision. `None`: it is not.
    pub(super) layout: Option<u32>,
    /// Properties that have other values now.
    pub(super) changed: Vec<(i32, Properties)>,
    /// Properties that have their default now.
    pub(super) removed: Vec<(i32, Vec<&'static str>)>,
}

impl Default for Showing {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            revision: 1,
            open: BTreeSet::new(),
            waiting: None,
            before: Vec::new(),
            numbers: Numbers::default(),
        }
    }
}

impl Showing {
    /// The rows hosts are given.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of layouts so far.
    pub(super) fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether rows wait for the menu to be closed.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Takes a new menu.
    pub(super) fn show(&mut self, menu: &[MenuItem]) -> News {
        let rows = self.numbers.number(menu);
        if same_shape(&self.rows, &rows) {
            self.waiting = None;
            let news = compare(&self.rows, &rows);
            self.rows = rows;
            return news;
        }
        if self.open.is_empty() {
            return self.publish(rows);
        }
        let refreshed = refreshed(&self.rows, &rows);
        let news = compare(&self.rows, &refreshed);
        self.rows = refreshed;
        self.waiting = Some(rows);
        news
    }

    /// A host shows the menu of this number.
    pub(super) fn opened(&mut self, number: i32) {
        self.open.insert(number);
    }

    /// A host no longer shows it; with the menu itself all its submenus are closed.
    pub(super) fn closed(&mut self, number: i32) -> News {
        if number == ROOT {
            self.open.clear();
        } else {
            self.open.remove(&number);
        }
        self.settle()
    }

    /// A host is about to show it. If that is the menu itself, it was closed, whether we were told or not.
    pub(super) fn about_to_show(&mut self, number: i32) -> News {
        if number == ROOT {
            self.closed(ROOT)
        } else {
            News::default()
        }
    }

    /// Shows what waits, although the menu is said to be open: it has been for too long, or the host has gone.
    pub(super) fn force(&mut self) -> News {
        self.closed(ROOT)
    }

    /// What a click on the row means. `None`: nothing.
    pub(super) fn meaning(&self, number: i32) -> Option<Action> {
        let row = find(&self.rows, number).or_else(|| find(&self.before, number))?;
        row.action.clone()
    }

    fn settle(&mut self) -> News {
        match self.waiting.take() {
            Some(rows) if self.open.is_empty() => self.publish(rows),
            waiting => {
                self.waiting = waiting;
                News::default()
            }
        }
    }

    fn publish(&mut self, rows: Vec<Row>) -> News {
        self.before = std::mem::replace(&mut self.rows, rows);
        self.waiting = None;
        self.revision = self.revision.wrapping_add(1);
        News {
            layout: Some(self.revision),
            ..News::default()
        }
    }
}

/// The rows shown, saying what the new ones say as far as they are the same rows.
fn refreshed(shown: &[Row], fresh: &[Row]) -> Vec<Row> {
    let rows = shown.iter();
    rows.map(|row| {
        let newer = find(fresh, row.number)
            .filter(|newer| newer.fits(row))
            .unwrap_or(row);
        Row {
            children: refreshed(&row.children, fresh),
            ..newer.clone()
        }
    })
    .collect()
}

/// What differs between two menus of the same shape.
fn compare(before: &[Row], after: &[Row]) -> News {
    let mut news = News::default();
    for (old, new) in flat(before).into_iter().zip(flat(after)) {
        if old.kind == new.kind && old.label == new.label {
            continue;
        }
        let (old, number, new) = (old.properties(), new.number, new.properties());
        let gone: Vec<_> = old
            .keys()
            .copied()
            .filter(|name| !new.contains_key(name))
            .collect();
        let other: Properties = new
            .into_iter()
            .filter(|(name, value)| old.get(name) != Some(value))
            .collect();
        if !other.is_empty() {
            news.changed.push((number, other));
        }
        if !gone.is_empty() {
            news.removed.push((number, gone));
        }
    }
    news
}

#[cfg(test)]
mod tests {
    use zbus::zvariant::Value;

    use super::*;
    use crate::view::menu::{Checked, ItemKind};

    fn row(id: &str, label: &str) -> MenuItem {
        MenuItem {
            id: id.to_owned(),
            kind: ItemKind::Text,
            label: label.to_owned(),
            action: Some(Action::Copy(label.to_owned())),
            children: Vec::new(),
        }
    }

    fn labels(showing: &Showing) -> Vec<&str> {
        flat(showing.rows())
            .iter()
            .map(|row| row.label.as_str())
            .collect()
    }

    fn label(text: &str) -> Properties {
        Properties::from([("label", Value::from(text.to_owned()))])
    }

    #[test]
    fn the_same_menu_is_no_news() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A")]);
        assert_eq!(showing.show(&[row("a", "A")]), News::default());
    }

    #[test]
    fn another_text_is_told_for_its_row_only() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A"), row("b", "B")]);
        let news = showing.show(&[row("a", "A"), row("b", "$9")]);
        assert_eq!(news.layout, None);
        assert_eq!(news.changed, [(2, label("$9"))]);
    }

    #[test]
    fn a_mark_that_goes_is_told_as_removed() {
        let mut showing = Showing::default();
        let mut marked = row("a", "A");
        marked.kind = ItemKind::Check(Checked::Yes);
        showing.show(&[marked]);
        let news = showing.show(&[row("a", "A")]);
        assert_eq!(news.removed, [(1, vec!["toggle-state", "toggle-type"])]);
    }

    #[test]
    fn an_open_menu_changes_its_texts_but_not_its_rows() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A"), row("b", "B")]);
        let revision = showing.revision();
        showing.opened(ROOT);
        let news = showing.show(&[row("c", "C"), row("b", "B2")]);
        assert_eq!(news.layout, None);
        assert_eq!(news.changed, [(2, label("B2"))]);
        assert_eq!(labels(&showing), ["A", "B2"]);
        assert_eq!(showing.closed(ROOT).layout, Some(revision + 1));
        assert_eq!(labels(&showing), ["C", "B2"]);
        assert!(!showing.is_waiting());
    }

    #[test]
    fn a_submenu_that_is_still_open_keeps_the_rows_too() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A")]);
        showing.opened(7);
        showing.opened(8);
        showing.show(&[row("b", "B")]);
        assert_eq!(showing.closed(8), News::default());
        assert!(showing.closed(7).layout.is_some());
    }

    #[test]
    fn a_menu_that_returns_to_its_shape_while_open_needs_no_layout() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A")]);
        showing.opened(ROOT);
        showing.show(&[row("a", "A"), row("b", "B")]);
        showing.show(&[row("a", "A")]);
        assert_eq!(showing.closed(ROOT), News::default());
    }

    #[test]
    fn a_menu_about_to_show_is_up_to_date_even_if_its_end_was_never_told() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A")]);
        showing.opened(ROOT);
        showing.show(&[row("b", "B")]);
        assert!(showing.about_to_show(ROOT).layout.is_some());
        assert_eq!(labels(&showing), ["B"]);
    }

    #[test]
    fn a_click_on_a_row_that_has_just_gone_still_means_what_it_said() {
        let mut showing = Showing::default();
        showing.show(&[row("a", "A")]);
        showing.show(&[row("b", "B")]);
        assert_eq!(showing.meaning(1), Some(Action::Copy("A".to_owned())));
        assert_eq!(showing.meaning(2), Some(Action::Copy("B".to_owned())));
        assert_eq!(showing.meaning(99), None);
    }
}
