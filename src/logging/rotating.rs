//! A log file that starts anew when it is full; the last few full ones are kept beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::system::private;

/// A log is full at 10 MB.
pub(super) const LIMIT_BYTES: u64 = 10_000_000;
/// So many files are kept, the current one included.
const KEPT: usize = 5;

/// The current file: `spendtray.log`; older ones end in `.1` to `.4`.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    limit_bytes: u64,
    /// `None`: it could not be opened after the last turn, and is tried again with the next line.
    file: Option<File>,
    size_bytes: u64,
}

impl Rotating {
    /// Opens the log in a folder, which is made when it is not there; both are their owner's only.
    pub(super) fn open(folder: &Path, limit_bytes: u64) -> io::Result<Self> {
        private::make_folder(folder)?;
        let mut log = Self {
            path: folder.join("spendtray.log"),
            limit_bytes,
            file: None,
            size_bytes: 0,
        };
        log.reopen()?;
        Ok(log)
    }

    fn reopen(&mut self) -> io::Result<()> {
        let file = private::open_to_append(&self.path)?;
        self.size_bytes = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    /// Moves every file one place on; the last one is dropped.
    fn turn(&mut self) -> io::Result<()> {
        self.file = None;
        for number in (1..KEPT - 1).rev() {
            move_on(&self.numbered(number), &self.numbered(number + 1))?;
        }
        move_on(&self.path, &self.numbered(1))?;
        self.reopen()
    }

    fn numbered(&self, number: usize) -> PathBuf {
        self.path.with_file_name(format!("spendtray.log.{number}"))
    }
}

/// Renames a file; one that is not there is no fault.
fn move_on(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Write for Rotating {
    /// Writes a line as a whole, into the next file when it does not fit.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bytes = line.len() as u64;
        if self.file.is_none() {
            self.reopen()?;
        }
        if self.size_bytes > 0 && self.size_bytes.saturating_add(bytes) > self.limit_bytes {
            self.turn()?;
        }
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(line)?;
        self.size_bytes = self.size_bytes.saturating_add(bytes);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(folder: &Path) -> Vec<(String, u64)> {
        let mut sizes: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name().into_string().unwrap(),
                    entry.metadata().unwrap().len(),
                )
            })
            .collect();
        sizes.sort();
        sizes
    }

    #[test]
    fn eleven_megabytes_make_two_files() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("log");
        let mut log = Rotating::open(&folder, LIMIT_BYTES).unwrap();
        let line = vec![b'x'; 100_000];
        for _ in 0..110 {
            log.write_all(&line).unwrap();
        }
        assert_eq!(
            sizes(&folder),
            [
                ("spendtray.log".to_owned(), 1_000_000),
                ("spendtray.log.1".to_owned(), 10_000_000)
            ]
        );
    }

    #[test]
    fn five_files_are_kept_and_the_oldest_goes() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(home.path(), 10).unwrap();
        for number in 0..9 {
            log.write_all(format!("line {number}\n").as_bytes())
                .unwrap();
        }
        assert_eq!(sizes(home.path()).len(), 5);
        let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(read("spendtray.log"), "line 8\n");
        assert_eq!(read("spendtray.log.4"), "line 4\n");
    }

    #[test]
    fn a_later_start_goes_on_where_the_last_one_ended() {
        let home = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let mut log = Rotating::open(home.path(), 10).unwrap();
            log.write_all(b"12345").unwrap();
        }
        assert_eq!(sizes(home.path()), [("spendtray.log".to_owned(), 10)]);
        let mut log = Rotating::open(home.path(), 10).unwrap();
        log.write_all(b"a line that is longer than the limit")
            .unwrap();
        assert_eq!(sizes(home.path()).len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("log");
        let mut log = Rotating::open(&folder, 4).unwrap();
        log.write_all(b"one").unwrap();
        log.write_all(b"two").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("spendtray.log")), 0o600);
        assert_eq!(mode(&folder.join("spendtray.log.1")), 0o600);
    }
}
