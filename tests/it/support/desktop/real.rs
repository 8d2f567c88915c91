//! A real desktop from Debian's packages: Xvfb, xfwm4, xfce4-panel with its tray, dunst, gnome-keyring.
//!
//! Pictures of it are kept in `target/screenshots`. To run the real binary in it, start
//! `command(env!("CARGO_BIN_EXE_spendtray"))` as a [`Program`]: the session is in the environment already.

use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::OwnedValue;

use super::bus::Bus;
use super::programs::{Program, command, need};
use super::remote::RemoteItem;
use super::secret_store::SecretStore;
use super::{Outcome, Session, soon};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// How often the screen is looked at while it is waited for: X tells no stranger that a picture is complete.
const GLANCE: Duration = Duration::from_millis(40);

/// A running desktop; everything ends when dropped.
pub(crate) struct RealDesktop {
    connection: Connection,
    panel: Option<Program>,
    secrets: Option<SecretStore>,
    _others: [Program; 2],
    _bus: Bus,
}

impl RealDesktop {
    /// Starts bus, window manager, panel and notification daemon, and waits until they are there.
    pub(crate) async fn start(session: &Session) -> Outcome<Self> {
        for (program, package) in [("import", "imagemagick"), ("xdotool", "xdotool")] {
            need(program, package)?;
        }
        let xfconfd = "/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd";
        need(xfconfd, "xfconf")?;
        Bus::serve_on_demand(session, "org.xfce.Xfconf", xfconfd)?;
        let bus = Bus::start(session)?;
        write_panel_settings(&session.home())?;
        let connection = Connection::session().await?;
        let others = [
            Program::start(command("xfwm4").arg("--compositor=off"), "xfwm4")?,
            Program::start(&mut command("dunst"), "dunst")?,
        ];
        let panel = start_panel()?;
        let desktop = Self {
            connection,
            panel: Some(panel),
            secrets: None,
            _others: others,
            _bus: bus,
        };
        desktop
            .name_appears("org.freedesktop.Notifications")
            .await?;
        desktop.name_appears(WATCHER).await?;
        Ok(desktop)
    }

    /// Kills the panel, as a crash does, and starts it again.
    pub(crate) async fn restart_panel(&mut self) -> Outcome {
        // Only once the old tray has gone: two at a time do not agree on who shows the icons.
        drop(self.panel.take());
        self.name_is_owned(WATCHER, false).await?;
        self.panel = Some(start_panel()?);
        self.name_appears(WATCHER).await
    }

    /// Starts a secret store that is unlocked.
    pub(crate) async fn unlock_secrets(&mut self) -> Outcome {
        self.secrets = Some(SecretStore::start().await?);
        Ok(())
    }

    /// The icon that the panel's tray has.
    pub(crate) async fn icon(&self) -> Outcome<RemoteItem> {
        let name = soon("an icon in the panel", async {
            loop {
                // A panel has its name a moment before it listens.
                if let Some(name) = self.registered().await.unwrap_or_default().pop() {
                    return Ok::<_, Box<dyn std::error::Error>>(name);
                }
                tokio::time::sleep(GLANCE).await;
            }
        });
        RemoteItem::new(&self.connection, &name.await??).await
    }

    async fn registered(&self) -> Outcome<Vec<String>> {
        let answer = self
            .connection
            .call_method(
                Some(WATCHER),
                "/StatusNotifierWatcher",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &(WATCHER, "RegisteredStatusNotifierItems"),
            )
            .await?;
        let items: Vec<String> = answer.body().deserialize::<OwnedValue>()?.try_into()?;
        let names = items
            .iter()
            .map(|item| item.split(['/', '@']).next().unwrap_or_default());
        Ok(names.map(ToOwned::to_owned).collect())
    }

    async fn name_appears(&self, name: &str) -> Outcome {
        self.name_is_owned(name, true).await
    }

    async fn name_is_owned(&self, name: &str, owned: bool) -> Outcome {
        let bus = DBusProxy::new(&self.connection).await?;
        let mut owners = bus
            .receive_name_owner_changed_with_args(&[(0, name)])
            .await?;
        let known = BusName::try_from(name.to_owned())?;
        if bus.name_has_owner(known).await? == owned {
            return Ok(());
        }
        soon(name, async {
            while let Some(change) = owners.next().await {
                if change.args()?.new_owner().is_some() == owned {
                    return Ok(());
                }
            }
            Err("the bus has gone".into())
        })
        .await?
    }
}

fn start_panel() -> Outcome<Program> {
    let mut panel = command("xfce4-panel");
    panel
        .arg("--disable-wm-check")
        .env("NO_AT_BRIDGE", "1")
        .env("GTK_A11Y", "none");
    Program::start(&mut panel, "xfce4-panel")
}

/// A panel at the lower edge with nothing but a tray at its right end.
fn write_panel_settings(home: &Path) -> Outcome {
    let folder = home.join(".config/xfce4/xfconf/xfce-perchannel-xml");
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("xfce4-panel.xml"),
        include_str!("xfce4-panel.xml"),
    )?;
    Ok(())
}
