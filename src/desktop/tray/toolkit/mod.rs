//! The tray of macOS and Windows: tray-icon and muda in tao's event loop, which has the main thread to itself.
//!
//! The engine runs on a thread of its own. News reach the loop as tao's user events, clicks leave it as commands; the
//! toolkit's own callbacks only forward. Between news the loop sleeps. It builds on Linux with the feature
//! `toolkit-tray`, needs a display there, and tells neither tooltips nor when a menu is open.

mod event_loop;
mod menu;
mod rows;
mod sign;
mod tooltip;

use tao::event_loop::EventLoopProxy;

use crate::desktop::tray::{Parts, Tray};
use crate::view::View;

/// Does the work on a thread of its own, and the toolkit's on this one until the work has ended.
pub(super) fn beside(work: impl FnOnce(Door) + Send + 'static) {
    event_loop::run(work);
}

/// What the event loop is told.
#[derive(Debug)]
enum News {
    /// The tray was opened.
    Opened(Parts),
    /// Show this.
    View(Box<View>),
    /// The icon was clicked, with which its menu opens.
    Touched,
    /// The row of this number was clicked, with which the menu closes.
    Clicked(muda::MenuId),
    /// The engine's thread has come to its end.
    Ended,
}

/// The way to the event loop.
#[derive(Debug)]
pub(super) struct Door(EventLoopProxy<News>);

impl Door {
    /// Tells the loop that views will come.
    pub(super) fn open(self, parts: Parts) -> ToolkitTray {
        tell(&self.0, News::Opened(parts));
        ToolkitTray(self.0)
    }
}

/// The tray, as seen from the engine's thread.
#[derive(Debug)]
pub(super) struct ToolkitTray(EventLoopProxy<News>);

impl Tray for ToolkitTray {
    fn apply(&mut self, view: View) {
        tell(&self.0, News::View(Box::new(view)));
    }
}

/// Tells the loop; one that has gone has nothing to show.
fn tell(events: &EventLoopProxy<News>, news: News) {
    drop(events.send_event(news));
}
