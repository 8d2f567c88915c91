//! Puts a new text in the configuration's place, where a link leads to it and with the mode it had.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::system::private;

/// Replaces the file's content once `check` has found the new text good. A link is followed, so that a configuration
/// kept elsewhere stays there. A new file is its owner's only, an old one keeps its mode.
pub(super) fn replace(
    file: &Path,
    text: &str,
    check: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let target = target(file);
    private::make_folder(private::folder(&target))?;
    private::replace(&target, text, |written| {
        if let Ok(old) = fs::metadata(&target) {
            fs::set_permissions(written, old.permissions())?;
        }
        check(written)
    })
}

/// The file that a chain of links ends at, also when that file is not there yet.
pub(super) fn target(file: &Path) -> PathBuf {
    let mut target = file.to_owned();
    for _ in 0..16 {
        let Ok(link) = fs::read_link(&target) else {
            break;
        };
        target = private::folder(&target).join(link);
    }
    target
}
