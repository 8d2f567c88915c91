//! Puts a new text in a file's place: written beside it, flushed, then renamed over. A crash leaves old or new.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces the file's content; a link is followed, so that a configuration kept elsewhere stays there. A new file is
/// readable for its owner only, an old one keeps its mode.
pub(super) fn replace(
    file: &Path,
    text: &str,
    check: impl FnOnce(&Path) -> Result<(), String>,
) -> io::Result<()> {
    let target = target(file);
    let folder = folder(&target);
    make_folder(folder)?;
    let mut beside = tempfile::Builder::new()
        .prefix(".spendtray-")
        .suffix(".toml")
        .tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(&target) {
        beside.as_file().set_permissions(old.permissions())?;
    }
    beside.as_file().sync_all()?;
    check(beside.path()).map_err(io::Error::other)?;
    beside.persist(&target).map_err(|error| error.error)?;
    // The rename itself is on the disk only when the folder is; systems that cannot flush a folder do it themselves.
    if let Ok(folder) = File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// The file that a chain of links ends at, also when that file is not there yet.
pub(super) fn target(file: &Path) -> PathBuf {
    let mut target = file.to_owned();
    for _ in 0..16 {
        let Ok(link) = fs::read_link(&target) else {
            break;
        };
        target = folder(&target).join(link);
    }
    target
}

/// The folder a file lies in.
pub(super) fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the folder, for its owner only.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Holds other writers of this program off until dropped; `None` where the system cannot lock a folder.
pub(super) fn hold(file: &Path) -> io::Result<Option<File>> {
    let target = target(file);
    make_folder(folder(&target))?;
    let Ok(opened) = File::open(folder(&target)) else {
        return Ok(None);
    };
    Ok(opened.lock().is_ok().then_some(opened))
}
