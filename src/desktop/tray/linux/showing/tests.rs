//! What hosts are told, step by step.

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

fn shown(menu: &[MenuItem]) -> (Showing, Instant) {
    let now = Instant::now();
    let mut showing = Showing::default();
    showing.show(menu, now);
    (showing, now)
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
    let (mut showing, now) = shown(&[row("a", "A")]);
    assert_eq!(showing.show(&[row("a", "A")], now), News::default());
}

#[test]
fn another_text_is_told_for_its_row_only() {
    let (mut showing, now) = shown(&[row("a", "A"), row("b", "B")]);
    let news = showing.show(&[row("a", "A"), row("b", "$9")], now);
    assert_eq!(news.layout, None);
    assert_eq!(news.changed, [(2, label("$9"))]);
}

#[test]
fn a_mark_that_goes_is_told_as_removed() {
    let mut marked = row("a", "A");
    marked.kind = ItemKind::Check(Checked::Yes);
    let (mut showing, now) = shown(&[marked]);
    let news = showing.show(&[row("a", "A")], now);
    assert_eq!(news.removed, [(1, vec!["toggle-state", "toggle-type"])]);
}

#[test]
fn an_open_menu_changes_its_texts_but_not_its_rows() {
    let (mut showing, now) = shown(&[row("a", "A"), row("b", "B")]);
    let revision = showing.revision();
    showing.opened(ROOT, now);
    let news = showing.show(&[row("c", "C"), row("b", "B2")], now);
    assert_eq!(news.layout, None);
    assert_eq!(news.changed, [(2, label("B2"))]);
    assert_eq!(labels(&showing), ["A", "B2"]);
    assert_eq!(showing.closed(ROOT, now).layout, Some(revision + 1));
    assert_eq!(labels(&showing), ["C", "B2"]);
    assert_eq!(showing.due(), None);
}

#[test]
fn a_menu_that_returns_to_its_shape_while_open_needs_no_layout() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.opened(ROOT, now);
    showing.show(&[row("a", "A"), row("b", "B")], now);
    showing.show(&[row("a", "A")], now);
    assert_eq!(showing.closed(ROOT, now), News::default());
}

#[test]
fn a_menu_that_stays_open_for_minutes_was_closed_without_a_word() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.opened(ROOT, now);
    showing.show(&[row("b", "B")], now);
    assert_eq!(showing.due(), Some(now + LONGEST_OPEN));
    assert!(showing.force().layout.is_some());
    assert_eq!(labels(&showing), ["B"]);
}

#[test]
fn a_menu_that_was_only_about_to_show_is_left_alone_for_a_while() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.about_to_show(now);
    let soon = now + LONGEST_LOOK / 2;
    assert_eq!(showing.show(&[row("b", "B")], soon), News::default());
    assert_eq!(showing.due(), Some(now + LONGEST_LOOK));
    let later = now + LONGEST_LOOK;
    assert!(showing.show(&[row("b", "B")], later).layout.is_some());
}

#[test]
fn moving_between_submenus_shows_that_the_menu_is_open() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.about_to_show(now);
    let soon = now + LONGEST_LOOK / 2;
    showing.opened(7, soon);
    assert_eq!(showing.closed(7, soon), News::default());
    showing.show(&[row("b", "B")], soon);
    assert_eq!(showing.due(), Some(soon + LONGEST_LOOK));
}

#[test]
fn a_click_closes_the_menu() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.about_to_show(now);
    showing.show(&[row("b", "B")], now);
    let (meaning, news) = showing.clicked(1);
    assert_eq!(meaning, Some(Action::Copy("A".to_owned())));
    assert!(news.layout.is_some());
}

#[test]
fn a_click_on_a_row_that_has_just_gone_still_means_what_it_said() {
    let (mut showing, now) = shown(&[row("a", "A")]);
    showing.show(&[row("b", "B")], now);
    assert_eq!(showing.clicked(1).0, Some(Action::Copy("A".to_owned())));
    assert_eq!(showing.clicked(2).0, Some(Action::Copy("B".to_owned())));
    assert_eq!(showing.clicked(99).0, None);
}
