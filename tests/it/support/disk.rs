//! A small disk of its own, to be filled, in a process that may mount one.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::told;
use super::world::Outcome;

/// Says to a child process that it may mount disks.
const MAY_MOUNT: &str = "SPENDTRAY_TEST_MAY_MOUNT";

/// Whether this is such a process; elsewhere the test has nothing to do.
pub(crate) fn may_mount() -> bool {
    told(MAY_MOUNT).is_some()
}

/// Runs one test in a process with mounts of its own, which disturbs nobody; who is not root needs to be root there.
pub(crate) fn among_own_mounts(test: &str) -> Outcome {
    let mut said = String::new();
    for namespaces in [&["--mount"][..], &["--mount", "--map-root-user"]] {
        let output = Command::new("unshare")
            .args(namespaces)
            .arg("--")
            .arg(std::env::current_exe()?)
            .args(["--exact", test, "--nocapture"])
            .env(MAY_MOUNT, "yes")
            .output()
            .map_err(|error| format!("`unshare`: {error}: apt-get install util-linux mount"))?;
        said = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned();
        if output.status.success() {
            return Ok(());
        }
        if said.contains(test) {
            break;
        }
    }
    Err(format!("{said}\nIt needs root, or leave to make user namespaces.").into())
}

/// A disk of 192 KiB, unmounted when it is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one at a folder.
    pub(crate) fn at(place: &Path) -> Outcome<Self> {
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=192k", "none"])
            .arg(place)
            .output()?;
        if output.status.success() {
            return Ok(Self(place.to_owned()));
        }
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).status());
    }
}
