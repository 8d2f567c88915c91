//! A real secret store on the session's bus: GNOME Keyring, unlocked from its start.

use std::io::Write;

use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::ObjectPath;

use super::Outcome;
use super::programs::{Program, command};
use super::screen::until;

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
/// What takes new entries, and what the program reads.
const DEFAULT: &str = "/org/freedesktop/secrets/aliases/default";

/// A running store; ends when dropped, its entries stay in the session's home.
pub(crate) struct SecretStore {
    connection: Connection,
    _daemon: Program,
}

impl SecretStore {
    /// Starts it, and waits until it can be asked.
    pub(crate) async fn start() -> Outcome<Self> {
        let connection = Connection::session().await?;
        let mut daemon = command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        let (daemon, mut input) = Program::start_told(&mut daemon, "gnome-keyring")?;
        input.write_all(b"a password")?;
        drop(input);
        let store = Self {
            connection,
            _daemon: daemon,
        };
        until("the secret store", async || {
            is_there(&store.connection).await
        })
        .await?;
        Ok(store)
    }

    /// Locks it, as a screen saver does.
    pub(crate) async fn lock(&self) -> Outcome {
        let objects = vec![ObjectPath::try_from(DEFAULT)?];
        self.connection
            .call_method(Some(NAME), PATH, Some(SERVICE), "Lock", &(objects))
            .await?;
        Ok(())
    }

    /// Goes, as one that is killed.
    pub(crate) async fn disappear(self) -> Outcome {
        let Self {
            connection,
            _daemon: daemon,
        } = self;
        drop(daemon);
        until("the end of the secret store", async || {
            Ok(!is_there(&connection).await?)
        })
        .await
    }
}

async fn is_there(connection: &Connection) -> Outcome<bool> {
    let bus = DBusProxy::new(connection).await?;
    Ok(bus.name_has_owner(BusName::try_from(NAME)?).await?)
}
