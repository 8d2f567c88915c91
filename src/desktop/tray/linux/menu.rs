//! The menu on the bus: `com.canonical.dbusmenu`, version 3.
//!
//! It hands out what [`Showing`] holds and turns clicks into commands; it decides nothing.

#![expect(
    clippy::used_underscore_binding,
    reason = "the bus also sends what is of no use here"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{fdo, interface};

use crate::app::message::Command;
use crate::desktop::tray::linux::rows::{self, Layout, ROOT};
use crate::desktop::tray::linux::showing::{News, Showing};

/// Where the menu lies on the bus.
pub(super) const PATH: &str = "/MenuBar";

type Properties = HashMap<&'static str, Value<'static>>;
/// Row, what happened, a value of no use here, and when.
type Event = (i32, String, OwnedValue, u32);

/// The menu as an object on the bus.
#[derive(Debug, Clone)]
pub(super) struct Menu {
    showing: Arc<Mutex<Showing>>,
    clicks: UnboundedSender<Command>,
}

impl Menu {
    /// A menu without rows.
    pub(super) fn new(clicks: UnboundedSender<Command>) -> Self {
        Self {
            showing: Arc::default(),
            clicks,
        }
    }

    /// The rows; held for moments only.
    pub(super) fn showing(&self) -> MutexGuard<'_, Showing> {
        self.showing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every host.
    pub(super) async fn tell(emitter: &SignalEmitter<'_>, news: News) -> zbus::Result<()> {
        if !news.changed.is_empty() || !news.removed.is_empty() {
            let changed = news.changed.into_iter();
            let changed =
                changed.map(|(number, properties)| (number, properties.into_iter().collect()));
            Self::items_properties_updated(emitter, changed.collect(), news.removed).await?;
        }
        match news.layout {
            Some(revision) => Self::layout_updated(emitter, revision, ROOT).await,
            None => Ok(()),
        }
    }

    /// Takes one event; whether there is such a row.
    fn take(&self, number: i32, what: &str) -> (bool, News) {
        let now = Instant::now();
        let mut showing = self.showing();
        let known = number == ROOT || rows::find(showing.rows(), number).is_some();
        let news = match what {
            "opened" => {
                showing.opened(number, now);
                News::default()
            }
            "closed" => showing.closed(number, now),
            "clicked" => {
                let (meaning, news) = showing.clicked(number);
                if let Some(action) = meaning {
                    // Without an engine there is nobody to tell.
                    drop(self.clicks.send(Command::Act(action)));
                }
                news
            }
            _ => News::default(),
        };
        (known, news)
    }

    /// Somebody is about to look at these menus: what changes with the time only is told anew when he opens the first.
    fn looked_at(&self, ids: &[i32]) {
        self.showing().about_to_show(Instant::now());
        if ids.contains(&ROOT) {
            // Without an engine there is nobody to tell.
            drop(self.clicks.send(Command::Look));
        }
    }

    fn properties(&self, number: i32) -> fdo::Result<rows::Properties> {
        if number == ROOT {
            return Ok(rows::root_properties());
        }
        let showing = self.showing();
        let row = rows::find(showing.rows(), number);
        row.map(rows::Row::properties).ok_or_else(|| no_row(number))
    }
}

fn no_row(number: i32) -> fdo::Error {
    fdo::Error::InvalidArgs(format!("there is no row {number}"))
}

// In order: a menu that is closed and opened again must not end up closed.
#[expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::unused_self,
    reason = "the bus sets the signatures"
)]
#[interface(name = "com.canonical.dbusmenu", spawn = false)]
impl Menu {
    #[zbus(out_args("revision", "layout"))]
    fn get_layout(
        &self,
        parent_id: i32,
        recursion_depth: i32,
        property_names: Vec<String>,
    ) -> fdo::Result<(u32, Layout)> {
        let showing = self.showing();
        let layout = if parent_id == ROOT {
            rows::root_layout(showing.rows(), recursion_depth, &property_names)
        } else {
            let row = rows::find(showing.rows(), parent_id).ok_or_else(|| no_row(parent_id))?;
            row.layout(recursion_depth, &property_names)
        };
        Ok((showing.revision(), layout))
    }

    #[zbus(out_args("properties"))]
    fn get_group_properties(
        &self,
        ids: Vec<i32>,
        property_names: Vec<String>,
    ) -> Vec<(i32, Properties)> {
        let ids = if ids.is_empty() {
            let showing = self.showing();
            let all = rows::flat(showing.rows());
            std::iter::once(ROOT)
                .chain(all.iter().map(|row| row.number))
                .collect()
        } else {
            ids
        };
        let known = ids.into_iter().filter_map(|id| {
            let properties = self.properties(id).ok()?;
            Some((id, rows::selected(properties, &property_names)))
        });
        known.collect()
    }

    #[zbus(out_args("value"))]
    fn get_property(&self, id: i32, name: &str) -> fdo::Result<Value<'static>> {
        let value = self.properties(id)?.remove(name);
        value.ok_or_else(|| fdo::Error::InvalidArgs(format!("the row {id} has no property {name}")))
    }

    async fn event(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: i32,
        event_id: String,
        _data: Value<'_>,
        _timestamp: u32,
    ) -> fdo::Result<()> {
        let (known, news) = self.take(id, &event_id);
        Self::tell(&emitter, news).await?;
        if known { Ok(()) } else { Err(no_row(id)) }
    }

    #[zbus(out_args("idErrors"))]
    async fn event_group(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        events: Vec<Event>,
    ) -> fdo::Result<Vec<i32>> {
        let mut unknown = Vec::new();
        for (id, event_id, _, _) in events {
            let (known, news) = self.take(id, &event_id);
            Self::tell(&emitter, news).await?;
            if !known {
                unknown.push(id);
            }
        }
        Ok(unknown)
    }

    #[zbus(out_args("needUpdate"))]
    fn about_to_show(&self, id: i32) -> bool {
        self.looked_at(&[id]);
        // All that changed was told when it changed.
        false
    }

    #[zbus(out_args("updatesNeeded", "idErrors"))]
    fn about_to_show_group(&self, ids: Vec<i32>) -> (Vec<i32>, Vec<i32>) {
        self.looked_at(&ids);
        (Vec::new(), Vec::new())
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> u32 {
        3
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn text_direction(&self) -> &'static str {
        "ltr"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn status(&self) -> &'static str {
        "normal"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(signal)]
    async fn layout_updated(
        emitter: &SignalEmitter<'_>,
        revision: u32,
        parent: i32,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn items_properties_updated(
        emitter: &SignalEmitter<'_>,
        updated_props: Vec<(i32, Properties)>,
        removed_props: Vec<(i32, Vec<&'static str>)>,
    ) -> zbus::Result<()>;
}
