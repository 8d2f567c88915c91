//! A small disk of its own, to be filled.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A disk of 192 KiB, unmounted when it is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one at a folder. `None`: nobody may mount one here.
    pub(crate) fn at(place: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=192k", "none"])
            .arg(place)
            .stderr(Stdio::null())
            .status();
        matches!(mounted, Ok(status) if status.success()).then(|| Self(place.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).status());
    }
}
