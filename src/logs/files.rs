//! Which files there are: walking the roots of an agent. What stands in them is not known here.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use spendtray_skim::hashing::{Set, both, sum};

use crate::domain::variables::Variables;
use crate::logs::reading::Shape;
use crate::system::listing::{Facts, Kind, Listing};

/// Folders deeper than this are not entered: no agent nests so deep, and a loop of mounts would.
const DEEPEST: usize = 32;

/// Where this user's programs keep their files.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The home.
    pub home: &'a Path,
    /// The folder of all programs' configuration: `~/.config`, `~/Library/Application Support`, `%APPDATA%`.
    pub config_home: &'a Path,
    /// The environment's variables; agents' own overrides stand there.
    pub variables: &'a Variables,
}

impl Places<'_> {
    /// `~/.local/share`, which many agents use on every system.
    pub(super) fn data_home(&self) -> PathBuf {
        self.absolute("XDG_DATA_HOME", ".local/share")
    }

    /// `~/.config`, which many agents use on every system.
    pub(super) fn xdg_config_home(&self) -> PathBuf {
        self.absolute("XDG_CONFIG_HOME", ".config")
    }

    /// The folders of a desktop app: its own among all programs' configuration, and those that Windows gives an app
    /// from its store (`%LOCALAPPDATA%\Packages\<name>_<publisher>\LocalCache\Roaming\<name>`).
    pub(super) fn desktop_app(&self, name: &str) -> Vec<PathBuf> {
        let packages = self
            .absolute("LOCALAPPDATA", "AppData/Local")
            .join("Packages");
        let package = format!("{name}_");
        let mut folders: Vec<PathBuf> = fs::read_dir(packages)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&package))
            .map(|entry| entry.path().join("LocalCache/Roaming").join(name))
            .collect();
        folders.sort();
        folders.insert(0, self.config_home.join(name));
        folders
    }

    /// The folder a variable names, unless it is relative; else one below the home.
    fn absolute(&self, variable: &str, below_home: &str) -> PathBuf {
        let named = self.variables.get(variable).map(PathBuf::from);
        named
            .filter(|path| path.is_absolute())
            .unwrap_or_else(|| self.home.join(below_home))
    }

    /// A path of a variable: trimmed, with `~` for the home.
    pub(super) fn expand(&self, text: &str) -> PathBuf {
        let text = text.trim();
        match text.strip_prefix('~') {
            Some(rest) => self.home.join(rest.trim_start_matches(['/', '\\'])),
            None => PathBuf::from(text),
        }
    }

    /// The folders a variable lists with commas. `None`: it is not set.
    pub(super) fn listed(&self, variable: &str) -> Option<Vec<PathBuf>> {
        let list = self.variables.get(variable)?;
        Some(list.split(',').map(|entry| self.expand(entry)).collect())
    }
}

/// What a walk looks for, and how deep below a root it is.
#[derive(Debug, Clone, Copy)]
struct Search {
    shape: fn(&Path) -> Option<Shape>,
    depth: usize,
}

impl Search {
    const fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

/// A file that may hold usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// The path, hashed.
    pub(super) key: u64,
    pub(super) shape: Shape,
    pub(super) stamp: Stamp,
}

/// What tells without reading whether a file changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Which file it is, hashed. Zero: not told.
    pub(super) identity: u64,
    pub(super) size: u64,
    /// Nanoseconds since the epoch.
    pub(super) modified: u64,
}

impl Stamp {
    pub(super) fn of(facts: &Facts) -> Self {
        let identity = facts.identity;
        let identity = identity.map_or(0, |(device, number)| both(device, number).max(1));
        Self {
            identity,
            size: facts.size,
            modified: facts.modified,
        }
    }
}

/// A folder that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// When a file in it or below was last written, in nanoseconds since the epoch; zero: there is none.
    pub(super) newest: u64,
}

/// The file that a change of this one is a change of: what belongs to a database is the database.
pub(super) fn whole(path: &Path) -> &Path {
    let whole = path.to_str().and_then(|text| text.strip_suffix("-wal"));
    whole.map_or(path, Path::new)
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) files: Vec<Found>,
    pub(super) folders: Vec<Folder>,
    /// Files and folders the system does not let us look at.
    pub(super) closed: u64,
    entered: HashSet<(u64, u64)>,
    taken: Set,
}

