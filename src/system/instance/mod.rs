//! One resident process: a lock file, and a socket over which a second start wakes the first.
//!
//! The lock decides; it ends with the process, however that ends. The socket only carries the knock, so a process
//! without one is still the only one.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

#[cfg(unix)]
#[path = "unix.rs"]
mod door;
#[cfg(windows)]
#[path = "windows.rs"]
mod door;

use crate::system::private;

/// Who is resident.
#[derive(Debug)]
pub enum Claim {
    /// This process.
    First(Instance),
    /// Another one, which has been told to show itself.
    Running,
}

/// The right to be resident; ends when dropped.
#[derive(Debug)]
pub struct Instance {
    /// Where others knock. `None`: nobody can.
    door: Option<door::Door>,
    /// Held, not read: the lock ends with it.
    _lock: File,
}

/// Claims the place; needs a tokio runtime for the socket.
///
/// # Errors
/// When the folder cannot be written.
pub fn claim(folder: &Path) -> io::Result<Claim> {
    private::make_folder(folder)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("spendtray.lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            if let Err(error) = door::knock(folder) {
                tracing::debug!(%error, "the running process could not be told to show itself");
            }
            return Ok(Claim::Running);
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let door = door::Door::open(folder)
        .inspect_err(|error| {
            tracing::warn!(%error, "a second start will not be able to wake this process");
        })
        .ok();
    Ok(Claim::First(Instance { door, _lock: lock }))
}

impl Instance {
    /// Waits until a second start knocks.
    pub async fn knocked(&mut self) {
        match &mut self.door {
            Some(door) => door.knocked().await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(claim: Claim) -> Instance {
        match claim {
            Claim::First(instance) => instance,
            Claim::Running => panic!("somebody else is resident"),
        }
    }

    #[tokio::test]
    async fn a_second_start_knocks_at_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(claim(folder.path()).unwrap());
        assert!(matches!(claim(folder.path()).unwrap(), Claim::Running));
        instance.knocked().await;
        assert!(matches!(claim(folder.path()).unwrap(), Claim::Running));
        instance.knocked().await;
    }

    #[tokio::test]
    async fn the_place_is_free_again_when_the_first_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        drop(first(claim(folder.path()).unwrap()));
        drop(first(claim(folder.path()).unwrap()));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_left_by_a_killed_process_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("spendtray.sock");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        assert!(socket.exists());
        let mut instance = first(claim(folder.path()).unwrap());
        assert!(matches!(claim(folder.path()).unwrap(), Claim::Running));
        instance.knocked().await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_too_deep_for_a_socket_still_has_one_resident() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120));
        let _instance = first(claim(&deep).unwrap());
        assert!(matches!(claim(&deep).unwrap(), Claim::Running));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn folder_and_socket_are_for_the_user_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let _instance = first(claim(&state).unwrap());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        assert_eq!(mode(&state.join("spendtray.sock")), 0o600);
    }
}
