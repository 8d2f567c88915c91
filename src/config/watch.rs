//! Tells when the configuration file (or `.env` beside it) changed; sleeps in between.
//!
//! Folders are watched, not files: editors write a new file and rename it over the old one. What counts is the
//! content, so reading a file or touching it is no change.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::config::environment::dot_env_file;
use crate::config::replace::target;
use crate::system::private::folder;

/// After the first sign of a change so long is waited for the rest of it: an editor writes in several steps.
const BURST: Duration = Duration::from_millis(250);

/// Watches until dropped.
#[derive(Debug)]
pub struct Watch {
    signals: Sender<Signal>,
    /// Its end is noticed while a burst is waited for.
    _alive: Sender<()>,
}

enum Signal {
    /// Something happened in a watched folder.
    Stirred,
    /// The watch was dropped.
    Stop,
}

impl Watch {
    /// Calls back, on another thread, each time the file has been changed, made or removed; bursts count as one.
    ///
    /// # Errors
    /// A sentence on why the folder cannot be watched; changes then need a restart or "Refresh now".
    pub fn start(file: &Path, changed: impl Fn() + Send + 'static) -> Result<Self, String> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let (signals, received) = channel();
        let (living, alive) = channel();
        let stirred = signals.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // A lost event (the queue was full) may have been ours.
            if event.as_ref().map_or(true, is_change) {
                drop(stirred.send(Signal::Stirred));
            }
        })
        .map_err(|error| cannot_watch(&file, &error))?;
        let mut sentry = Sentry {
            watcher,
            watched: BTreeSet::new(),
            seen: 0,
            file,
        };
        sentry.take_posts()?;
        sentry.seen = sentry.content();
        thread::Builder::new()
            .name("config-watch".to_owned())
            .spawn(move || sentry.stand(&received, &alive, &changed))
            .map_err(|error| {
                format!("no thread could be started to watch the configuration: {error}")
            })?;
        Ok(Self {
            signals,
            _alive: living,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.signals.send(Signal::Stop));
    }
}

fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

fn cannot_watch(path: &Path, error: &notify::Error) -> String {
    format!(
        "{} cannot be watched ({error}), so changed settings take effect at the next start or \"Refresh now\".",
        path.display()
    )
}

struct Sentry {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    seen: u64,
    file: PathBuf,
}

impl Sentry {
    /// Waits without waking until something happens, then until it is over, then looks.
    fn stand(mut self, received: &Receiver<Signal>, alive: &Receiver<()>, changed: &impl Fn()) {
        while let Ok(Signal::Stirred) = received.recv() {
            if alive.recv_timeout(BURST) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if received
                .try_iter()
                .any(|signal| matches!(signal, Signal::Stop))
            {
                return;
            }
            if let Err(message) = self.take_posts() {
                tracing::warn!(%message, "a folder of the configuration is no longer watched");
            }
            let content = self.content();
            if content != self.seen {
                self.seen = content;
                changed();
            }
        }
    }

    /// Watches the folders where the file may appear now; they change when folders are made, removed or linked anew.
    fn take_posts(&mut self) -> Result<(), String> {
        let wanted: BTreeSet<PathBuf> = [&self.file, &target(&self.file)]
            .into_iter()
            .filter_map(|file| nearest_folder(folder(file)))
            .collect();
        for left in self.watched.difference(&wanted) {
            // It may be gone, which is as good.
            drop(self.watcher.unwatch(left));
        }
        let mut failed = None;
        for folder in &wanted {
            // A folder that was removed and made again under the same name needs a new watch.
            let renewed = self.watcher.watch(folder, RecursiveMode::NonRecursive);
            if let Err(error) = renewed {
                failed = Some(cannot_watch(folder, &error));
            }
        }
        self.watched = wanted;
        failed.map_or(Ok(()), Err)
    }

    /// A mark of what the files hold now.
    fn content(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for file in [&self.file, &dot_env_file(&self.file)] {
            std::fs::read(file).ok().hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The folder, or the nearest one above it that exists.
fn nearest_folder(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| folder.is_dir())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const SOON: Duration = Duration::from_secs(5);
    const NEVER: Duration = Duration::from_millis(500);

    struct Scene {
        home: tempfile::TempDir,
        file: PathBuf,
        _watch: Watch,
        told: Receiver<()>,
    }

    fn watching(file: &str, prepare: impl Fn(&Path)) -> Scene {
        let home = tempfile::tempdir().unwrap();
        prepare(home.path());
        let file = home.path().join(file);
        let (tell, told) = channel();
        let watch = Watch::start(&file, move || _ = tell.send(())).unwrap();
        Scene {
            home,
            file,
            _watch: watch,
            told,
        }
    }

    impl Scene {
        fn is_told(&self) {
            self.told.recv_timeout(SOON).expect("a change was told");
        }

        fn is_not_told(&self) {
            assert_eq!(
                self.told.recv_timeout(NEVER),
                Err(RecvTimeoutError::Timeout)
            );
        }
    }

    #[test]
    fn a_file_made_changed_and_removed_is_told_each_time() {
        let scene = watching("config.toml", |_| {});
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told();
        fs::write(&scene.file, "a = 2").unwrap();
        scene.is_told();
        fs::remove_file(&scene.file).unwrap();
        scene.is_told();
        fs::write(scene.home.path().join(".env"), "A=1").unwrap();
        scene.is_told();
    }

    #[test]
    fn a_file_written_beside_and_renamed_over_is_told_again_and_again() {
        let scene = watching("config.toml", |home| {
            fs::write(home.join("config.toml"), "").unwrap();
        });
        for number in 0..3 {
            let beside = scene.home.path().join("config.toml~");
            fs::write(&beside, format!("a = {number}")).unwrap();
            fs::rename(&beside, &scene.file).unwrap();
            scene.is_told();
        }
    }

    #[test]
    fn reading_touching_and_other_files_are_no_change() {
        let scene = watching("config.toml", |home| {
            fs::write(home.join("config.toml"), "a").unwrap();
        });
        assert_eq!(fs::read(&scene.file).unwrap(), b"a");
        fs::write(&scene.file, "a").unwrap();
        fs::write(scene.home.path().join("other"), "x").unwrap();
        scene.is_not_told();
    }

    #[test]
    fn a_burst_is_told_few_times() {
        let scene = watching("config.toml", |_| {});
        for number in 0..10 {
            fs::write(&scene.file, format!("a = {number}")).unwrap();
        }
        scene.is_told();
        // A busy machine may stretch the burst.
        let more = std::iter::from_fn(|| scene.told.recv_timeout(NEVER).ok()).count();
        assert!(more <= 2, "told {more} more times");
    }

    #[test]
    fn folders_that_are_not_there_yet_are_waited_for() {
        let scene = watching("a/b/config.toml", |_| {});
        fs::create_dir_all(scene.file.parent().unwrap()).unwrap();
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told();
        fs::remove_dir_all(scene.home.path().join("a")).unwrap();
        scene.is_told();
        fs::create_dir_all(scene.file.parent().unwrap()).unwrap();
        fs::write(&scene.file, "a = 2").unwrap();
        scene.is_told();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_watched_where_it_leads() {
        let scene = watching("config.toml", |home| {
            fs::create_dir(home.join("dotfiles")).unwrap();
            fs::write(home.join("dotfiles/real.toml"), "").unwrap();
            std::os::unix::fs::symlink("dotfiles/real.toml", home.join("config.toml")).unwrap();
        });
        fs::write(scene.home.path().join("dotfiles/real.toml"), "a = 1").unwrap();
        scene.is_told();
    }
}
