//! The icon on the bus: `org.kde.StatusNotifierItem`, with the label that GNOME and MATE show beside it.
//!
//! There is no `Activate`, and the item is a menu: a left click opens the menu on every host that can, and none waits
//! for a double click first. A middle click asks for fresh figures. The status is always active: hosts show another
//! icon for the one that asks for attention, and ours says it by its colour.

#![expect(
    clippy::used_underscore_binding,
    reason = "the bus also sends what is of no use here"
)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use zbus::interface;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::ObjectPath;

use crate::app::message::Command;
use crate::desktop::tray::linux::menu;
use crate::desktop::tray::linux::pixmaps::{self, Pixmap};
use crate::view::menu::Action;
use crate::view::{Icon, Tooltip, View};

/// Where the icon lies on the bus; hosts take it for granted.
pub(super) const PATH: &str = "/StatusNotifierItem";

/// The icon as an object on the bus.
#[derive(Debug, Clone)]
pub(super) struct Item {
    face: Arc<Mutex<Face>>,
    clicks: UnboundedSender<Command>,
}

/// What it shows.
#[derive(Debug, Default)]
struct Face {
    title: String,
    tooltip: Tooltip,
    /// `None`: nothing is drawn yet.
    icon: Option<Icon>,
    pixmaps: Vec<Pixmap>,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The short line.
    Title,
    /// The tooltip.
    Tooltip,
    /// The icon.
    Icon,
}

impl Item {
    /// An icon that shows nothing.
    pub(super) fn new(clicks: UnboundedSender<Command>) -> Self {
        Self {
            face: Arc::default(),
            clicks,
        }
    }

    /// Takes a view; draws only an icon that is another one.
    pub(super) fn show(&self, view: &View) -> Vec<Change> {
        let mut face = self.face();
        let mut changes = Vec::new();
        if face.title != view.title {
            face.title.clone_from(&view.title);
            changes.push(Change::Title);
        }
        if face.tooltip != view.tooltip {
            face.tooltip.clone_from(&view.tooltip);
            changes.push(Change::Tooltip);
        }
        if face.icon.as_ref() != Some(&view.icon) {
            face.pixmaps = pixmaps::draw(&view.icon);
            face.icon = Some(view.icon.clone());
            changes.push(Change::Icon);
        }
        changes
    }

    /// Tells every host.
    pub(super) async fn tell(
        &self,
        emitter: &SignalEmitter<'_>,
        changes: &[Change],
    ) -> zbus::Result<()> {
        for change in changes {
            match change {
                Change::Title => {
                    let label = self.face().title.clone();
                    Self::new_title(emitter).await?;
                    Self::x_ayatana_new_label(emitter, &label, &guide(&label)).await?;
                }
                Change::Tooltip => Self::new_tool_tip(emitter).await?,
                Change::Icon => Self::new_icon(emitter).await?,
            }
        }
        Ok(())
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refresh(&self) {
        // Without an engine there is nobody to tell.
        drop(self.clicks.send(Command::Act(Action::RefreshAll)));
    }
}

/// A text as wide as the label will be with other figures, so that the panel does not jump.
fn guide(label: &str) -> String {
    let widest = |letter: char| if letter.is_ascii_digit() { '8' } else { letter };
    label.chars().map(widest).collect()
}

#[expect(clippy::unused_self, reason = "the bus sets the signatures")]
#[interface(name = "org.kde.StatusNotifierItem", spawn = false)]
impl Item {
    fn secondary_activate(&self, _x: i32, _y: i32) {
        self.refresh();
    }

    fn x_ayatana_secondary_activate(&self, _timestamp: u32) {
        self.refresh();
    }

    fn scroll(&self, _delta: i32, _orientation: &str) {}

    #[zbus(property(emits_changed_signal = "const"))]
    fn category(&self) -> &'static str {
        "ApplicationStatus"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> &'static str {
        "spendtray"
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn title(&self) -> String {
        self.face().title.clone()
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn status(&self) -> &'static str {
        "Active"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn window_id(&self) -> i32 {
        0
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_pixmap(&self) -> Vec<Pixmap> {
        self.face().pixmaps.clone()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_pixmap(&self) -> Vec<Pixmap> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_pixmap(&self) -> Vec<Pixmap> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_movie_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn tool_tip(&self) -> (String, Vec<Pixmap>, String, String) {
        let Tooltip { title, body } = self.face().tooltip.clone();
        (String::new(), Vec::new(), title, body)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn item_is_menu(&self) -> bool {
        true
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn menu(&self) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked(menu::PATH)
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn x_ayatana_label(&self) -> String {
        self.face().title.clone()
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn x_ayatana_label_guide(&self) -> String {
        guide(&self.face().title)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn x_ayatana_ordering_index(&self) -> u32 {
        0
    }

    #[zbus(signal)]
    async fn new_title(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_icon(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_tool_tip(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_status(emitter: &SignalEmitter<'_>, status: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn x_ayatana_new_label(
        emitter: &SignalEmitter<'_>,
        label: &str,
        guide: &str,
    ) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_is_as_wide_as_any_figures() {
        assert_eq!(guide("$4.21 · VVV $3.12"), "$8.88 · VVV $8.88");
    }
}
