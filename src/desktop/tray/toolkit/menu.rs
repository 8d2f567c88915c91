//! The menu as the toolkit's rows. Which rows are shown when is `rows`' business.

use std::time::Instant;

#[cfg(not(target_os = "linux"))]
use muda::IconMenuItem as Line;
use muda::{
    CheckMenuItem, ContextMenu, Icon, IsMenuItem, Menu, MenuId, PredefinedMenuItem, Submenu,
};
// Panels are told neither pictures nor, of rows that could have one, later texts.
#[cfg(target_os = "linux")]
use muda::MenuItem as Line;

use crate::desktop::tray::toolkit::rows::{Showing, Step};
use crate::view::icon;
use crate::view::menu::{Action, Checked, ItemKind, MenuItem};

/// The menu, what it means, and what waits to be shown.
#[derive(Default)]
pub(super) struct MenuBoard {
    showing: Showing,
    page: Page,
    /// Not taken from the screen before its successor is, since it may be open.
    before: Page,
    hung: Hung,
}

/// Whether the icon has the menu.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Hung {
    #[default]
    No,
    Yes,
}

impl MenuBoard {
    /// Shows other rows, as soon as it may.
    pub(super) fn show(&mut self, menu: Vec<MenuItem>, now: Instant) {
        let step = self.showing.show(menu, now);
        self.go(step);
    }

    /// The icon was clicked.
    pub(super) fn touched(&mut self, now: Instant) {
        self.showing.opened(now);
    }

    /// A row was clicked: what that means, if anything.
    pub(super) fn clicked(&mut self, row: &MenuId) -> Option<Action> {
        let row = find(&self.page.rows, row).or_else(|| find(&self.before.rows, row));
        let meaning = row.and_then(|row| {
            row.undo_toggle();
            row.item.action.clone()
        });
        if let Some(step) = self.showing.closed() {
            self.go(step);
        }
        meaning
    }

    /// When rows that wait must be shown. `None`: none wait.
    pub(super) fn due(&self) -> Option<Instant> {
        self.showing.due()
    }

    /// Shows rows that have waited long enough.
    pub(super) fn settle(&mut self, now: Instant) {
        if let Some(step) = self.showing.settle(now) {
            self.go(step);
        }
    }

    /// The menu, if the icon has another one.
    pub(super) fn take_new(&mut self) -> Option<Box<dyn ContextMenu>> {
        if self.hung == Hung::Yes {
            return None;
        }
        Some(self.take_whole())
    }

    /// The menu, for an icon that has none.
    pub(super) fn take_whole(&mut self) -> Box<dyn ContextMenu> {
        self.hung = Hung::Yes;
        Box::new(self.page.menu.clone())
    }

    fn go(&mut self, step: Step) {
        let rows = self.showing.rows();
        match step {
            Step::Refresh if !is_out_of_reach(&self.page.rows, rows) => {
                for (row, item) in self.page.rows.iter_mut().zip(rows) {
                    row.say(item);
                }
            }
            Step::Refresh | Step::Replace => {
                let page = Page::new(rows);
                self.before = std::mem::replace(&mut self.page, page);
                self.hung = Hung::No;
            }
        }
    }
}

/// Whether a text changes that panels of Linux are not told of later: that of a submenu.
fn is_out_of_reach(rows: &[Row], items: &[MenuItem]) -> bool {
    let mut pairs = rows.iter().zip(items);
    cfg!(target_os = "linux")
        && pairs.any(|(row, item)| {
            let renamed = row.item.label != item.label;
            (renamed && matches!(row.widget, Widget::Submenu(_)))
                || is_out_of_reach(&row.rows, &item.children)
        })
}

/// A menu as a whole.
#[derive(Default)]
struct Page {
    menu: Menu,
    rows: Vec<Row>,
}

impl Page {
    fn new(items: &[MenuItem]) -> Self {
        let menu = Menu::new();
        let rows = fill(items, |row| menu.append(row));
        Self { menu, rows }
    }
}

/// A row on the screen.
struct Row {
    widget: Widget,
    /// What it shows and means; its children are in `rows`.
    item: MenuItem,
    rows: Vec<Row>,
}

enum Widget {
    Line(Line),
    Check(CheckMenuItem),
    Separator(PredefinedMenuItem),
    Submenu(Submenu),
}

