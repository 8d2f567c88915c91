//! One connection to the session bus, from the first word to the loss of the bus.

use std::future::pending;
use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::names::WellKnownName;
use zbus::{Connection, connection};

use crate::desktop::tray::linux::{Objects, hint, item, menu};
use crate::view::View;

/// Who keeps the list of tray icons.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// The longest a bus or a host may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// At login the panel may start after us; only then is it missing.
const GRACE: Duration = Duration::from_secs(2);

/// The first wait after a watcher did not take the icon: Xfce's has its name a moment before it listens. Each further
/// wait is twice as long.
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// The longest wait for a watcher.
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// There was none.
    NoBus,
    /// It worked, and was lost.
    Served,
}

/// Whether a sentence was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Yes,
    No,
}

/// Whether a host shows the icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
}

/// Connects, again and again; remembers what has been said.
#[derive(Debug)]
pub(super) struct Host {
    say: fn(&str),
    desktop_name: Option<String>,
    bus_missed: Said,
    tray_missed: Said,
}

impl Host {
    /// One that has said nothing yet.
    pub(super) fn new(say: fn(&str), desktop_name: Option<String>) -> Self {
        Self {
            say,
            desktop_name,
            bus_missed: Said::No,
            tray_missed: Said::No,
        }
    }

    /// Serves one connection until it is lost.
    pub(super) async fn serve(
        &mut self,
        objects: &Objects,
        mut views: watch::Receiver<Option<View>>,
    ) -> Ended {
        if let Some(view) = &*views.borrow_and_update() {
            objects.prepare(view);
        }
        let mut session = match timeout(PATIENCE, Session::open(objects)).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return self.no_bus(&error.to_string()),
            Err(_) => return self.no_bus("it does not answer"),
        };
        let error = match self.attend(&mut session, &mut views).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        tracing::info!(%error, "the session bus was lost; the icon returns with it");
        Ended::Served
    }

    /// Serves until the connection fails.
    async fn attend(
        &mut self,
        session: &mut Session<'_>,
        views: &mut watch::Receiver<Option<View>>,
    ) -> zbus::Result<std::convert::Infallible> {
        session.register().await;
        let mut grace = Some(Instant::now() + GRACE);
        loop {
            let due = session.objects.menu.showing().due();
            tokio::select! {
                change = session.owners.next() => {
                    session.watcher_changed(change.ok_or_else(lost)?).await?;
                }
                view = next(views) => session.objects.show(&session.connection, &view).await?,
                () = at(grace) => {
                    grace = None;
                    self.check(session).await;
                }
                () = at(session.retry_at) => session.register().await,
                () = at(due) => session.objects.settle(&session.connection).await?,
            }
        }
    }

    /// Says once that no host shows the icon, and what to do about it.
    async fn check(&mut self, session: &Session<'_>) {
        let missing = session.shown == Shown::No || session.has_host().await == Some(false);
        if missing && self.tray_missed == Said::No {
            self.tray_missed = Said::Yes;
            let hint = hint::for_desktop(self.desktop_name.as_deref());
            tracing::warn!(target: "said", hint, "no tray shows the icon");
            (self.say)(&format!(
                "no tray shows the icon yet; figures are polled all the same. hint: {hint}"
            ));
        }
    }

    /// Says once that there is no bus.
    fn no_bus(&mut self, reason: &str) -> Ended {
        if self.bus_missed == Said::No {
            self.bus_missed = Said::Yes;
            tracing::warn!(target: "said", reason, "no session bus");
            (self.say)(&format!(
                "no session bus, so no icon and no notifications until there is one ({reason}); figures are polled all \
                 the same. hint: start it within a desktop session, or under `dbus-run-session`."
            ));
        }
        Ended::NoBus
    }
}

/// An open connection and what the bus tells over it.
struct Session<'a> {
    objects: &'a Objects,
    connection: Connection,
    /// Our name on the bus, for the watcher.
    name: String,
    /// The comings and goings of the watcher.
    owners: NameOwnerChangedStream,
    shown: Shown,
    /// When to tell the watcher again. `None`: it knows, or there is none.
    retry_at: Option<Instant>,
    retry_after: Duration,
}

impl<'a> Session<'a> {
    async fn open(objects: &'a Objects) -> zbus::Result<Self> {
        let connection = connection::Builder::session()?
            .serve_at(item::PATH, objects.item.clone())?
            .serve_at(menu::PATH, objects.menu.clone())?
            .method_timeout(PATIENCE)
            .build()
            .await?;
        let name = own_name(&connection).await;
        let bus = DBusProxy::new(&connection).await?;
        let owners = bus
            .receive_name_owner_changed_with_args(&[(0, WATCHER)])
            .await?;
        Ok(Self {
            objects,
            connection,
            name,
            owners,
            shown: Shown::No,
            retry_at: None,
            retry_after: FIRST_RETRY,
        })
    }

    /// Tells the watcher of the icon, if there is a watcher.
    async fn register(&mut self) {
        let told = self
            .connection
            .call_method(
                Some(WATCHER),
                WATCHER_PATH,
                Some(WATCHER),
                "RegisterStatusNotifierItem",
                &self.name,
            )
            .await;
        match told {
            Ok(_) => {
                tracing::info!("the tray shows the icon");
                self.shown = Shown::Yes;
                self.retry_at = None;
            }
            Err(zbus::Error::MethodError(name, ..)) if is_absent(&name) => {
                tracing::info!("no tray shows the icon");
                self.retry_at = None;
            }
            Err(error) => {
                tracing::info!(%error, "the tray does not take the icon");
                self.retry_at = Some(Instant::now() + self.retry_after);
                self.retry_after = (self.retry_after * 2).min(LONGEST_RETRY);
            }
        }
    }

    /// A watcher came or went; menus of one that went are no longer open.
    async fn watcher_changed(&mut self, change: zbus::fdo::NameOwnerChanged) -> zbus::Result<()> {
        self.shown = Shown::No;
        (self.retry_at, self.retry_after) = (None, FIRST_RETRY);
        self.objects.force(&self.connection).await?;
        if change.args()?.new_owner().is_some() {
            self.register().await;
        }
        Ok(())
    }

    /// Whether the watcher has anybody to show icons. `None`: it does not say.
    async fn has_host(&self) -> Option<bool> {
        let answer = self
            .connection
            .call_method(
                Some(WATCHER),
                WATCHER_PATH,
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &(WATCHER, "IsStatusNotifierHostRegistered"),
            )
            .await
            .ok()?;
        let value: zbus::zvariant::OwnedValue = answer.body().deserialize().ok()?;
        bool::try_from(value).ok()
    }
}

/// A name by which watchers know tray icons; inside a sandbox that forbids it, the connection's own.
async fn own_name(connection: &Connection) -> String {
    let name = format!("org.kde.StatusNotifierItem-{}-1", std::process::id());
    if let Ok(known) = WellKnownName::try_from(name.as_str())
        && connection.request_name(known).await.is_ok()
    {
        return name;
    }
    connection
        .unique_name()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Whether an error says that nobody has the name that was called.
fn is_absent(name: &str) -> bool {
    matches!(
        name,
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner"
    )
}

fn lost() -> zbus::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted).into()
}

/// Waits for the next view.
async fn next(views: &mut watch::Receiver<Option<View>>) -> View {
    while views.changed().await.is_ok() {
        if let Some(view) = views.borrow_and_update().clone() {
            return view;
        }
    }
    // The tray was dropped; whoever waits here is dropped too.
    pending().await
}

/// Waits until then. `None`: for ever.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}
