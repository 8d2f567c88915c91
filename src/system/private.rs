//! Files and folders that only their owner may read, and files that are replaced as a whole.
//!
//! Where a system has no such modes, what lies in the user's own folders is the user's only anyway.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a folder and those above it, 0700.
///
/// # Errors
/// When the system does not let us.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file to write at its end, and makes it when it is not there; it is 0600 then, whatever it was.
///
/// # Errors
/// When the system does not let us.
pub fn open_to_append(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    #[cfg(unix)]
    opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(opened)
}

/// Makes an empty file, 0600.
///
/// # Errors
/// When it is there already, or the system does not let us.
pub fn make_file(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Puts a text or other bytes in a file's place: written beside it (0600), flushed, handed to `check` by its path, then renamed over.
/// A crash, and a `check` that fails, leave the old file.
///
/// # Errors
/// The system's, or that of `check`.
pub fn replace(
    file: &Path,
    text: impl AsRef<[u8]>,
    check: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    put(file, |beside| beside.write_all(text.as_ref()), check)
}

/// The same, with bytes that are never in memory as a whole.
///
/// # Errors
/// The system's, or that of `write`.
pub fn replace_with(
    file: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    put(file, write, |_| Ok(()))
}

fn put(
    file: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
    check: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let folder = folder(file);
    let mut beside = tempfile::Builder::new()
        .prefix(".spendtray-")
        .tempfile_in(folder)?;
    write(beside.as_file_mut())?;
    beside.as_file().sync_all()?;
    check(beside.path())?;
    beside.persist(file).map_err(|error| error.error)?;
    // The rename itself is on the disk only when the folder is; systems that cannot flush a folder do it themselves.
    if let Ok(folder) = File::open(folder) {
        drop(folder.sync_all());
    }
    Ok(())
}

/// Makes a file's folder and holds other writers of this program off until the result is dropped; `None` where the
/// system cannot lock a folder.
///
/// # Errors
/// When the folder cannot be made.
pub fn hold(file: &Path) -> io::Result<Option<File>> {
    make_folder(folder(file))?;
    let Ok(opened) = File::open(folder(file)) else {
        return Ok(None);
    };
    Ok(opened.lock().is_ok().then_some(opened))
}

/// The folder a file lies in.
#[must_use]
pub fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_found_bad_does_not_take_the_files_place() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        replace(&file, "old", |_| Ok(())).unwrap();
        let bad = replace(&file, "new", |_| Err(io::Error::other("bad")));
        assert_eq!(bad.unwrap_err().to_string(), "bad");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_its_owners_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let (log, new) = (home.path().join("a/b/log"), home.path().join("a/b/new"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        drop(hold(&log).unwrap());
        fs::write(&log, "").unwrap();
        open_to_append(&log).unwrap();
        replace(&new, "", |_| Ok(())).unwrap();
        assert_eq!((mode(&log), mode(&new)), (0o600, 0o600));
        assert_eq!(
            (mode(folder(&log)), mode(&home.path().join("a"))),
            (0o700, 0o700)
        );
    }
}
