//! What happens in folders, told by the system: nobody looks, and nothing wakes while nothing happens.
//!
//! Only what is written is told, never what is opened or read: who watches and reads what changed must not wake himself.
//! How a system does it is decided here alone: `inotify` with a mask on Linux, `notify` elsewhere.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as here;
#[cfg(not(target_os = "linux"))]
use other as here;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether watching a folder watches all that lies below it too.
pub const COVERS_ALL_BELOW: bool = here::COVERS_ALL_BELOW;

/// When a system tells that a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// With each write.
    AtOnce,
    /// When its writer closes it, which may be in hours.
    AtClose,
}

/// When this system tells it.
pub const TELLING: Telling = here::TELLING;

/// What is told of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heed {
    /// New names in it.
    Names,
    /// New names in it, and what is written into its files.
    Contents,
    /// That, names that go from it, and when it goes itself; never what lies below its own files. A folder is watched
    /// for this or for its contents, not for one after the other.
    All,
}

/// Who writes what must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Programs on any machine; so a folder that other machines may write to unheard is refused.
    Anywhere,
    /// Programs on this machine.
    Here,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A file or a folder is new, or was written; where all is told, also: it is gone.
    At(PathBuf),
    /// So much happened that something was lost.
    Lost,
}

/// Whether a watch is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// It is: what happened before is not told.
    New,
    /// It was there already.
    Kept,
}

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum CannotWatch {
    /// It is not there, or not a folder, or not ours to enter.
    #[error("it cannot be entered ({0})")]
    Closed(io::Error),
    /// Other machines may write there, which no system tells.
    #[error("it lies on a network file system, whose changes are not told")]
    Remote,
    /// The system's limit is reached.
    #[error("the system watches as many folders as it may ({0})")]
    TooMany(&'static str),
    /// Something else.
    #[error("the system refuses ({0})")]
    Refused(String),
}

/// The folders that are watched.
#[derive(Clone)]
pub struct Posts(Arc<here::Posts>);

/// Hears what happens in them.
pub struct Ear(here::Ear);

/// Begins to watch; no folder yet.
///
/// # Errors
/// When the system offers no such service, or not once more.
pub fn start(writers: Writers) -> Result<(Posts, Ear), CannotWatch> {
    let (posts, ear) = here::start(writers)?;
    Ok((Posts(posts), Ear(ear)))
}

impl Posts {
    /// Watches a folder, for no less than before.
    ///
    /// # Errors
    /// Why it cannot be watched.
    pub fn watch(&self, folder: &Path, heed: Heed) -> Result<Post, CannotWatch> {
        self.0.watch(folder, heed)
    }

    /// No longer watches a folder.
    pub fn leave(&self, folder: &Path) {
        self.0.leave(folder);
    }
}

impl Ear {
    /// Waits until something happens; all that has happened since the last time. It loses nothing when it is dropped
    /// while it waits.
    ///
    /// # Errors
    /// When the system will never tell anything again.
    pub async fn hear(&mut self) -> io::Result<Vec<Happened>> {
        self.0.hear().await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Hears until this path is told; everything that was.
    async fn until(ear: &mut Ear, path: &Path) -> Vec<Happened> {
        let mut all = Vec::new();
        let wanted = Happened::At(path.to_owned());
        while !all.contains(&wanted) {
            let heard = tokio::time::timeout(SOON, ear.hear()).await;
            all.extend(heard.expect("something is told").unwrap());
        }
        all
    }

    #[tokio::test]
    async fn what_is_written_is_told_and_what_is_read_is_not() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("log");
        fs::write(&file, "one").unwrap();
        let (posts, mut ear) = start(Writers::Anywhere).unwrap();
        assert_eq!(posts.watch(home.path(), Heed::Contents).unwrap(), Post::New);
        assert_eq!(
            posts.watch(home.path(), Heed::Contents).unwrap(),
            Post::Kept
        );
        assert_eq!(fs::read(&file).unwrap(), b"one");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        fs::write(home.path().join("end"), "").unwrap();
        let all = until(&mut ear, &home.path().join("end")).await;
        assert!(!all.contains(&Happened::At(file.clone())), "{all:?}");
        fs::write(&file, "two").unwrap();
        until(&mut ear, &file).await;
    }

    #[tokio::test]
    async fn where_only_names_matter_nothing_written_is_told() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("log");
        fs::write(&file, "one").unwrap();
        let (posts, mut ear) = start(Writers::Anywhere).unwrap();
        posts.watch(home.path(), Heed::Names).unwrap();
        fs::write(&file, "two").unwrap();
        fs::create_dir(home.path().join("new")).unwrap();
        let all = until(&mut ear, &home.path().join("new")).await;
        if !COVERS_ALL_BELOW {
            assert_eq!(all.len(), 1, "{all:?}");
        }
        // For more than before it can be watched later.
        posts.watch(home.path(), Heed::Contents).unwrap();
        posts.watch(home.path(), Heed::Names).unwrap();
        fs::write(&file, "three").unwrap();
        until(&mut ear, &file).await;
    }

    #[tokio::test]
    async fn a_folder_made_anew_is_watched_anew() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("logs");
        let (posts, mut ear) = start(Writers::Anywhere).unwrap();
        posts.watch(home.path(), Heed::Names).unwrap();
        for again in 0..2 {
            fs::create_dir(&folder).unwrap();
            until(&mut ear, &folder).await;
            let post = posts.watch(&folder, Heed::Contents).unwrap();
            assert_eq!(post, Post::New, "the {again}th time");
            fs::write(folder.join("log"), "one").unwrap();
            until(&mut ear, &folder.join("log")).await;
            if again == 0 {
                fs::rename(&folder, home.path().join("old")).unwrap();
                until(&mut ear, &home.path().join("old")).await;
            }
        }
        posts.leave(&folder);
        fs::write(folder.join("log"), "two").unwrap();
        fs::write(home.path().join("end"), "").unwrap();
        let all = until(&mut ear, &home.path().join("end")).await;
        assert!(!all.contains(&Happened::At(folder.join("log"))), "{all:?}");
    }

    #[tokio::test]
    async fn where_all_is_told_what_goes_is_told_too_and_what_is_looked_at_is_not() {
        let home = tempfile::tempdir().unwrap();
        let [file, other, end] = ["file", "other", "end"].map(|name| home.path().join(name));
        fs::write(&file, "one").unwrap();
        fs::write(&other, "one").unwrap();
        let (posts, mut ear) = start(Writers::Here).unwrap();
        posts.watch(home.path(), Heed::All).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
        let touched = fs::File::options().append(true).open(&file).unwrap();
        drop(touched);
        fs::write(&end, "").unwrap();
        let all = until(&mut ear, &end).await;
        assert!(!all.contains(&Happened::At(file.clone())), "{all:?}");
        fs::remove_file(&file).unwrap();
        until(&mut ear, &file).await;
        fs::rename(&other, home.path().join("renamed")).unwrap();
        until(&mut ear, &other).await;
    }

    #[tokio::test]
    async fn a_folder_of_which_all_is_told_tells_when_it_goes_itself() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("folder");
        let (posts, mut ear) = start(Writers::Here).unwrap();
        for again in 0..2 {
            fs::create_dir(&folder).unwrap();
            assert_eq!(posts.watch(&folder, Heed::All).unwrap(), Post::New);
            if again == 0 {
                fs::rename(&folder, home.path().join("aside")).unwrap();
            } else {
                fs::remove_dir(&folder).unwrap();
            }
            until(&mut ear, &folder).await;
        }
    }

    #[tokio::test]
    async fn what_is_not_there_cannot_be_watched() {
        let home = tempfile::tempdir().unwrap();
        let (posts, _ear) = start(Writers::Anywhere).unwrap();
        let refused = posts.watch(&home.path().join("absent"), Heed::Contents);
        assert!(
            matches!(refused, Err(CannotWatch::Closed(_))),
            "{refused:?}"
        );
    }
}
