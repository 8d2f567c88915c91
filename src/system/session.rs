//! What the desktop session offers: a bus, a tray host, a notification daemon. It only looks, and not for long.

/// Whether something is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is; who it is, when that can be told.
    Present(Option<String>),
    /// It is not; a sentence says what was found instead.
    Absent(String),
}

/// What a desktop session offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesktopSession {
    /// The session bus. `None`: this system needs none.
    pub bus: Option<Presence>,
    /// Something that shows tray icons.
    pub tray_host: Presence,
    /// Something that shows notifications.
    pub notifications: Presence,
}

/// Looks whether there is a session bus, or none is needed.
pub async fn bus() -> Presence {
    look().await.bus.unwrap_or(Presence::Present(None))
}

/// Looks at everything; ends within seconds whatever is there.
pub async fn look() -> DesktopSession {
    probe::look().await
}

#[cfg(all(target_os = "linux", feature = "desktop"))]
mod probe {
    use std::time::Duration;

    use zbus::Connection;
    use zbus::fdo::DBusProxy;
    use zbus::names::BusName;

    use super::{DesktopSession, Presence};

    /// A bus that takes longer does not answer.
    const LONGEST: Duration = Duration::from_secs(2);
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const NOTIFICATIONS: &str = "org.freedesktop.Notifications";

    pub(super) async fn look() -> DesktopSession {
        let connection = match tokio::time::timeout(LONGEST, Connection::session()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(_)) => return without_bus("there is no session bus."),
            Err(_) => return without_bus("the session bus does not answer."),
        };
        DesktopSession {
            bus: Some(Presence::Present(None)),
            tray_host: timed(tray_host(&connection), "the tray host does not answer.").await,
            notifications: timed(
                notifications(&connection),
                "the notification service does not answer.",
            )
            .await,
        }
    }

    fn without_bus(why: &str) -> DesktopSession {
        let absent = || Presence::Absent(why.to_owned());
        DesktopSession {
            bus: Some(absent()),
            tray_host: absent(),
            notifications: absent(),
        }
    }

    async fn timed(probe: impl Future<Output = zbus::Result<Presence>>, silent: &str) -> Presence {
        match tokio::time::timeout(LONGEST, probe).await {
            Ok(Ok(presence)) => presence,
            Ok(Err(error)) => Presence::Absent(format!("{error}.")),
            Err(_) => Presence::Absent(silent.to_owned()),
        }
    }

    async fn tray_host(connection: &Connection) -> zbus::Result<Presence> {
        if !has_owner(connection, WATCHER).await? {
            return Ok(Presence::Absent(
                "no program of this desktop shows tray icons.".to_owned(),
            ));
        }
        let watcher =
            zbus::Proxy::new(connection, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        let registered: bool = watcher
            .get_property("IsStatusNotifierHostRegistered")
            .await?;
        Ok(if registered {
            Presence::Present(None)
        } else {
            Presence::Absent("no panel with a tray has registered.".to_owned())
        })
    }

    async fn notifications(connection: &Connection) -> zbus::Result<Presence> {
        let service = zbus::Proxy::new(
            connection,
            NOTIFICATIONS,
            "/org/freedesktop/Notifications",
            NOTIFICATIONS,
        )
        .await?;
        // Asked rather than looked up: the bus may start it only when it is needed.
        let information: zbus::Result<(String, String, String, String)> =
            service.call("GetServerInformation", &()).await;
        Ok(match information {
            Ok((name, _, version, _)) => Presence::Present(Some(format!("{name} {version}"))),
            Err(_) => {
                Presence::Absent("no program of this desktop shows notifications.".to_owned())
            }
        })
    }

    async fn has_owner(connection: &Connection, name: &'static str) -> zbus::Result<bool> {
        let bus = DBusProxy::new(connection).await?;
        Ok(bus.name_has_owner(BusName::try_from(name)?).await?)
    }
}

#[cfg(not(all(target_os = "linux", feature = "desktop")))]
mod probe {
    use std::future::{Ready, ready};

    use super::{DesktopSession, Presence};

    pub(super) fn look() -> Ready<DesktopSession> {
        let built_in = || {
            if cfg!(feature = "desktop") {
                Presence::Present(None)
            } else {
                Presence::Absent("this build has no tray and no notifications.".to_owned())
            }
        };
        ready(DesktopSession {
            bus: None,
            tray_host: built_in(),
            notifications: built_in(),
        })
    }
}
