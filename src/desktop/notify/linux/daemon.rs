//! Who shows notifications, and what it can do. Asked anew for each notice: daemons come and go, notices are rare.

use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    /// Its connection's name on the bus; another one after a restart.
    pub(super) name: String,
    /// Whether it shows buttons.
    pub(super) buttons: Buttons,
    /// How it reads a body.
    pub(super) body: Body,
}

/// Whether a daemon shows buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buttons {
    /// It does.
    Shown,
    /// It does not.
    Ignored,
}

/// How a daemon reads a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// As text.
    Text,
    /// As markup.
    Markup,
}

impl Daemon {
    /// The daemon of this session; starts it where the session knows how.
    pub(super) async fn find() -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        let answer = connection
            .call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &())
            .await?;
        let abilities: Vec<String> = answer.body().deserialize()?;
        let can = |ability: &str| abilities.iter().any(|one| one == ability);
        let bus = DBusProxy::new(&connection).await?;
        let name = bus.get_name_owner(BusName::try_from(NAME)?).await?;
        Ok(Self {
            name: name.to_string(),
            buttons: if can("actions") {
                Buttons::Shown
            } else {
                Buttons::Ignored
            },
            body: if can("body-markup") {
                Body::Markup
            } else {
                Body::Text
            },
        })
    }
}
