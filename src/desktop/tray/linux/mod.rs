//! The tray on Linux: our own `StatusNotifierItem` and menu on the session bus, served by one task.
//!
//! The task connects, registers with the desktop's watcher, and passes views on. A bus or a watcher that is missing,
//! or goes, costs the icon only, and only until there is one again. Nothing ticks: without news the task sleeps.

mod hint;
mod host;
mod item;
mod menu;
mod pixmaps;
mod rows;
mod showing;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use zbus::Connection;
use zbus::object_server::SignalEmitter;

use crate::desktop::tray::linux::host::{Ended, Host};
use crate::desktop::tray::linux::item::Item;
use crate::desktop::tray::linux::menu::Menu;
use crate::desktop::tray::linux::showing::News;
use crate::desktop::tray::{Parts, Tray};
use crate::view::View;

/// The first wait for a bus that is missing; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait for a bus.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The tray; ends when dropped.
#[derive(Debug)]
pub(super) struct LinuxTray {
    views: watch::Sender<Option<View>>,
}

/// The way to the tray: there is nothing to prepare.
#[derive(Debug)]
pub(super) struct Door;

impl Door {
    /// Starts the task.
    #[expect(clippy::unused_self, reason = "the toolkit's door leads to its loop")]
    pub(super) fn open(self, parts: Parts) -> LinuxTray {
        let (views, news) = watch::channel(None);
        tokio::spawn(keep(parts, news));
        LinuxTray { views }
    }
}

/// Does the work on this thread: the tray needs none of its own.
pub(super) fn beside(work: impl FnOnce(Door)) {
    work(Door);
}

impl Tray for LinuxTray {
    fn apply(&mut self, view: View) {
        self.views.send_replace(Some(view));
    }
}

/// What lies on the bus: the icon and the menu.
#[derive(Debug, Clone)]
struct Objects {
    item: Item,
    menu: Menu,
}

impl Objects {
    /// Takes a view while nobody listens.
    fn prepare(&self, view: &View) {
        self.item.show(view);
        let mut showing = self.menu.showing();
        showing.show(&view.menu, Instant::now());
        // Hosts that knew the menu have gone with the bus.
        showing.force();
    }

    /// Takes a view and tells every host what has changed.
    async fn show(&self, connection: &Connection, view: &View) -> zbus::Result<()> {
        let emitter = SignalEmitter::new(connection, item::PATH)?;
        let changes = self.item.show(view);
        self.item.tell(&emitter, &changes).await?;
        let news = self.menu.showing().show(&view.menu, Instant::now());
        tell_menu(connection, news).await
    }

    /// Shows the rows that waited for a menu to be closed, if they have waited long enough.
    async fn settle(&self, connection: &Connection) -> zbus::Result<()> {
        let due = self.menu.showing().due();
        if due.is_some_and(|due| due <= Instant::now()) {
            return self.force(connection).await;
        }
        Ok(())
    }

    /// Shows the rows that waited for a menu to be closed.
    async fn force(&self, connection: &Connection) -> zbus::Result<()> {
        let news = self.menu.showing().force();
        tell_menu(connection, news).await
    }
}

async fn tell_menu(connection: &Connection, news: News) -> zbus::Result<()> {
    Menu::tell(&SignalEmitter::new(connection, menu::PATH)?, news).await
}

/// Serves tray hosts until the tray is dropped.
async fn keep(parts: Parts, mut views: watch::Receiver<Option<View>>) {
    let objects = Objects {
        item: Item::new(parts.clicks.clone()),
        menu: Menu::new(parts.clicks),
    };
    let mut host = Host::new(parts.say, parts.desktop_name);
    // An icon that shows nothing yet would only flicker.
    if views.wait_for(Option::is_some).await.is_err() {
        return;
    }
    let mut wait = FIRST_WAIT;
    loop {
        let ended = tokio::select! {
            ended = host.serve(&objects, views.clone()) => ended,
            () = dropped(&views) => return,
        };
        if ended == Ended::Served {
            wait = FIRST_WAIT;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
            () = dropped(&views) => return,
        }
    }
}

/// Waits until the tray is dropped.
async fn dropped(views: &watch::Receiver<Option<View>>) {
    let mut views = views.clone();
    while views.changed().await.is_ok() {}
}
