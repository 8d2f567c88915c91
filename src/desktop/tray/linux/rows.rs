//! Menu rows as dbusmenu knows them: numbered, with properties that are left out where they are the default.
//!
//! Pure: what is sent when is `showing`'s business.

use std::collections::{BTreeMap, HashMap, HashSet};

use zbus::zvariant::{Structure, Value};

use crate::view::icon;
use crate::view::menu::{Action, Checked, ItemKind, MenuItem};

/// The number of the menu itself.
pub(super) const ROOT: i32 = 0;
/// So many numbers of rows that are no longer shown are remembered.
const REMEMBERED: usize = 1000;

/// Properties by name; what is not there has its default.
pub(super) type Properties = BTreeMap<&'static str, Value<'static>>;
/// A row on the wire: number, properties, rows below it.
pub(super) type Layout = (
    i32,
    HashMap<&'static str, Value<'static>>,
    Vec<Value<'static>>,
);

/// A numbered row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Its number, for as long as the program runs.
    pub(super) number: i32,
    /// What it looks like.
    pub(super) kind: ItemKind,
    /// What it says.
    pub(super) label: String,
    /// What a click does. `None`: nothing.
    pub(super) action: Option<Action>,
    /// The submenu.
    pub(super) children: Vec<Row>,
}

impl Row {
    /// Everything that differs from the default.
    pub(super) fn properties(&self) -> Properties {
        let mut properties = Properties::new();
        if self.kind == ItemKind::Separator {
            properties.insert("type", Value::from("separator"));
            return properties;
        }
        // A single underscore would mark the next letter as a shortcut.
        properties.insert("label", Value::from(self.label.replace('_', "__")));
        match self.kind {
            ItemKind::Bar(percent) => {
                properties.insert("icon-data", Value::from(icon::bar_png(percent)));
            }
            ItemKind::Check(checked) => {
                let state = i32::from(checked == Checked::Yes);
                properties.insert("toggle-type", Value::from("checkmark"));
                properties.insert("toggle-state", Value::from(state));
            }
            ItemKind::Text | ItemKind::Separator => {}
        }
        if self.is_submenu() {
            properties.insert("children-display", Value::from("submenu"));
        }
        properties
    }

    /// The row with as many levels below it as asked for; negative: all of them.
    pub(super) fn layout(&self, depth: i32, names: &[String]) -> Layout {
        layout(
            self.number,
            self.properties(),
            &self.children,
            (depth, names),
        )
    }

    /// Whether another row can take its place without a new layout.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.number == other.number
            && self.is_submenu() == other.is_submenu()
            && (self.kind == ItemKind::Separator) == (other.kind == ItemKind::Separator)
    }

    fn is_submenu(&self) -> bool {
        !self.children.is_empty()
    }
}

/// The whole menu, with as many levels as asked for; negative: all of them.
pub(super) fn root_layout(rows: &[Row], depth: i32, names: &[String]) -> Layout {
    layout(ROOT, root_properties(), rows, (depth, names))
}

/// The properties of the menu itself.
pub(super) fn root_properties() -> Properties {
    Properties::from([("children-display", Value::from("submenu"))])
}

/// Those of the properties that are asked for; no names: all.
pub(super) fn selected(
    properties: Properties,
    names: &[String],
) -> HashMap<&'static str, Value<'static>> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    properties
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .collect()
}

/// Whether two menus differ only in properties.
pub(super) fn same_shape(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.fits(other) && same_shape(&one.children, &other.children))
}

/// The row of this number, at any depth.
pub(super) fn find(rows: &[Row], number: i32) -> Option<&Row> {
    rows.iter().find_map(|row| {
        if row.number == number {
            return Some(row);
        }
        find(&row.children, number)
    })
}

/// All rows at all depths, from the top.
pub(super) fn flat(rows: &[Row]) -> Vec<&Row> {
    let mut all = Vec::new();
    for row in rows {
        all.push(row);
        all.extend(flat(&row.children));
    }
    all
}

fn layout(
    number: i32,
    properties: Properties,
    children: &[Row],
    wanted: (i32, &[String]),
) -> Layout {
    let (depth, names) = wanted;
    let shown = if depth == 0 { &[] } else { children };
    let below = shown
        .iter()
        .map(|row| {
            Value::from(Structure::from(
                row.layout(depth.saturating_sub(1).max(-1), names),
            ))
        })
        .collect();
    (number, selected(properties, names), below)
}

