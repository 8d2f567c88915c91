//! The source files as the tidy tests see them.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub(super) struct File {
    /// From the top: `src/domain/money.rs`.
    pub(super) path: String,
    /// What stands in it.
    pub(super) text: String,
    /// Whether it holds only tests.
    pub(super) is_test: bool,
}

impl File {
    /// The lines before the first inline test module.
    pub(super) fn lines_without_tests(&self) -> impl Iterator<Item = &str> {
        let bare = self.text.split("#[cfg(test)]\nmod tests {").next();
        bare.unwrap_or_default().lines()
    }

    /// The lines before the first inline test module, without comments.
    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        self.lines_without_tests()
            .filter(|line| !line.trim_start().starts_with("//"))
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
    let declared: Vec<String> = files.iter().flat_map(test_modules).collect();
    for file in &mut files {
        file.is_test = file.path.starts_with("tests/")
            || declared.iter().any(|module| within(&file.path, module));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// The modules that a file declares for tests only, as paths without `.rs`.
fn test_modules(file: &File) -> Vec<String> {
    let folder = file
        .path
        .trim_end_matches("/mod.rs")
        .trim_end_matches("/lib.rs")
        .trim_end_matches(".rs");
    let declared = file.text.split("#[cfg(test)]\nmod ").skip(1);
    declared
        .filter_map(|rest| rest.lines().next()?.strip_suffix(';'))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

fn within(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.starts_with(['.', '/']))
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
            files.push(File {
                path,
                text,
                is_test: false,
            });
        }
    }
}

/// Fails with every complaint on a line of its own.
pub(super) fn none_of(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
