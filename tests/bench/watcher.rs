//! A private bus with a tray host and a notification daemon.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, Value};
use zbus::{Connection, Proxy, connection, interface};

use super::Outcome;

const PATIENCE: Duration = Duration::from_secs(20);

/// The bus, and the icons that register.
pub(super) struct Bus {
    daemon: Child,
    address: String,
    connection: Connection,
    icons: UnboundedReceiver<(String, Instant)>,
}

struct Watcher(UnboundedSender<(String, Instant)>);

#[expect(clippy::unused_self, reason = "the bus asks an object")]
#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[expect(clippy::needless_pass_by_value, reason = "the bus sets the signature")]
    fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: String) {
        let sender = header.sender().map(ToString::to_string);
        drop(self.0.send((sender.unwrap_or(service), Instant::now())));
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

/// Takes every notice and shows none: without a daemon each notice would wait for one to be started.
struct Notices(u32);

#[expect(clippy::unused_self, reason = "the bus asks an object")]
#[interface(name = "org.freedesktop.Notifications")]
impl Notices {
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let told = ["bench", "spendtray", "1", "1.2"].map(str::to_owned);
        told.into()
    }

    #[expect(clippy::too_many_arguments, reason = "the bus sets the signature")]
    fn notify(
        &mut self,
        program: &str,
        replaces: u32,
        icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<&str>,
        hints: HashMap<&str, Value<'_>>,
        expires_after: i32,
    ) -> u32 {
        drop((program, icon, summary, body, actions, hints, expires_after));
        if replaces > 0 {
            return replaces;
        }
        self.0 += 1;
        self.0
    }

    fn close_notification(&self, id: u32) {
        let _: u32 = id;
    }
}

impl Bus {
    pub(super) async fn start() -> Outcome<Self> {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = daemon.stdout.take().ok_or("dbus-daemon says nothing")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        let address = address.trim().to_owned();
        let (sender, icons) = unbounded_channel();
        let connection = connection::Builder::address(address.as_str())?
            .serve_at("/StatusNotifierWatcher", Watcher(sender))?
            .serve_at("/org/freedesktop/Notifications", Notices(0))?
            .name("org.kde.StatusNotifierWatcher")?
            .name("org.freedesktop.Notifications")?
            .build()
            .await?;
        Ok(Self {
            daemon,
            address,
            connection,
            icons,
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The next icon that registers.
    pub(super) async fn icon(&mut self) -> Outcome<Icon> {
        let name = tokio::time::timeout(PATIENCE, self.icons.recv()).await?;
        let (name, registered_at) = name.ok_or("the bus has gone")?;
        let item = proxy(
            &self.connection,
            &name,
            "/StatusNotifierItem",
            "org.kde.StatusNotifierItem",
        )
        .await?;
        let path: OwnedObjectPath = item.get_property("Menu").await?;
        let menu = proxy(
            &self.connection,
            &name,
            path.as_str(),
            "com.canonical.dbusmenu",
        )
        .await?;
        Ok(Icon {
            registered_at,
            menu,
        })
    }
}

async fn proxy(
    connection: &Connection,
    name: &str,
    path: &str,
    interface: &str,
) -> Outcome<Proxy<'static>> {
    let proxy = Proxy::new(
        connection,
        name.to_owned(),
        path.to_owned(),
        interface.to_owned(),
    );
    Ok(proxy.await?)
}

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}

/// An icon on the bus.
pub(super) struct Icon {
    /// When it appeared.
    pub(super) registered_at: Instant,
    menu: Proxy<'static>,
}

impl Icon {
    /// What a panel does at a click: the menu is announced, opened and read whole.
    pub(super) async fn open_menu(&self) -> Outcome {
        self.menu.call_method("AboutToShow", &(0_i32,)).await?;
        let opened = (0_i32, "opened", Value::from(0_i32), 0_u32);
        self.menu.call_method("Event", &opened).await?;
        let all: (i32, i32, Vec<String>) = (0, -1, Vec::new());
        self.menu.call_method("GetLayout", &all).await?;
        let closed = (0_i32, "closed", Value::from(0_i32), 0_u32);
        self.menu.call_method("Event", &closed).await?;
        Ok(())
    }
}
