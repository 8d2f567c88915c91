//! Which folders of an agent are watched, and whose a file is that was written. How a system watches is not known here.
//!
//! A root is watched with all below it, up to [`MOST_FOLDERS`] folders, those last written first; and the folder above
//! it, or the nearest that is there, so that a root that comes later is seen. What is written elsewhere is found by the
//! next look at everything.
//!
//! An agent that is not here is expected: of it only that folder above is watched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::logs::Agent;
use crate::logs::files::{Folder, whole};
use crate::system::watch::{COVERS_ALL_BELOW, CannotWatch, Happened, Heed, Post, Posts};

/// A watch costs the system a kilobyte that nobody sees.
const MOST_FOLDERS: usize = 1000;

/// How changes of an agent's logs come to be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Watch {
    /// Each look walks all folders: nobody asked for more.
    #[default]
    Unasked,
    /// The system tells them.
    Told {
        /// Folders that are watched.
        folders: usize,
        /// Folders beyond the limit, which are only looked at now and then.
        beyond: usize,
    },
    /// Each look walks all folders, because they cannot be watched.
    Walked {
        /// Why.
        reason: String,
    },
}

/// What was written in an agent's logs since it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grown {
    /// Whether it is not known what.
    pub(super) unknown: bool,
    pub(super) paths: BTreeSet<PathBuf>,
}

/// The watched agents.
pub(super) struct Watching {
    posts: Posts,
    agents: Mutex<BTreeMap<&'static str, Attended>>,
}

#[derive(Default)]
struct Attended {
    watch: Watch,
    roots: Vec<PathBuf>,
    folders: BTreeMap<PathBuf, Heed>,
    grown: Grown,
}

impl Watching {
    pub(super) fn new(posts: Posts) -> Self {
        Self {
            posts,
            agents: Mutex::default(),
        }
    }

    /// Watches an agent's folders, as a walk found them; whether what happened in some of them before may be unheard.
    pub(super) fn attend(
        &self,
        agent: &'static Agent,
        roots: &[PathBuf],
        found: Vec<Folder>,
    ) -> Post {
        let (wanted, beyond) = wanted(roots, found);
        let mut agents = self.agents();
        let attended = agents.entry(agent.id).or_default();
        let left: Vec<PathBuf> = attended
            .folders
            .keys()
            .filter(|folder| !wanted.contains_key(*folder))
            .cloned()
            .collect();
        let (mut post, mut refused) = (Post::Kept, None);
        for (folder, heed) in &wanted {
            match self.posts.watch(folder, *heed) {
                Ok(Post::New) => post = Post::New,
                // It went away between the walk and now, or was never ours to read.
                Ok(Post::Kept) | Err(CannotWatch::Closed(_)) => {}
                Err(why) => {
                    refused.get_or_insert_with(|| format!("{}: {why}", folder.display()));
                }
            }
        }
        attended.watch = match refused {
            Some(reason) => Watch::Walked { reason },
            None => Watch::Told {
                folders: wanted.len(),
                beyond,
            },
        };
        attended.roots = roots.to_vec();
        attended.folders = wanted;
        self.leave(&agents, left);
        post
    }

    /// No longer watches an agent.
    pub(super) fn dismiss(&self, agent: &Agent) {
        let mut agents = self.agents();
        if let Some(attended) = agents.remove(agent.id) {
            self.leave(&agents, attended.folders.into_keys().collect());
        }
    }

    /// No longer watches folders, but for those that an agent is heard by.
    fn leave(&self, agents: &BTreeMap<&'static str, Attended>, folders: Vec<PathBuf>) {
        for folder in folders {
            let mut others = agents.values();
            if !others.any(|other| other.folders.contains_key(&folder)) {
                self.posts.leave(&folder);
            }
        }
    }

    /// Waits for an agent of which nothing is there yet, as far as that can be heard.
    pub(super) fn expect(&self, agent: &'static Agent, roots: &[PathBuf]) {
        if COVERS_ALL_BELOW {
            // There a watch of the home wakes us for all that anybody writes below it.
            return;
        }
        let mut agents = self.agents();
        let attended = agents.entry(agent.id).or_default();
        roots.clone_into(&mut attended.roots);
        let following = attended.follow(&self.posts);
        attended.watch = match following {
            Ok(()) => Watch::Told {
                folders: attended.folders.len(),
                beyond: 0,
            },
            Err(reason) => Watch::Walked { reason },
        };
    }

    /// Watches folders that are new below those of an agent.
    pub(super) fn attend_also(&self, agent: &'static Agent, found: Vec<Folder>) -> Post {
        let mut post = Post::Kept;
        let mut agents = self.agents();
        let attended = agents.entry(agent.id).or_default();
        for folder in found {
            if attended.folders.len() < MOST_FOLDERS
                && let Ok(Post::New) = self.posts.watch(&folder.path, Heed::Contents)
            {
                attended.folders.insert(folder.path, Heed::Contents);
                post = Post::New;
            }
        }
        post
    }

