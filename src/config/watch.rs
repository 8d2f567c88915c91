//! Tells when the configuration file (or `.env` beside it) changed; sleeps in between.
//!
//! Folders are watched, not files: editors write a new file and rename it over the old one. What counts is the
//! content, so reading a file or touching it is no change.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::environment::dot_env_file;
use crate::config::replace::target;
use crate::system::private::folder;
use crate::system::watch::{self, COVERS_ALL_BELOW, CannotWatch, Ear, Heed, Posts, Writers};

/// After the first sign of a change so long is waited for the rest of it: an editor writes in several steps.
const BURST: Duration = Duration::from_millis(250);

/// Watches until dropped.
pub struct Watch {
    file: PathBuf,
    posts: Posts,
    ear: Ear,
    watched: BTreeMap<PathBuf, Wanted>,
    /// Whether something happened that was not looked at yet.
    stirred: bool,
    seen: u64,
}

/// What is wanted of a folder.
#[derive(PartialEq, Eq)]
struct Wanted {
    heed: Heed,
    /// Where it really lies.
    real: Option<PathBuf>,
}

impl Watch {
    /// Begins to watch the file, which need not be there.
    ///
    /// # Errors
    /// A sentence on why the folder cannot be watched; changes then need a restart or "Refresh now".
    pub fn start(file: &Path) -> Result<Self, String> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let started = watch::start(Writers::Here);
        let (posts, ear) = started.map_err(|why| cannot_watch(&file, &why))?;
        let mut watch = Self {
            file,
            posts,
            ear,
            watched: BTreeMap::new(),
            stirred: false,
            seen: 0,
        };
        watch.take_posts()?;
        watch.seen = watch.content();
        Ok(watch)
    }

    /// Waits until the file has been changed, made or removed; bursts count as one. It loses nothing when it is dropped
    /// while it waits.
    ///
    /// # Errors
    /// When the system will never tell anything again.
    pub async fn changed(&mut self) -> io::Result<()> {
        loop {
            if !self.stirred {
                self.ear.hear().await?;
                self.stirred = true;
            }
            tokio::time::sleep(BURST).await;
            // What came meanwhile is there already, and seen by the look that follows.
            if let Ok(more) = tokio::time::timeout(Duration::ZERO, self.ear.hear()).await {
                more?;
            }
            if let Err(message) = self.take_posts() {
                tracing::warn!(%message, "a folder of the configuration is no longer watched");
            }
            self.stirred = false;
            let content = self.content();
            if content != self.seen {
                self.seen = content;
                return Ok(());
            }
        }
    }

    /// Watches the folders where the file may appear now; they change when folders are made, removed or linked anew.
    fn take_posts(&mut self) -> Result<(), String> {
        let wanted = posts_of(&self.file);
        for (folder, known) in &self.watched {
            // A link that leads elsewhere now is another folder under the same name.
            let stays = wanted
                .get(folder)
                .is_some_and(|wanted| wanted.real == known.real);
            if !stays {
                self.posts.leave(folder);
            }
        }
        let mut failed = None;
        for (folder, wanted) in &wanted {
            if let Err(why) = self.posts.watch(folder, wanted.heed) {
                failed = Some(cannot_watch(folder, &why));
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

fn cannot_watch(path: &Path, why: &CannotWatch) -> String {
    format!(
        "{} cannot be watched: {why}. Changed settings take effect at the next start or \"Refresh now\".",
        path.display()
    )
}

/// The folders where the file lies and where links lead, or what comes before the first of them that is there; and what
/// is to be told of each.
fn posts_of(file: &Path) -> BTreeMap<PathBuf, Wanted> {
    let mut posts: BTreeMap<PathBuf, Wanted> = BTreeMap::new();
    let mut post = |folder: &Path, heed: Heed| {
        let real = folder.canonicalize().ok();
        let known = posts.entry(folder.to_owned());
        let known = known.or_insert(Wanted { heed, real });
        known.heed = heed.max(known.heed);
    };
    for file in [file, &target(file)] {
        let folder = folder(file);
        let nearest = folder.ancestors().find(|above| above.is_dir());
        match nearest {
            Some(nearest) if nearest == folder => post(folder, Heed::All),
            // Programs save their own settings there all day; only a new name can be ours.
            Some(nearest) => post(nearest, Heed::Names),
            None => {}
        }
        // A link that is replaced leads elsewhere, which the folder it led to does not tell.
        let links = folder.ancestors().filter(|above| above.is_symlink());
        for link in links.filter(|_| !COVERS_ALL_BELOW) {
            post(self::folder(link), Heed::Names);
        }
    }
    posts
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
        watch: Watch,
    }

    fn watching(file: &str, prepare: impl Fn(&Path)) -> Scene {
        let home = tempfile::tempdir().unwrap();
        prepare(home.path());
        let file = home.path().join(file);
        let watch = Watch::start(&file).unwrap();
        Scene { home, file, watch }
    }

    impl Scene {
        async fn is_told(&mut self) {
            let told = tokio::time::timeout(SOON, self.watch.changed()).await;
            told.expect("a change was told").unwrap();
        }

        async fn is_not_told(&mut self) {
            let told = tokio::time::timeout(NEVER, self.watch.changed()).await;
            assert!(told.is_err(), "nothing changed");
        }

        /// Everything that happened is looked at, and no content changed by it.
        async fn settles(&mut self) {
            self.is_not_told().await;
        }
    }

    #[tokio::test]
    async fn a_file_made_changed_and_removed_is_told_each_time() {
        let mut scene = watching("config.toml", |_| {});
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told().await;
        fs::write(&scene.file, "a = 2").unwrap();
        scene.is_told().await;
        fs::remove_file(&scene.file).unwrap();
        scene.is_told().await;
        fs::write(scene.home.path().join(".env"), "A=1").unwrap();
        scene.is_told().await;
    }

    #[tokio::test]
    async fn a_file_written_beside_and_renamed_over_is_told_again_and_again() {
        let mut scene = watching("config.toml", |home| {
            fs::write(home.join("config.toml"), "").unwrap();
        });
        for number in 0..3 {
            let beside = scene.home.path().join("config.toml~");
            fs::write(&beside, format!("a = {number}")).unwrap();
            fs::rename(&beside, &scene.file).unwrap();
            scene.is_told().await;
        }
    }

    #[tokio::test]
    async fn reading_touching_and_other_files_are_no_change() {
        let mut scene = watching("config.toml", |home| {
            fs::write(home.join("config.toml"), "a").unwrap();
        });
        assert_eq!(fs::read(&scene.file).unwrap(), b"a");
        fs::write(&scene.file, "a").unwrap();
        fs::write(scene.home.path().join("other"), "x").unwrap();
        scene.is_not_told().await;
    }

    #[tokio::test]
    async fn a_burst_is_told_few_times() {
        let mut scene = watching("config.toml", |_| {});
        for number in 0..10 {
            fs::write(&scene.file, format!("a = {number}")).unwrap();
        }
        scene.is_told().await;
        // A busy machine may stretch the burst.
        let mut more = 0;
        while tokio::time::timeout(NEVER, scene.watch.changed())
            .await
            .is_ok()
        {
            more += 1;
        }
        assert!(more <= 2, "told {more} more times");
    }

    #[tokio::test]
    async fn folders_that_are_not_there_yet_are_waited_for() {
        let mut scene = watching("a/b/config.toml", |_| {});
        fs::create_dir_all(scene.file.parent().unwrap()).unwrap();
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told().await;
        fs::remove_dir_all(scene.home.path().join("a")).unwrap();
        scene.is_told().await;
        fs::create_dir_all(scene.file.parent().unwrap()).unwrap();
        fs::write(&scene.file, "a = 2").unwrap();
        scene.is_told().await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_is_watched_where_it_leads() {
        let mut scene = watching("config.toml", |home| {
            fs::create_dir(home.join("dotfiles")).unwrap();
            fs::write(home.join("dotfiles/real.toml"), "").unwrap();
            std::os::unix::fs::symlink("dotfiles/real.toml", home.join("config.toml")).unwrap();
        });
        fs::write(scene.home.path().join("dotfiles/real.toml"), "a = 1").unwrap();
        scene.is_told().await;
    }

    #[tokio::test]
    async fn a_folder_that_is_moved_away_and_replaced_is_watched_in_its_new_form() {
        let mut scene = watching("a/config.toml", |home| {
            fs::create_dir(home.join("a")).unwrap();
            fs::write(home.join("a/config.toml"), "a = 1").unwrap();
        });
        let (folder, aside) = (scene.home.path().join("a"), scene.home.path().join("aside"));
        fs::rename(&folder, &aside).unwrap();
        scene.is_told().await;
        fs::create_dir(&folder).unwrap();
        fs::write(&scene.file, "a = 2").unwrap();
        scene.is_told().await;
        // At once, and with the same content: what is written later is told all the same.
        fs::remove_dir_all(&aside).unwrap();
        fs::rename(&folder, &aside).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::copy(aside.join("config.toml"), &scene.file).unwrap();
        scene.settles().await;
        fs::write(&scene.file, "a = 3").unwrap();
        scene.is_told().await;
    }

    #[tokio::test]
    async fn an_empty_folder_that_is_removed_is_waited_for_again() {
        let mut scene = watching("a/b/config.toml", |home| {
            fs::create_dir_all(home.join("a/b")).unwrap();
        });
        fs::remove_dir(scene.file.parent().unwrap()).unwrap();
        scene.settles().await;
        fs::create_dir(scene.file.parent().unwrap()).unwrap();
        scene.settles().await;
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told().await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_linked_folder_is_watched_where_the_link_leads_now() {
        let mut scene = watching("link/config.toml", |home| {
            for (folder, content) in [("one", "a = 1"), ("two", "a = 2")] {
                fs::create_dir(home.join(folder)).unwrap();
                fs::write(home.join(folder).join("config.toml"), content).unwrap();
            }
            std::os::unix::fs::symlink("one", home.join("link")).unwrap();
        });
        let home = scene.home.path().to_owned();
        std::os::unix::fs::symlink("two", home.join("new")).unwrap();
        fs::rename(home.join("new"), home.join("link")).unwrap();
        scene.is_told().await;
        fs::write(home.join("two/config.toml"), "a = 3").unwrap();
        scene.is_told().await;
    }

    #[tokio::test]
    async fn while_the_folder_is_not_there_what_others_save_beside_it_wakes_nobody() {
        let mut scene = watching("spendtray/config.toml", |home| {
            fs::write(home.join("others.toml"), "a = 1").unwrap();
        });
        let others = scene.home.path().join("others.toml");
        fs::write(&others, "a = 2").unwrap();
        fs::remove_file(&others).unwrap();
        if !COVERS_ALL_BELOW {
            let heard = tokio::time::timeout(NEVER, scene.watch.ear.hear()).await;
            assert!(heard.is_err(), "{heard:?}");
        }
        fs::create_dir(scene.file.parent().unwrap()).unwrap();
        fs::write(&scene.file, "a = 1").unwrap();
        scene.is_told().await;
    }
}
