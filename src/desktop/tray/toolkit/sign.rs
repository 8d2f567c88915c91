//! The icon in the tray, its title and its tooltip: only what differs is touched.

use tao::event_loop::EventLoop;
use tray_icon::{Icon, TrayIcon, TrayIconBuilder};

use crate::desktop::tray::toolkit::menu::MenuBoard;
use crate::desktop::tray::toolkit::{News, tooltip};
use crate::view::{self, Face, View, icon};

/// The icon on the screen.
pub(super) struct Sign {
    tray: TrayIcon,
    side: u32,
    title: String,
    tooltip: String,
    /// What is drawn. `None`: the system refused it, so the next view tries again.
    face: Option<view::Icon>,
}

impl Sign {
    /// Puts it up with everything it shows, its menu included.
    pub(super) fn put_up(view: &View, menu: &mut MenuBoard, side: u32) -> tray_icon::Result<Self> {
        let (title, tooltip, face) = (title(view), tooltip(view), face(view));
        let mut builder = TrayIconBuilder::new()
            .with_title(&title)
            .with_tooltip(&tooltip)
            .with_menu(menu.take_whole());
        let drawn = draw(&face, side);
        #[cfg(target_os = "macos")]
        if let Some(icon) = drawn {
            builder = builder.with_icon_templated(icon);
        }
        #[cfg(not(target_os = "macos"))]
        if let Some(icon) = drawn {
            builder = builder.with_icon(icon);
        }
        Ok(Self {
            tray: builder.build()?,
            side,
            title,
            tooltip,
            face: Some(face),
        })
    }

    /// Shows another view, apart from its menu.
    pub(super) fn show(&mut self, view: &View) {
        let (title, tooltip, face) = (title(view), tooltip(view), face(view));
        if self.face.as_ref() != Some(&face) {
            self.face = self.paint(&face).then_some(face);
        }
        if self.title != title {
            self.tray.set_title(Some(&title));
            self.title = title;
        }
        if self.tooltip != tooltip {
            match self.tray.set_tooltip(Some(&tooltip)) {
                Ok(()) => self.tooltip = tooltip,
                Err(error) => tracing::debug!(%error, "the tooltip was refused"),
            }
        }
    }

    /// Hangs another menu on it.
    pub(super) fn hang(&self, menu: Box<dyn muda::ContextMenu>) {
        self.tray.set_menu(Some(menu));
    }

    /// Paints it; whether the system took it.
    fn paint(&self, face: &view::Icon) -> bool {
        let drawn = draw(face, self.side);
        #[cfg(target_os = "macos")]
        let taken = self.tray.set_icon_templated(drawn);
        #[cfg(not(target_os = "macos"))]
        let taken = self.tray.set_icon(drawn);
        // Windows refuses while there is no taskbar.
        taken
            .inspect_err(|error| tracing::debug!(%error, "the icon was refused"))
            .is_ok()
    }
}

/// What stands beside the icon.
fn title(view: &View) -> String {
    view.title.clone()
}

/// Only Windows has so little room, but three systems that show the same are worth more than a longer text on two.
fn tooltip(view: &View) -> String {
    tooltip::text(&view.tooltip, tooltip::LONGEST)
}

/// A figure is drawn where no title can be seen: macOS shows the title, which begins with that figure, beside the icon.
fn face(view: &View) -> view::Icon {
    let mut shown = view.icon.clone();
    let has_title = cfg!(target_os = "macos") && !view.title.is_empty();
    if has_title && matches!(shown.face, Face::Text(_)) {
        shown.face = Face::Mark;
    }
    shown
}

/// White on the state's colour is read on light and on dark bars; macOS colours its own, and is given the shape alone.
fn draw(face: &view::Icon, side: u32) -> Option<Icon> {
    let pixels = if cfg!(target_os = "macos") {
        icon::template_pixels(face, side)
    } else {
        icon::pixels(face, side)
    };
    Icon::from_rgba(pixels, side, side)
        .inspect_err(|error| tracing::warn!(%error, "the icon could not be drawn"))
        .ok()
}

/// The side of the icon in pixels, so that nobody scales it: Windows shows 16 points, as large as the main screen's
/// pixels make them.
#[cfg(windows)]
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels, not money"
)]
pub(super) fn side(events: &EventLoop<News>) -> u32 {
    let scale = events
        .primary_monitor()
        .map_or(1.0, |screen| screen.scale_factor());
    (16.0 * scale.clamp(1.0, 8.0)).round() as u32
}

/// The side of the icon in pixels: macOS shows at most 22 points, sharp at twice as many pixels; panels of Linux scale.
#[cfg(not(windows))]
pub(super) fn side(_events: &EventLoop<News>) -> u32 {
    if cfg!(target_os = "macos") { 44 } else { 48 }
}