impl Walk {
    /// Everything below the roots, and every root, that has a shape, each file once, the last written first: today's
    /// figures are there before last year's.
    pub(super) fn of(roots: &[PathBuf], shape: fn(&Path) -> Option<Shape>) -> Self {
        let (mut walk, search) = (Self::default(), Search { shape, depth: 0 });
        for root in roots {
            if root.is_dir() {
                walk.enter_once(root, search);
            } else if let Ok(metadata) = fs::metadata(root) {
                walk.take_if_wanted(root.clone(), search, || Ok(Facts::from(&metadata)));
            }
        }
        walk.sort();
        walk
    }

    /// Those of some files that lie below the roots and have a shape, and all in those that are folders, as
    /// [`Self::of`] would find them.
    pub(super) fn only(
        roots: &[PathBuf],
        shape: fn(&Path) -> Option<Shape>,
        paths: &[PathBuf],
    ) -> Self {
        let (mut walk, search) = (Self::default(), Search { shape, depth: 0 });
        for path in paths {
            let path = whole(path);
            let below = roots.iter().any(|root| path.starts_with(root));
            let Some(metadata) = fs::metadata(path).ok().filter(|_| below) else {
                continue;
            };
            if metadata.is_dir() {
                walk.enter_once(path, search);
            } else {
                let facts = || Ok(Facts::from(&metadata));
                walk.take_if_wanted(path.to_owned(), search, facts);
            }
        }
        walk.sort();
        walk
    }

    fn sort(&mut self) {
        self.files.sort_unstable_by(|one, other| {
            let newest = other.stamp.modified.cmp(&one.stamp.modified);
            newest.then_with(|| one.path.cmp(&other.path))
        });
    }

    /// Enters a folder that a link or a root leads to, unless one led there before.
    fn enter_once(&mut self, folder: &Path, search: Search) -> u64 {
        let Ok(metadata) = fs::metadata(folder) else {
            self.closed += 1;
            return 0;
        };
        let identity = Facts::from(&metadata).identity;
        if identity.is_some_and(|identity| !self.entered.insert(identity)) {
            return 0;
        }
        self.enter(folder, Listing::open(folder), search)
    }

    /// Takes all in a folder; when the newest of it was written.
    fn enter(&mut self, folder: &Path, listing: io::Result<Listing>, search: Search) -> u64 {
        let Ok(mut listing) = listing else {
            self.closed += 1;
            return 0;
        };
        if search.depth > DEEPEST {
            return 0;
        }
        let (mut newest, mut below) = (0, Vec::new());
        listing.each(&mut |entry| {
            let Ok(entry) = entry else {
                self.closed += 1;
                return;
            };
            let path = within(folder, entry.name);
            if entry.kind == Kind::Other {
                newest = newest.max(self.take_if_wanted(path, search, || entry.facts()));
            } else {
                below.push((path, entry.kind));
            }
        });
        for (path, kind) in below {
            let written = if kind == Kind::Folder {
                let name = path.file_name().unwrap_or_default();
                self.enter(&path, listing.within(name), search.deeper())
            } else if path.is_dir() {
                self.enter_once(&path, search.deeper())
            } else {
                let facts = fs::metadata(&path).map(|metadata| Facts::from(&metadata));
                self.take_if_wanted(path, search, || facts)
            };
            newest = newest.max(written);
        }
        self.folders.push(Folder {
            path: folder.to_owned(),
            newest,
        });
        newest
    }

    /// Takes a file that may hold usage; when it was last written.
    fn take_if_wanted(
        &mut self,
        path: PathBuf,
        search: Search,
        facts: impl FnOnce() -> io::Result<Facts>,
    ) -> u64 {
        let Some(shape) = (search.shape)(&path) else {
            return 0;
        };
        let Ok(facts) = facts() else {
            self.closed += 1;
            return 0;
        };
        self.take(path, shape, &facts)
    }

