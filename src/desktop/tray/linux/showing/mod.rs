//! What hosts have been told of the menu, what they must be told next, and what waits while a menu is open.
//!
//! A menu that is open is never rebuilt under the pointer: rows that stay may change what they say, rows that come or
//! go wait until the menu is closed. GNOME and KDE tell when it is. Xfce and MATE only tell that it is about to be shown,
//! and cut off rows that come after that, so the rows wait until nothing was heard for a while. Pure: it sends nothing,
//! and time is an argument.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::desktop::tray::linux::rows::{Numbers, Properties, ROOT, Row, find, flat, same_shape};
use crate::view::menu::{Action, MenuItem};

/// Longer than this no menu is left open; a host has forgotten to say that it was closed.
const LONGEST_OPEN: Duration = Duration::from_mins(5);
/// Longer than this nobody looks at a menu without moving into a submenu; it was closed by a host that does not say so.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// The menu as hosts know it.
#[derive(Debug)]
pub(super) struct Showing {
    rows: Vec<Row>,
    revision: u32,
    /// Which menus a host has told to be open: the menu itself, submenus.
    open: BTreeSet<i32>,
    /// When a host last spoke of a menu that may be open. `None`: it is closed.
    touched: Option<Instant>,
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
            touched: None,
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

    /// When rows that wait must be shown, whatever hosts say. `None`: none wait.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().and(self.held_until())
    }

    /// Takes a new menu.
    pub(super) fn show(&mut self, menu: &[MenuItem], now: Instant) -> News {
        let rows = self.numbers.number(menu);
        if same_shape(&self.rows, &rows) {
            self.waiting = None;
            let news = compare(&self.rows, &rows);
            self.rows = rows;
            return news;
        }
        if self.held_until().is_none_or(|until| until <= now) {
            return self.publish(rows);
        }
        let refreshed = refreshed(&self.rows, &rows);
        let news = compare(&self.rows, &refreshed);
        self.rows = refreshed;
        self.waiting = Some(rows);
        news
    }

    /// A host is about to show the menu or a submenu, which is all that some tell.
    pub(super) fn about_to_show(&mut self, now: Instant) {
        self.touched = Some(now);
    }

    /// A host shows the menu of this number.
    pub(super) fn opened(&mut self, number: i32, now: Instant) {
        self.open.insert(number);
        self.touched = Some(now);
    }

    /// A host no longer shows it; with the menu itself all its submenus are closed.
    pub(super) fn closed(&mut self, number: i32, now: Instant) -> News {
        if number == ROOT {
            return self.force();
        }
        self.open.remove(&number);
        self.touched = Some(now);
        News::default()
    }

    /// A row was clicked, with which every host closes the menu: what it means, if anything.
    pub(super) fn clicked(&mut self, number: i32) -> (Option<Action>, News) {
        let row = find(&self.rows, number).or_else(|| find(&self.before, number));
        let meaning = row.and_then(|row| row.action.clone());
        (meaning, self.force())
    }

    /// The menu is closed, or was said to be open for too long, or its host has gone: shows what waits.
    pub(super) fn force(&mut self) -> News {
        self.open.clear();
        self.touched = None;
        match self.waiting.take() {
            Some(rows) => self.publish(rows),
            None => News::default(),
        }
    }

    fn held_until(&self) -> Option<Instant> {
        let longest = if self.open.is_empty() {
            LONGEST_LOOK
        } else {
            LONGEST_OPEN
        };
        self.touched.map(|touched| touched + longest)
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
mod tests;