    /// Takes in what the system told; the agents whose logs may have changed by it.
    pub(super) fn heard(&self, happened: &[Happened], all: &[&'static Agent]) -> Vec<&'static str> {
        let mut agents = self.agents();
        let mut changed = Vec::new();
        for agent in all {
            let Some(attended) = agents.get_mut(agent.id) else {
                continue;
            };
            let mut is_news = false;
            for each in happened {
                is_news |= attended.hears(agent, each, &self.posts);
            }
            if is_news {
                changed.push(agent.id);
            }
        }
        changed
    }

    /// What was written in an agent's logs since it was last asked.
    pub(super) fn take_grown(&self, agent: &Agent) -> Grown {
        let mut agents = self.agents();
        let attended = agents.get_mut(agent.id);
        attended.map_or_else(Grown::default, |attended| {
            std::mem::take(&mut attended.grown)
        })
    }

    /// How changes of an agent's logs come to be known.
    pub(super) fn of(&self, agent: &str) -> Watch {
        let agents = self.agents();
        let attended = agents.get(agent);
        attended.map_or(Watch::Unasked, |attended| attended.watch.clone())
    }

    /// From now on nothing is told any more.
    pub(super) fn end(&self, reason: &str) {
        for attended in self.agents().values_mut() {
            attended.watch = Watch::Walked {
                reason: reason.to_owned(),
            };
        }
    }

    fn agents(&self) -> MutexGuard<'_, BTreeMap<&'static str, Attended>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attended {
    /// Watches the nearest folder above each root that is not there.
    fn follow(&mut self, posts: &Posts) -> Result<(), String> {
        for root in &self.roots {
            // A folder that came before the one above it was watched is not told, so it is looked for again.
            while let Some(above) = above(root).filter(|_| !root.exists()) {
                let watched = posts.watch(&above, Heed::Names);
                if watched.is_ok() {
                    self.folders.entry(above.clone()).or_insert(Heed::Names);
                }
                match watched {
                    Ok(Post::Kept) => break,
                    Ok(Post::New) => {}
                    // It went away just now, and the one above it tells when it comes back.
                    Err(CannotWatch::Closed(_)) if !above.exists() => {}
                    Err(why) => return Err(format!("{}: {why}", above.display())),
                }
            }
        }
        Ok(())
    }

    /// Whether what happened may be a change of the agent's logs.
    fn hears(&mut self, agent: &'static Agent, happened: &Happened, posts: &Posts) -> bool {
        let Happened::At(path) = happened else {
            self.grown.unknown = true;
            return true;
        };
        if self.roots.iter().any(|root| root.starts_with(path)) && !path.is_file() {
            // A root, or a folder above it, has come.
            if let Err(reason) = self.follow(posts) {
                self.watch = Watch::Walked { reason };
            }
            let is_here = self.roots.iter().any(|root| root.exists());
            self.grown.unknown |= is_here;
            return is_here;
        }
        let below = self.roots.iter().any(|root| path.starts_with(root));
        let beside = self.roots.iter().any(|root| whole(path) == root);
        let is_log = (agent.shape)(whole(path)).is_some() || path.is_dir();
        let is_news = is_log && (below || beside);
        if is_news {
            self.grown.paths.insert(path.clone());
        }
        is_news
    }
}

/// The folders to watch, and how many are too many.
fn wanted(roots: &[PathBuf], mut found: Vec<Folder>) -> (BTreeMap<PathBuf, Heed>, usize) {
    let mut wanted = BTreeMap::new();
    for root in roots {
        if let Some(above) = above(root) {
            // A root that is a file is written where it lies.
            let heed = if root.is_file() {
                Heed::Contents
            } else {
                Heed::Names
            };
            let known = wanted.entry(above).or_insert(heed);
            *known = heed.max(*known);
        }
    }
    if COVERS_ALL_BELOW {
        found.retain(|folder| roots.contains(&folder.path));
    }
    found.sort_unstable_by(|one, other| {
        let newest = other.newest.cmp(&one.newest);
        // A folder before those in it.
        newest.then_with(|| one.path.cmp(&other.path))
    });
    let beyond = found.len().saturating_sub(MOST_FOLDERS);
    found.truncate(MOST_FOLDERS);
    let contents = found
        .into_iter()
        .map(|folder| (folder.path, Heed::Contents));
    wanted.extend(contents);
    (wanted, beyond)
}

/// The nearest folder above a root that is there.
fn above(root: &Path) -> Option<PathBuf> {
    let mut above = root.ancestors().skip(1);
    above.find(|folder| folder.is_dir()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str, newest: u64) -> Folder {
        Folder {
            path: PathBuf::from(path),
            newest,
        }
    }

    #[test]
    fn of_too_many_folders_those_last_written_are_watched_and_the_others_counted() {
        let found = (0..MOST_FOLDERS + 5).map(|number| {
            let newest = u64::try_from(number).unwrap();
            folder(&format!("/absent/root/{number}"), newest)
        });
        let root = PathBuf::from("/absent/root");
        let (wanted, beyond) = wanted(std::slice::from_ref(&root), found.collect());
        if !COVERS_ALL_BELOW {
            assert_eq!(beyond, 5);
            assert!(!wanted.contains_key(Path::new("/absent/root/4")));
            assert!(wanted.contains_key(Path::new("/absent/root/5")));
        }
        assert_eq!(wanted.get(Path::new("/")), Some(&Heed::Names));
    }

    #[test]
    fn a_root_that_is_a_file_is_heard_where_it_lies() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("store.db");
        std::fs::write(&file, "").unwrap();
        let (wanted, _) = wanted(&[file], Vec::new());
        assert_eq!(wanted.get(home.path()), Some(&Heed::Contents));
    }
}
