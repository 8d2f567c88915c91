//! A ledger file before SQLite sees it: its folder and its permissions.
//!
//! A file that is there is not opened here: closing it would drop the locks that this process holds on it through
//! SQLite, which is how POSIX locks work. Whether it is a database SQLite finds out, and refuses without writing.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Makes folder (0700) and file (0600) if they are missing. SQLite gives its companion files the file's permissions.
pub(super) fn prepare(path: &Path) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    match private_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Whether changes wait beside the file that are not yet in it.
pub(super) fn has_waiting_changes(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    fs::metadata(PathBuf::from(name)).is_ok_and(|log| log.len() > 0)
}

/// How large it is. `None`: it cannot be told.
pub(super) fn size_bytes(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.len())
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private_file(path: &Path) -> Result<File, Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> Result<File, Error> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
