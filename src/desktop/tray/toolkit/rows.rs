//! Which rows are shown when: an open menu is not rebuilt under the pointer. Pure; time is an argument.
//!
//! The toolkit tells that the icon was clicked, with which its menu opens, and which row was clicked, with which it
//! closes; a menu that is closed without a click closes silently. So rows that come or go wait until a row was clicked
//! or nobody can be looking any more, and meanwhile rows that stay may change what they say. A closed menu of the same
//! shape takes new rows in place of old ones.

use std::time::{Duration, Instant};

use crate::view::menu::{ItemKind, MenuItem};

/// Longer than this nobody looks at a menu without clicking.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// What has to happen to the menu on the screen, so that it shows [`Showing::rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Its rows say something else, one by one.
    Refresh,
    /// Another menu takes its place.
    Replace,
}

/// The rows that are shown, and those that wait.
#[derive(Debug, Default)]
pub(super) struct Showing {
    rows: Vec<MenuItem>,
    /// What is shown once the menu is closed. `None`: nothing waits.
    waiting: Option<Vec<MenuItem>>,
    /// When the menu was opened. `None`: it is closed.
    opened: Option<Instant>,
}

impl Showing {
    /// The rows to show.
    pub(super) fn rows(&self) -> &[MenuItem] {
        &self.rows
    }

    /// Takes other rows.
    pub(super) fn show(&mut self, menu: Vec<MenuItem>, now: Instant) -> Step {
        self.waiting = None;
        if same_names(&self.rows, &menu) {
            self.rows = menu;
            return Step::Refresh;
        }
        if self.held_until().is_none_or(|until| until <= now) {
            return self.publish(menu);
        }
        self.rows = refreshed(&self.rows, &menu);
        self.waiting = Some(menu);
        Step::Refresh
    }

    /// The menu opens.
    pub(super) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
    }

    /// The menu is closed.
    pub(super) fn closed(&mut self) -> Option<Step> {
        self.opened = None;
        let menu = self.waiting.take()?;
        Some(self.publish(menu))
    }

    /// When what waits must be shown. `None`: nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().and(self.held_until())
    }

    /// Shows what waits, if it has waited long enough.
    pub(super) fn settle(&mut self, now: Instant) -> Option<Step> {
        if self.due().is_some_and(|due| due <= now) {
            return self.closed();
        }
        None
    }

    fn held_until(&self) -> Option<Instant> {
        self.opened.map(|opened| opened + LONGEST_LOOK)
    }

    fn publish(&mut self, menu: Vec<MenuItem>) -> Step {
        let step = if same_shape(&self.rows, &menu) {
            Step::Refresh
        } else {
            Step::Replace
        };
        self.opened = None;
        self.rows = menu;
        step
    }
}

/// What a row is made of, which cannot change.
#[derive(PartialEq, Eq)]
enum Stuff {
    Line,
    Check,
    Separator,
    Submenu,
}

fn stuff(row: &MenuItem) -> Stuff {
    match row.kind {
        ItemKind::Separator => Stuff::Separator,
        _ if !row.children.is_empty() => Stuff::Submenu,
        ItemKind::Check(_) => Stuff::Check,
        ItemKind::Text | ItemKind::Bar(_) => Stuff::Line,
    }
}

fn same_shape(one: &[MenuItem], other: &[MenuItem]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            stuff(one) == stuff(other) && same_shape(&one.children, &other.children)
        })
}

fn same_names(one: &[MenuItem], other: &[MenuItem]) -> bool {
    same_shape(one, other)
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.id == other.id && same_names(&one.children, &other.children))
}

/// The rows shown, saying what the new ones say as far as they are the same rows.
fn refreshed(shown: &[MenuItem], fresh: &[MenuItem]) -> Vec<MenuItem> {
    let rows = shown.iter();
    rows.map(|row| {
        let newer = find(fresh, &row.id)
            .filter(|newer| stuff(newer) == stuff(row))
            .unwrap_or(row);
        MenuItem {
            id: newer.id.clone(),
            kind: newer.kind.clone(),
            label: newer.label.clone(),
            action: newer.action.clone(),
            children: refreshed(&row.children, fresh),
        }
    })
    .collect()
}