/// Makes rows and appends each; one that is refused is missed, not fatal.
fn fill(items: &[MenuItem], append: impl Fn(&dyn IsMenuItem) -> muda::Result<()>) -> Vec<Row> {
    let rows = items.iter().map(Row::new);
    rows.inspect(|row| {
        if let Err(error) = append(row.widget()) {
            tracing::warn!(%error, row = row.item.id, "a row could not be shown");
        }
    })
    .collect()
}

impl Row {
    fn new(item: &MenuItem) -> Self {
        let label = literal(&item.label);
        let mut rows = Vec::new();
        let widget = match item.kind {
            ItemKind::Separator => Widget::Separator(PredefinedMenuItem::separator()),
            _ if !item.children.is_empty() => {
                let submenu = Submenu::new(label, true);
                submenu.set_icon(bar(&item.kind));
                rows = fill(&item.children, |row| submenu.append(row));
                Widget::Submenu(submenu)
            }
            ItemKind::Check(checked) => {
                let checked = checked == Checked::Yes;
                Widget::Check(CheckMenuItem::new(label, true, checked, None))
            }
            ItemKind::Text | ItemKind::Bar(_) => Widget::Line(line(label, &item.kind)),
        };
        Self {
            widget,
            item: MenuItem {
                children: Vec::new(),
                ..item.clone()
            },
            rows,
        }
    }

    fn widget(&self) -> &dyn IsMenuItem {
        match &self.widget {
            Widget::Line(line) => line,
            Widget::Check(check) => check,
            Widget::Separator(separator) => separator,
            Widget::Submenu(submenu) => submenu,
        }
    }

    /// Says something else; touches only what differs.
    fn say(&mut self, item: &MenuItem) {
        for (row, item) in self.rows.iter_mut().zip(&item.children) {
            row.say(item);
        }
        if self.item.label != item.label {
            self.set_text(&item.label);
        }
        if self.item.kind != item.kind {
            self.set_kind(&item.kind);
        }
        self.item = MenuItem {
            children: Vec::new(),
            ..item.clone()
        };
    }

    fn set_text(&self, label: &str) {
        let label = literal(label);
        match &self.widget {
            Widget::Line(line) => line.set_text(label),
            Widget::Check(check) => check.set_text(label),
            Widget::Submenu(submenu) => submenu.set_text(label),
            Widget::Separator(_) => {}
        }
    }

    fn set_kind(&self, kind: &ItemKind) {
        match &self.widget {
            #[cfg(not(target_os = "linux"))]
            Widget::Line(line) => line.set_icon(bar(kind)),
            #[cfg(target_os = "linux")]
            Widget::Line(_) => {}
            Widget::Submenu(submenu) => submenu.set_icon(bar(kind)),
            Widget::Check(check) => check.set_checked(*kind == ItemKind::Check(Checked::Yes)),
            Widget::Separator(_) => {}
        }
    }

    /// The toolkit moves a check mark by itself when it is clicked; what is so is the engine's to say.
    fn undo_toggle(&self) {
        if let Widget::Check(_) = &self.widget {
            self.set_kind(&self.item.kind);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn line(label: String, kind: &ItemKind) -> Line {
    Line::new(label, true, bar(kind), None)
}

#[cfg(target_os = "linux")]
fn line(label: String, _kind: &ItemKind) -> Line {
    Line::new(label, true, None)
}

fn find<'a>(rows: &'a [Row], id: &MenuId) -> Option<&'a Row> {
    rows.iter().find_map(|row| {
        if row.widget().id() == id {
            return Some(row);
        }
        find(&row.rows, id)
    })
}

/// A single `&` would mark the next letter as a shortcut.
fn literal(label: &str) -> String {
    label.replace('&', "&&")
}

/// The bar of a row. `None`: it has none.
fn bar(kind: &ItemKind) -> Option<Icon> {
    let ItemKind::Bar(percent) = kind else {
        return None;
    };
    let drawn = Icon::from_rgba(icon::bar_pixels(*percent), icon::BAR_SIDE, icon::BAR_SIDE);
    drawn
        .inspect_err(|error| tracing::warn!(%error, "a bar could not be drawn"))
        .ok()
}