    /// Takes a file; when it was last written.
    fn take(&mut self, path: PathBuf, shape: Shape, facts: &Facts) -> u64 {
        // A pipe that nobody writes to would hold the walk for ever.
        if !facts.is_file {
            return 0;
        }
        let mut stamp = Stamp::of(facts);
        if stamp.identity != 0 && !self.taken.insert(stamp.identity) {
            return 0;
        }
        if matches!(shape, Shape::Database(_)) {
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            if let Ok(metadata) = fs::metadata(log) {
                let log = Stamp::of(&Facts::from(&metadata));
                stamp.size = stamp.size.saturating_add(log.size);
                stamp.modified = stamp.modified.max(log.modified);
            }
        }
        let key = sum(path.as_os_str().as_encoded_bytes());
        self.files.push(Found {
            path,
            key,
            shape,
            stamp,
        });
        stamp.modified
    }
}

/// A path in a folder, which takes just as much memory as it needs.
fn within(folder: &Path, name: &OsStr) -> PathBuf {
    let mut path = PathBuf::with_capacity(folder.as_os_str().len() + 1 + name.len());
    path.push(folder);
    path.push(name);
    path
}

/// Whether a folder above the file has that name.
pub(super) fn named_in(path: &Path, name: &str) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    let mut end = None;
    for at in memchr::memrchr2_iter(b'/', SEPARATOR, path) {
        if end.is_some_and(|end| path.get(at + 1..end) == Some(name.as_bytes())) {
            return true;
        }
        end = Some(at);
    }
    end.is_some_and(|end| path.get(..end) == Some(name.as_bytes()))
}

/// What else stands between folders.
const SEPARATOR: u8 = if MAIN_SEPARATOR == '\\' { b'\\' } else { b'/' };

/// The extension in small letters is this one.
pub(super) fn ends_in(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::ALL;

    /// The roots of all agents below a home at `/home/me`, in which these folders are.
    fn roots(config_home: &str, variables: &[(&str, &str)], folders: &[&str]) -> Vec<String> {
        let top = tempfile::tempdir().unwrap();
        let home = top.path().join("me");
        for folder in folders {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        let variables: Variables = variables
            .iter()
            .map(|(name, value)| {
                let value = value.replace("/me", home.to_str().unwrap());
                ((*name).to_owned(), value)
            })
            .collect();
        let places = Places {
            home: &home,
            config_home: &home.join(config_home),
            variables: &variables,
        };
        let roots = ALL.iter().flat_map(|agent| (agent.roots)(&places));
        roots
            .map(|root| {
                let text = root.to_string_lossy().replace('\\', "/");
                text.replace(top.path().to_str().unwrap(), "")
            })
            .collect()
    }

    #[test]
    fn the_roots_on_linux() {
        insta::assert_debug_snapshot!(roots(".config", &[], &[]));
    }

    #[test]
    fn the_roots_on_macos() {
        insta::assert_debug_snapshot!(roots("Library/Application Support", &[], &[]));
    }

    #[test]
    fn the_roots_on_windows_with_an_app_from_the_store() {
        let packages = "AppData/Local/Packages";
        insta::assert_debug_snapshot!(roots(
            "AppData/Roaming",
            &[],
            &[
                &format!("{packages}/Claude_pzs8sxrjxfjjc"),
                &format!("{packages}/ClaudeOther"),
                &format!("{packages}/Microsoft.Paint_8wekyb3d8bbwe"),
            ]
        ));
    }

    #[test]
    fn the_roots_that_variables_name() {
        insta::assert_debug_snapshot!(roots(
            ".config",
            &[
                ("AMP_DATA_DIR", "/me/amp, ~/amp-2"),
                ("CLAUDE_CONFIG_DIR", "/me/claude"),
                ("CODEX_HOME", "/me/codex"),
                ("COPILOT_HOME", "/me/copilot"),
                ("COPILOT_OTEL_FILE_EXPORTER_PATH", "~/traces/copilot.jsonl"),
                ("DROID_SESSIONS_DIR", "/me/droid"),
                ("GEMINI_CLI_HOME", "/me/gemini"),
                ("OPENCODE_DATA_DIR", "/me/opencode"),
                ("PI_CODING_AGENT_DIR", "/me/pi"),
            ],
            &["pi/sessions"]
        ));
    }

    #[test]
    fn only_a_folder_above_counts() {
        let named = |path: &str| named_in(Path::new(path), "chats");
        assert!(named("/a/chats/b/c.json") && named("chats/c.json"));
        assert!(!named("/a/chats") && !named("/a/my-chats/c") && !named("/a/chatsy/c"));
    }
}