fn find<'a>(rows: &'a [MenuItem], id: &str) -> Option<&'a MenuItem> {
    rows.iter().find_map(|row| {
        if row.id == id {
            return Some(row);
        }
        find(&row.children, id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, label: &str) -> MenuItem {
        MenuItem {
            id: id.to_owned(),
            kind: ItemKind::Text,
            label: label.to_owned(),
            action: None,
            children: Vec::new(),
        }
    }

    fn over(id: &str, children: Vec<MenuItem>) -> MenuItem {
        MenuItem {
            children,
            ..row(id, id)
        }
    }

    fn labels(showing: &Showing) -> Vec<&str> {
        let rows = showing.rows().iter();
        rows.map(|row| row.label.as_str()).collect()
    }

    #[test]
    fn the_same_rows_are_refreshed_and_others_of_the_same_shape_take_their_places() {
        let (mut showing, now) = (Showing::default(), Instant::now());
        assert_eq!(showing.show(vec![row("a", "1")], now), Step::Replace);
        assert_eq!(showing.show(vec![row("a", "2")], now), Step::Refresh);
        assert_eq!(showing.show(vec![row("b", "3")], now), Step::Refresh);
        assert_eq!(labels(&showing), ["3"]);
        let bar = MenuItem {
            kind: ItemKind::Bar(7),
            ..row("b", "4")
        };
        assert_eq!(showing.show(vec![bar], now), Step::Refresh);
    }

    #[test]
    fn another_shape_is_another_menu() {
        let (mut showing, now) = (Showing::default(), Instant::now());
        showing.show(vec![row("a", "a")], now);
        let two = vec![row("a", "a"), row("b", "b")];
        assert_eq!(showing.show(two, now), Step::Replace);
        let below = vec![over("a", vec![row("b", "b")]), row("c", "c")];
        assert_eq!(showing.show(below, now), Step::Replace);
    }

    #[test]
    fn an_open_menu_keeps_its_rows_until_one_is_clicked() {
        let (mut showing, now) = (Showing::default(), Instant::now());
        showing.show(vec![row("a", "1"), row("b", "1")], now);
        showing.opened(now);
        // Of the same shape, but a click meant for `a` must not reach `c`.
        assert_eq!(
            showing.show(vec![row("c", "2"), row("b", "2")], now),
            Step::Refresh
        );
        assert_eq!(labels(&showing), ["1", "2"]);
        assert_eq!(showing.closed(), Some(Step::Refresh));
        assert_eq!(showing.rows()[0].id, "c");
        assert_eq!((showing.closed(), showing.due()), (None, None));
    }

    #[test]
    fn a_menu_that_was_closed_silently_takes_new_rows_in_time() {
        let (mut showing, now) = (Showing::default(), Instant::now());
        showing.show(vec![row("a", "1")], now);
        showing.opened(now);
        showing.show(vec![row("a", "2"), row("b", "2")], now);
        assert_eq!(showing.settle(now), None);
        let due = showing.due().unwrap();
        assert_eq!(showing.settle(due), Some(Step::Replace));
        assert_eq!(labels(&showing), ["2", "2"]);
        assert_eq!(showing.due(), None);
    }

    #[test]
    fn rows_that_wait_give_way_to_later_ones() {
        let (mut showing, now) = (Showing::default(), Instant::now());
        showing.show(vec![row("a", "1")], now);
        showing.opened(now);
        showing.show(vec![row("a", "2"), row("b", "2")], now);
        assert_eq!(showing.show(vec![row("a", "3")], now), Step::Refresh);
        assert_eq!((labels(&showing), showing.due()), (vec!["3"], None));
    }
}
