//! The knock on Unix: a socket file in the folder of the lock. Who holds the lock owns the file.

use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixListener;

/// What every system can take of a socket's path, in bytes.
const LONGEST: usize = 100;
/// How long to wait when no connection can be taken, because all file descriptors are in use.
const BREATH: Duration = Duration::from_secs(5);

/// Where others knock; its file goes with it.
#[derive(Debug)]
pub(super) struct Door {
    listener: UnixListener,
    file: PathBuf,
}

impl Door {
    /// Opens it; the lock is held, so a socket that is already there belongs to nobody.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let file = place(folder)?;
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&file)?;
        std::fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        Ok(Self { listener, file })
    }

    /// Waits for a connection; that somebody came says it all.
    pub(super) async fn knocked(&mut self) {
        while let Err(error) = self.listener.accept().await {
            tracing::debug!(%error, "a knock could not be heard");
            tokio::time::sleep(BREATH).await;
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.file) {
            tracing::debug!(%error, "the socket could not be removed");
        }
    }
}

/// Knocks at the process that holds the lock.
pub(super) fn knock(folder: &Path) -> io::Result<()> {
    std::os::unix::net::UnixStream::connect(place(folder)?).map(drop)
}

fn place(folder: &Path) -> io::Result<PathBuf> {
    let file = folder.join("spendtray.sock");
    if file.as_os_str().as_bytes().len() > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidFilename,
            format!("the path is too long for a socket: {}", file.display()),
        ));
    }
    Ok(file)
}
