//! What lies in a folder, and what each of it is. What stands in a file is not known here.
//!
//! Agents leave thousands of files in hundreds of folders, and all are looked at in every new process. On Linux the
//! system is asked by the open folder and a name, which it need not seek from the root; elsewhere as the standard library
//! does it.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A link, to whatever.
    Link,
    /// A file, or something else.
    Other,
}

/// An entry of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a OsStr,
    /// What it is.
    pub kind: Kind,
    told: system::Told<'a>,
}

impl Entry<'_> {
    /// What the system tells of it; of a link, not of what it leads to.
    ///
    /// # Errors
    /// The system's: it has gone, or must not be looked at.
    pub fn facts(&self) -> io::Result<Facts> {
        self.told.facts(self.name)
    }
}

/// What the system tells of a file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether it is a plain file: nobody writes to its other end, and it ends.
    pub is_file: bool,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since the epoch; zero: before, or not told.
    pub modified: u64,
    /// Its device and number, which tell it from another that later has its name. `None`: the system does not say
    /// cheaply.
    pub identity: Option<(u64, u64)>,
}

impl From<&Metadata> for Facts {
    fn from(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let nanos = since.map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        });
        Self {
            is_file: metadata.is_file(),
            size: metadata.len(),
            modified: nanos,
            identity: identity(metadata),
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not say")]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}

/// An open folder, to be listed.
#[derive(Debug)]
pub struct Listing(system::Listing);

impl Listing {
    /// Opens the folder at a path, or that a link there leads to.
    ///
    /// # Errors
    /// The system's: there is none, or it must not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        system::Listing::open(path).map(Self)
    }

    /// Opens a folder in this one; a link is none.
    ///
    /// # Errors
    /// The system's.
    pub fn within(&self, name: &OsStr) -> io::Result<Self> {
        self.0.within(name).map(Self)
    }

    /// Shows each entry, in no order; one that cannot be told is an error of its own. Another time there are none.
    pub fn each(&mut self, see: &mut dyn FnMut(io::Result<Entry<'_>>)) {
        self.0.each(see);
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, open, openat, statat};

    use super::{Entry, Facts, Kind};

    /// The bytes of the entries that are told at once. No entry is longer than a twentieth of it.
    const AT_ONCE: usize = 8192;

    #[derive(Debug)]
    pub(super) struct Listing(OwnedFd);

    fn flags() -> OFlags {
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
    }

    impl Listing {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(open(path, flags(), Mode::empty())?))
        }

        pub(super) fn within(&self, name: &OsStr) -> io::Result<Self> {
            let flags = flags() | OFlags::NOFOLLOW;
            Ok(Self(openat(&self.0, name, flags, Mode::empty())?))
        }

        pub(super) fn each(&mut self, see: &mut dyn FnMut(io::Result<Entry<'_>>)) {
            let told = Told(&self.0);
            let mut buffer = [MaybeUninit::uninit(); AT_ONCE];
            let mut entries = RawDir::new(&self.0, &mut buffer);
            while let Some(entry) = entries.next() {
                let entry = match entry {
                    Ok(entry) => entry,
                    // What follows cannot be told either.
                    Err(error) => return see(Err(error.into())),
                };
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                if name != "." && name != ".." {
                    let kind = told.kind(name, entry.file_type());
                    see(kind.map(|kind| Entry { name, kind, told }));
                }
            }
        }
    }

    /// What tells more of the entries of a folder.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Told<'a>(&'a OwnedFd);

    impl Told<'_> {
        /// Some file systems do not tell the kind with the name.
        fn kind(self, name: &OsStr, told: FileType) -> io::Result<Kind> {
            let kind = match told {
                FileType::Unknown => {
                    let stat = statat(self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    FileType::from_raw_mode(stat.st_mode)
                }
                told => told,
            };
            Ok(match kind {
                FileType::Directory => Kind::Folder,
                FileType::Symlink => Kind::Link,
                _ => Kind::Other,
            })
        }

        pub(super) fn facts(self, name: &OsStr) -> io::Result<Facts> {
            let stat = statat(self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let seconds = u64::try_from(stat.st_mtime).ok();
            let nanos = seconds.and_then(|seconds| {
                seconds
                    .checked_mul(1_000_000_000)?
                    .checked_add(stat.st_mtime_nsec)
            });
            Ok(Facts {
                is_file: FileType::from_raw_mode(stat.st_mode).is_file(),
                size: u64::try_from(stat.st_size).unwrap_or(0),
                modified: nanos.unwrap_or(0),
                identity: Some((stat.st_dev, stat.st_ino)),
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::ffi::OsStr;
    use std::fs::{DirEntry, ReadDir, read_dir};
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{Entry, Facts, Kind};

    #[derive(Debug)]
    pub(super) struct Listing {
        path: PathBuf,
        entries: ReadDir,
    }

    impl Listing {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self {
                path: path.to_owned(),
                entries: read_dir(path)?,
            })
        }

        pub(super) fn within(&self, name: &OsStr) -> io::Result<Self> {
            Self::open(&self.path.join(name))
        }

        pub(super) fn each(&mut self, see: &mut dyn FnMut(io::Result<Entry<'_>>)) {
            for entry in self.entries.by_ref() {
                match entry.and_then(|entry| Ok((kind(&entry)?, entry))) {
                    Ok((kind, entry)) => see(Ok(Entry {
                        name: &entry.file_name(),
                        kind,
                        told: Told(&entry),
                    })),
                    Err(error) => see(Err(error)),
                }
            }
        }
    }

    fn kind(entry: &DirEntry) -> io::Result<Kind> {
        let kind = entry.file_type()?;
        Ok(if kind.is_dir() {
            Kind::Folder
        } else if kind.is_symlink() {
            Kind::Link
        } else {
            Kind::Other
        })
    }

    /// What tells more of an entry.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Told<'a>(&'a DirEntry);

    impl Told<'_> {
        pub(super) fn facts(self, _name: &OsStr) -> io::Result<Facts> {
            self.0.metadata().map(|metadata| Facts::from(&metadata))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::fs;

    use super::*;

    type Listed = BTreeMap<OsString, (Kind, Facts)>;

    fn listed(mut folder: Listing) -> Listed {
        let mut listed = BTreeMap::new();
        folder.each(&mut |entry| {
            let entry = entry.unwrap();
            let facts = entry.facts().unwrap();
            assert_eq!(
                listed.insert(entry.name.to_owned(), (entry.kind, facts)),
                None
            );
        });
        listed
    }

    fn as_the_standard_library_has_it(folder: &Path) -> Listed {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let told = entries.map(|entry| {
            let metadata = entry.metadata().unwrap();
            let kind = if metadata.is_dir() {
                Kind::Folder
            } else if metadata.is_symlink() {
                Kind::Link
            } else {
                Kind::Other
            };
            (entry.file_name(), (kind, Facts::from(&metadata)))
        });
        told.collect()
    }

    #[test]
    fn all_that_lies_in_a_folder_is_told_as_the_standard_library_tells_it() {
        let top = tempfile::tempdir().unwrap();
        let below = top.path().join("below");
        fs::create_dir_all(below.join("deeper")).unwrap();
        // More than is told at once.
        for number in 0..300 {
            let name = format!("{number:0>60}.jsonl");
            fs::write(below.join(name), "x".repeat(number)).unwrap();
        }
        #[cfg(unix)]
        for (name, goal) in [("link", "deeper"), ("dangling", "nothing")] {
            std::os::unix::fs::symlink(goal, below.join(name)).unwrap();
        }
        let told = listed(Listing::open(&below).unwrap());
        assert!(told.len() > 300);
        assert_eq!(told, as_the_standard_library_has_it(&below));
        let within = Listing::open(top.path()).unwrap().within("below".as_ref());
        assert_eq!(listed(within.unwrap()), told);
    }

    #[test]
    fn what_is_no_folder_or_not_there_is_an_error() {
        let top = tempfile::tempdir().unwrap();
        fs::write(top.path().join("file"), "").unwrap();
        let folder = Listing::open(top.path()).unwrap();
        for name in ["file", "nothing"] {
            assert!(folder.within(name.as_ref()).is_err(), "{name}");
            assert!(Listing::open(&top.path().join(name)).is_err(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_time_before_the_epoch_is_none() {
        let top = tempfile::tempdir().unwrap();
        let file = fs::File::create(top.path().join("old")).unwrap();
        let day = std::time::Duration::from_hours(24);
        file.set_modified(UNIX_EPOCH - day).unwrap();
        let told = listed(Listing::open(top.path()).unwrap());
        let modified = told.values().map(|(_, facts)| facts.modified);
        assert_eq!(modified.collect::<Vec<_>>(), [0]);
    }
}
