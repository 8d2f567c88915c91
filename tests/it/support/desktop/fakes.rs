//! A tray host and a notification daemon in the test process.

use std::collections::HashMap;

use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::message::Header;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, MessageStream, connection, fdo, interface};

use super::remote::RemoteItem;
use super::screen::until;
use super::{Outcome, soon};

/// A tray host with the list of icons.
pub(crate) struct FakeTray {
    connection: Connection,
    registrations: UnboundedReceiver<String>,
}

struct Watcher(UnboundedSender<String>);

#[expect(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "the bus sets the signature"
)]
#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: String) {
        // Some tell a name on the bus, some only a path.
        let icon = match header.sender() {
            Some(sender) if service.starts_with('/') => format!("{sender}{service}"),
            _ => service,
        };
        drop(self.0.send(icon));
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

impl FakeTray {
    /// Appears on the bus.
    pub(crate) async fn appear() -> Outcome<Self> {
        let (sender, registrations) = unbounded_channel();
        let connection = connection::Builder::session()?
            .serve_at("/StatusNotifierWatcher", Watcher(sender))?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .await?;
        Ok(Self {
            connection,
            registrations,
        })
    }

    /// Appears on the bus before it listens, as Xfce's panel does.
    pub(crate) async fn appear_asleep() -> Outcome<Self> {
        let (sender, registrations) = unbounded_channel();
        let connection = connection::Builder::session()?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .await?;
        let mut calls = MessageStream::from(&connection);
        soon("a call that finds nobody", async {
            while let Some(Ok(call)) = calls.next().await {
                let header = call.header();
                if header
                    .member()
                    .is_some_and(|member| member == "RegisterStatusNotifierItem")
                {
                    return connection
                        .reply_dbus_error(&header, fdo::Error::UnknownObject("not yet".into()))
                        .await;
                }
            }
            Ok(())
        })
        .await??;
        drop(calls);
        connection
            .object_server()
            .at("/StatusNotifierWatcher", Watcher(sender))
            .await?;
        Ok(Self {
            connection,
            registrations,
        })
    }

    /// The next icon that registers.
    pub(crate) async fn icon(&mut self) -> Outcome<RemoteItem> {
        let name = soon("an icon", self.registrations.recv()).await?;
        let icon = RemoteItem::new(&self.connection, &name.ok_or("the tray has gone")?).await?;
        if cfg!(feature = "toolkit-tray") {
            // libappindicator registers an icon before it has given it its menu.
            until("a menu", async || {
                Ok(icon.rows().await.is_ok_and(|rows| !rows.is_empty()))
            })
            .await?;
        }
        Ok(icon)
    }

    /// Goes, as a panel that is killed.
    pub(crate) async fn disappear(self) -> Outcome {
        Ok(self.connection.close().await?)
    }
}

/// A notification as the daemon was given it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// Its number.
    pub(crate) id: u32,
    /// The number it takes the place of; 0: none.
    pub(crate) replaces: u32,
    /// Application, icon, summary and body.
    pub(crate) texts: [String; 4],
    /// Keys and labels of buttons.
    pub(crate) actions: Vec<String>,
    /// Urgency, from 0.
    pub(crate) urgency: Option<u8>,
    /// The category.
    pub(crate) category: Option<String>,
    /// Milliseconds; 0: it stays; -1: as the daemon thinks.
    pub(crate) timeout: i32,
    /// Who sent it.
    sender: String,
}

/// A notification daemon.
pub(crate) struct FakeDaemon {
    connection: Connection,
    shown: UnboundedReceiver<Shown>,
}

struct Notifications {
    abilities: Vec<&'static str>,
    last: u32,
    shown: UnboundedSender<Shown>,
}

#[expect(clippy::needless_pass_by_value, reason = "the bus sets the signatures")]
#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the bus sets the signature")]
    fn notify(
        &mut self,
        #[zbus(header)] header: Header<'_>,
        app: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        timeout: i32,
    ) -> u32 {
        self.last += 1;
        let id = if replaces == 0 { self.last } else { replaces };
        let hint = |name: &str| hints.get(name).and_then(|value| value.try_clone().ok());
        drop(self.shown.send(Shown {
            id,
            replaces,
            texts: [app, icon, summary, body],
            actions,
            urgency: hint("urgency").and_then(|value| u8::try_from(value).ok()),
            category: hint("category").and_then(|value| String::try_from(value).ok()),
            timeout,
            sender: header.sender().map(ToString::to_string).unwrap_or_default(),
        }));
        id
    }

    fn get_capabilities(&self) -> Vec<&'static str> {
        self.abilities.clone()
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;
}

impl FakeDaemon {
    /// Appears on the bus, able to do this.
    pub(crate) async fn appear(abilities: &[&'static str]) -> Outcome<Self> {
        let (sender, shown) = unbounded_channel();
        let notifications = Notifications {
            abilities: abilities.to_vec(),
            last: 0,
            shown: sender,
        };
        let connection = connection::Builder::session()?
            .serve_at("/org/freedesktop/Notifications", notifications)?
            .name("org.freedesktop.Notifications")?
            .build()
            .await?;
        Ok(Self { connection, shown })
    }

    /// The next notification.
    pub(crate) async fn next(&mut self) -> Outcome<Shown> {
        let shown = soon("a notification", self.shown.recv()).await?;
        shown.ok_or_else(|| "the daemon has gone".into())
    }

    /// The next notification, if it has been sent already.
    pub(crate) fn next_if_any(&mut self) -> Option<Shown> {
        self.shown.try_recv().ok()
    }

    /// Presses a button of a notification, and tells only its sender, as dunst does; it stays on the screen.
    pub(crate) async fn press(&self, shown: &Shown, key: &str) -> Outcome {
        let emitter = SignalEmitter::new(&self.connection, "/org/freedesktop/Notifications")?
            .set_destination(BusName::try_from(shown.sender.clone())?);
        Notifications::action_invoked(&emitter, shown.id, key).await?;
        Ok(())
    }

    /// Goes.
    pub(crate) async fn disappear(self) -> Outcome {
        Ok(self.connection.close().await?)
    }
}