/// Which number a row has: the same one for as long as its name is shown, and never one that another row had.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    by_name: HashMap<String, i32>,
    last: i32,
}

impl Numbers {
    /// Numbers a menu.
    pub(super) fn number(&mut self, menu: &[MenuItem]) -> Vec<Row> {
        let mut taken = HashSet::new();
        let rows = self.rows(menu, &mut taken);
        if self.by_name.len() > taken.len() + REMEMBERED {
            self.by_name.retain(|_, number| taken.contains(number));
        }
        rows
    }

    fn rows(&mut self, menu: &[MenuItem], taken: &mut HashSet<i32>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(menu.len());
        for item in menu {
            let number = self.free(&item.id, taken);
            rows.push(Row {
                number,
                kind: item.kind.clone(),
                label: item.label.clone(),
                action: item.action.clone(),
                children: self.rows(&item.children, taken),
            });
        }
        rows
    }

    /// The number of a name; a name that stands in the menu twice gets another one there.
    fn free(&mut self, name: &str, taken: &mut HashSet<i32>) -> i32 {
        let mut name = name.to_owned();
        loop {
            let number = *self.by_name.entry(name.clone()).or_insert_with(|| {
                self.last = self.last.wrapping_add(1).max(1);
                self.last
            });
            if taken.insert(number) {
                return number;
            }
            name.push('\u{0}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, children: Vec<MenuItem>) -> MenuItem {
        MenuItem {
            id: id.to_owned(),
            kind: ItemKind::Text,
            label: id.to_owned(),
            action: None,
            children,
        }
    }

    fn numbers_of(rows: &[Row]) -> Vec<i32> {
        flat(rows).iter().map(|row| row.number).collect()
    }

    #[test]
    fn a_row_keeps_its_number_when_others_come_and_go() {
        let mut numbers = Numbers::default();
        let first = numbers.number(&[item("a", vec![item("a/1", vec![])]), item("b", vec![])]);
        assert_eq!(numbers_of(&first), [1, 2, 3]);
        let second = numbers.number(&[item("c", vec![]), item("b", vec![])]);
        assert_eq!(numbers_of(&second), [4, 3]);
        let third = numbers.number(&[item("b", vec![]), item("a", vec![item("a/1", vec![])])]);
        assert_eq!(numbers_of(&third), [3, 1, 2]);
    }

    #[test]
    fn a_name_that_stands_twice_is_two_rows() {
        let mut numbers = Numbers::default();
        let menu = [
            item("line", vec![]),
            item("line", vec![]),
            item("line", vec![]),
        ];
        assert_eq!(numbers_of(&numbers.number(&menu)), [1, 2, 3]);
        assert_eq!(numbers_of(&numbers.number(&menu)), [1, 2, 3]);
    }

    #[test]
    fn numbers_of_rows_long_gone_are_forgotten_and_not_given_again() {
        let mut numbers = Numbers::default();
        numbers.number(&[item("stays", vec![])]);
        for alert in 0..5000 {
            numbers.number(&[
                item("stays", vec![]),
                item(&format!("alert {alert}"), vec![]),
            ]);
        }
        assert!(numbers.by_name.len() <= REMEMBERED + 3);
        let rows = numbers.number(&[item("stays", vec![]), item("alert 0", vec![])]);
        assert_eq!(numbers_of(&rows), [1, 5002]);
    }

    #[test]
    fn an_underscore_is_no_shortcut() {
        let row = &Numbers::default().number(&[item("my_project", vec![])])[0];
        assert_eq!(row.properties()["label"], Value::from("my__project"));
    }

    #[test]
    fn layouts_are_cut_at_the_depth_and_to_the_names_asked_for() {
        let rows =
            Numbers::default().number(&[item("a", vec![item("b", vec![item("c", vec![])])])]);
        let (_, _, whole) = root_layout(&rows, -1, &[]);
        let text = format!("{whole:?}");
        assert!(text.contains("\"c\""), "{text}");
        let (_, _, cut) = root_layout(&rows, 1, &["children-display".to_owned()]);
        let text = format!("{cut:?}");
        assert!(
            text.contains("submenu") && !text.contains("label") && !text.contains("\"b\""),
            "{text}"
        );
        let (number, properties, none) = root_layout(&rows, 0, &[]);
        assert_eq!((number, properties.len(), none.len()), (0, 1, 0));
    }
}
