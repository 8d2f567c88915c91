//! The knock on Windows: a named pipe, named after the folder of the lock.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

/// How long to wait when no pipe can be made.
const BREATH: Duration = Duration::from_secs(5);

/// Where others knock.
#[derive(Debug)]
pub(super) struct Door {
    pipe: NamedPipeServer,
    name: String,
}

impl Door {
    /// Opens it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let name = name(folder);
        let pipe = ServerOptions::new()
            .first_pipe_instance(true)
            .reject_remote_clients(true)
            .create(&name)?;
        Ok(Self { pipe, name })
    }

    /// Waits for a connection; that somebody came says it all.
    pub(super) async fn knocked(&mut self) {
        while let Err(error) = self.next().await {
            tracing::debug!(%error, "a knock could not be heard");
            tokio::time::sleep(BREATH).await;
        }
    }

    /// A pipe serves one client; the next one needs another.
    async fn next(&mut self) -> io::Result<()> {
        self.pipe.connect().await?;
        self.pipe = ServerOptions::new()
            .reject_remote_clients(true)
            .create(&self.name)?;
        Ok(())
    }
}

/// Knocks at the process that holds the lock.
pub(super) fn knock(folder: &Path) -> io::Result<()> {
    File::options().write(true).open(name(folder)).map(drop)
}

/// A pipe's name may not hold a path; a hash of it (FNV-1a, the same in every release) tells users apart.
fn name(folder: &Path) -> String {
    let path = folder.to_string_lossy();
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!(r"\\.\pipe\spendtray-{hash:016x}")
}
