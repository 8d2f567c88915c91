//! macOS (`FSEvents`) and Windows (`ReadDirectoryChangesW`), through `notify`. A watch covers all that lies below its
//! folder.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{CannotWatch, Happened, Heed, Post, Telling, Writers};

pub(super) const COVERS_ALL_BELOW: bool = true;

/// `FSEvents` tells a write when the file is closed; `ReadDirectoryChangesW` when Windows puts the new size into the
/// folder's list, which it does then or when somebody opens the file (notify-rs/notify#240 and #422). An agent may keep
/// its log open for hours: Codex does (openai/codex#39624).
pub(super) const TELLING: Telling = Telling::AtClose;

pub(super) struct Posts {
    watcher: Mutex<RecommendedWatcher>,
    watched: Mutex<HashMap<PathBuf, Watched>>,
}

struct Watched {
    heed: Heed,
    /// As the system names it: the path without links.
    real: PathBuf,
}

pub(super) struct Ear {
    posts: Arc<Posts>,
    told: UnboundedReceiver<notify::Result<Event>>,
}

pub(super) fn start(_writers: Writers) -> Result<(Arc<Posts>, Ear), CannotWatch> {
    let (tell, told) = unbounded_channel();
    let watcher = notify::recommended_watcher(move |event| drop(tell.send(event)));
    let watcher = watcher.map_err(|error| CannotWatch::Refused(error.to_string()))?;
    let posts = Arc::new(Posts {
        watcher: Mutex::new(watcher),
        watched: Mutex::default(),
    });
    let ear = Ear {
        posts: Arc::clone(&posts),
        told,
    };
    Ok((posts, ear))
}

impl Posts {
    pub(super) fn watch(&self, folder: &Path, heed: Heed) -> Result<Post, CannotWatch> {
        let before = self.watched().get(folder).map(|watched| watched.heed);
        if before.is_some_and(|before| before >= heed) {
            return Ok(Post::Kept);
        }
        let mode = match heed {
            Heed::Names | Heed::All => RecursiveMode::NonRecursive,
            Heed::Contents => RecursiveMode::Recursive,
        };
        let real = folder.canonicalize().map_err(CannotWatch::Closed)?;
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_some() {
            drop(watcher.unwatch(folder));
        }
        let watching = watcher.watch(folder, mode);
        watching.map_err(|error| CannotWatch::Refused(error.to_string()))?;
        self.watched()
            .insert(folder.to_owned(), Watched { heed, real });
        Ok(Post::New)
    }

    pub(super) fn leave(&self, folder: &Path) {
        if self.watched().remove(folder).is_some() {
            let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
            // It may be gone already, which is as good.
            drop(watcher.unwatch(folder));
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<PathBuf, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A path as it was asked for, whatever the system calls it.
    fn as_asked(&self, path: PathBuf) -> PathBuf {
        let watched = self.watched();
        let within = watched.iter().filter_map(|(folder, watched)| {
            let rest = path.strip_prefix(&watched.real).ok()?;
            Some(folder.join(rest))
        });
        within
            .min_by_key(|path| path.as_os_str().len())
            .unwrap_or(path)
    }

    fn told(&self, event: notify::Result<Event>) -> Vec<Happened> {
        match event {
            Err(_) => vec![Happened::Lost],
            Ok(event) if event.need_rescan() => vec![Happened::Lost],
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => Vec::new(),
            Ok(event) if matches!(event.kind, EventKind::Remove(_)) => {
                let gone: Vec<PathBuf> = event
                    .paths
                    .into_iter()
                    .map(|path| self.as_asked(path))
                    .collect();
                let told = gone.iter().filter(|path| self.is_heeded(path));
                let told = told.cloned().map(Happened::At).collect();
                for path in &gone {
                    self.forget_if_gone(path);
                }
                told
            }
            Ok(event) => {
                let paths = event.paths.into_iter();
                paths
                    .map(|path| Happened::At(self.as_asked(path)))
                    .collect()
            }
        }
    }

    /// Whether it is told that this is gone.
    fn is_heeded(&self, gone: &Path) -> bool {
        let watched = self.watched();
        let all = |folder: &Path| {
            watched
                .get(folder)
                .is_some_and(|watched| watched.heed == Heed::All)
        };
        all(gone) || gone.parent().is_some_and(all)
    }

    /// A folder that is made again needs a new watch.
    fn forget_if_gone(&self, path: &Path) {
        let is_watched = self.watched().contains_key(path);
        if is_watched && !path.exists() {
            self.leave(path);
        }
    }
}

impl Ear {
    pub(super) async fn hear(&mut self) -> io::Result<Vec<Happened>> {
        let mut happened = Vec::new();
        while happened.is_empty() {
            let first = self.told.recv().await;
            let first = first.ok_or(io::ErrorKind::BrokenPipe)?;
            happened.extend(self.posts.told(first));
            while let Ok(next) = self.told.try_recv() {
                happened.extend(self.posts.told(next));
            }
        }
        happened.dedup();
        Ok(happened)
    }
}
