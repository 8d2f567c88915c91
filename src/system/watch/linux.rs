//! Linux: inotify (`man 7 inotify`), asked for writes and new names alone. A watch is of one folder, not of what lies
//! below it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::inotify::{
    CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch,
};
use rustix::fs::statfs;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{CannotWatch, Happened, Heed, Post, Telling, Writers};

pub(super) const COVERS_ALL_BELOW: bool = false;

pub(super) const TELLING: Telling = Telling::AtOnce;

/// File systems on which others write unheard (`man 2 statfs`): NFS, SMB, CIFS, AFS, Ceph, 9p, FUSE.
const REMOTE: [u64; 8] = [
    0x6969,
    0x517b,
    0xfe53_4d42,
    0xff53_4d42,
    0x5346_414f,
    0x00c3_6400,
    0x0102_1997,
    0x6573_5546,
];

pub(super) struct Posts {
    inotify: Arc<OwnedFd>,
    writers: Writers,
    watched: Mutex<Watched>,
}

/// The watches there are. A number is the system's name of a folder, whichever path led to it.
#[derive(Default)]
struct Watched {
    by_path: HashMap<PathBuf, (i32, Heed)>,
    by_number: HashMap<i32, PathBuf>,
}

impl Watched {
    fn put(&mut self, folder: &Path, number: i32, heed: Heed) {
        if let Some(before) = self.by_number.insert(number, folder.to_owned()) {
            self.by_path.remove(&before);
        }
        self.by_path.insert(folder.to_owned(), (number, heed));
    }

    /// The folder that had this number, if it is told when that is over.
    fn forget(&mut self, number: i32) -> Option<PathBuf> {
        let folder = self.by_number.remove(&number)?;
        let (_, heed) = self.by_path.remove(&folder)?;
        (heed == Heed::All).then_some(folder)
    }
}

pub(super) struct Ear {
    posts: Arc<Posts>,
    readable: Option<AsyncFd<Arc<OwnedFd>>>,
}

pub(super) fn start(writers: Writers) -> Result<(Arc<Posts>, Ear), CannotWatch> {
    let inotify =
        init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(|error| match error {
            Errno::MFILE => CannotWatch::TooMany("see fs.inotify.max_user_instances"),
            error => CannotWatch::Refused(error.to_string()),
        })?;
    let posts = Arc::new(Posts {
        inotify: Arc::new(inotify),
        writers,
        watched: Mutex::default(),
    });
    let ear = Ear {
        posts: Arc::clone(&posts),
        readable: None,
    };
    Ok((posts, ear))
}

impl Posts {
    pub(super) fn watch(&self, folder: &Path, heed: Heed) -> Result<Post, CannotWatch> {
        let mut watched = self.watched();
        let before = watched.by_path.get(folder).map(|(_, heed)| *heed);
        if before.is_some_and(|before| before >= heed) {
            return Ok(Post::Kept);
        }
        if self.writers == Writers::Anywhere && is_remote(folder) {
            return Err(CannotWatch::Remote);
        }
        let mut flags = WatchFlags::CREATE | WatchFlags::MOVED_TO;
        flags |= WatchFlags::MOVE_SELF | WatchFlags::ONLYDIR | WatchFlags::MASK_ADD;
        if heed >= Heed::Contents {
            flags |= WatchFlags::MODIFY;
        }
        if heed == Heed::All {
            flags |= WatchFlags::DELETE | WatchFlags::MOVED_FROM;
        }
        let number = add_watch(&*self.inotify, folder, flags).map_err(|error| match error {
            Errno::NOSPC => CannotWatch::TooMany("see fs.inotify.max_user_watches"),
            Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP => {
                CannotWatch::Closed(error.into())
            }
            error => CannotWatch::Refused(error.to_string()),
        })?;
        watched.put(folder, number, heed);
        Ok(Post::New)
    }

    pub(super) fn leave(&self, folder: &Path) {
        let number = self
            .watched()
            .by_path
            .get(folder)
            .map(|(number, _)| *number);
        if let Some(number) = number {
            self.leave_number(number);
        }
    }

    fn leave_number(&self, number: i32) -> Option<PathBuf> {
        let left = self.watched().forget(number);
        // It may be gone already, which is as good.
        let _gone = remove_watch(&*self.inotify, number);
        left
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that has happened.
    fn drain(&self) -> io::Result<Vec<Happened>> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&*self.inotify, &mut buffer);
        let mut happened: Vec<Happened> = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event
                        .file_name()
                        .map(|name| OsStr::from_bytes(name.to_bytes()));
                    let told = self.told(event.wd(), event.events(), name);
                    // A log that grows by many lines is told once.
                    happened.extend(told.filter(|told| happened.last() != Some(told)));
                }
                Err(Errno::AGAIN) => return Ok(happened),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn told(&self, number: i32, events: ReadFlags, name: Option<&OsStr>) -> Option<Happened> {
        if events.contains(ReadFlags::QUEUE_OVERFLOW) {
            return Some(Happened::Lost);
        }
        if events.contains(ReadFlags::IGNORED) {
            return self.watched().forget(number).map(Happened::At);
        }
        if events.contains(ReadFlags::MOVE_SELF) {
            // Its path is another's now; whoever found it under the new one watches it from there.
            return self.leave_number(number).map(Happened::At);
        }
        let watched = self.watched();
        Some(Happened::At(watched.by_number.get(&number)?.join(name?)))
    }
}

fn is_remote(folder: &Path) -> bool {
    statfs(folder).is_ok_and(|system| {
        // The type of this number differs between machines.
        let kind = u64::try_from(i128::from(system.f_type) & 0xffff_ffff).unwrap_or(0);
        REMOTE.contains(&kind)
    })
}

impl Ear {
    pub(super) async fn hear(&mut self) -> io::Result<Vec<Happened>> {
        loop {
            let readable = match &self.readable {
                Some(readable) => readable,
                None => self.readable.insert(listen(&self.posts)?),
            };
            let mut ready = readable.readable().await?;
            let happened = self.posts.drain()?;
            ready.clear_ready();
            drop(ready);
            if !happened.is_empty() {
                return Ok(happened);
            }
        }
    }
}

fn listen(posts: &Posts) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    #[expect(
        deprecated,
        reason = "its successor is not safe and asks for what an owned descriptor is"
    )]
    AsyncFd::with_interest(Arc::clone(&posts.inotify), Interest::READABLE)
}
