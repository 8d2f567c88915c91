//! A ledger file before SQLite sees it: its folder and its permissions.
//!
//! A file that is there is not opened here: closing it would drop the locks that this process holds on it through
//! SQLite, which is how POSIX locks work. Whether it is a database SQLite finds out, and refuses without writing.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use crate::system::private;

/// Makes folder (0700) and file (0600) if they are missing. SQLite gives its companion files the file's permissions.
pub(super) fn prepare(path: &Path) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        private::make_folder(folder)?;
    }
    match private::make_file(path) {
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
