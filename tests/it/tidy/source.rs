//! The source files as the tidy tests see them.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub(super) struct File {
    /// From the top: `src/domain/money.rs`.
    pub(super) path: String,
    /// What stands in it.
    pub(super) text: String,
}

impl File {
    /// The lines before the first inline test module.
    pub(super) fn lines_without_tests(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
    }

    /// The lines before the first inline test module, without comments.
    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        self.lines_without_tests()
            .filter(|line| !line.trim_start().starts_with("//"))
    }

    /// Whether it holds only tests.
    pub(super) fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
    }

    /// The layer: the first folder or file name below `src`.
    pub(super) fn layer(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let first = below.split('/').next()?;
        Some(first.trim_end_matches(".rs"))
    }
}

/// The top of the repository.
pub(super) fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the repository, by path.
pub(super) fn rust_files(folder: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&top().join(folder), &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let path = path
                .strip_prefix(top())
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            files.push(File { path, text });
        }
    }
}

/// Fails with every complaint on a line of its own.
pub(super) fn none_of(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
