//! Who watches a shared ledger: a random name of this installation, made once and kept in the state folder.
//!
//! Members of a team that share a ledger have rules of their own and are told for themselves. It says nothing about
//! the person or the machine.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

/// The name; empty where the ledger is a file, which one person has to himself.
///
/// Where it cannot be kept, it holds for this process only: alerts may then be told again after a restart.
pub(super) fn name(state: &Path, ledger_url: &str) -> String {
    if ledger_url.starts_with("sqlite:") {
        return String::new();
    }
    let file = state.join("watcher");
    let known = fs::read_to_string(&file).unwrap_or_default();
    if !known.trim().is_empty() {
        return known.trim().to_owned();
    }
    let name = format!("{:016x}", RandomState::new().build_hasher().finish());
    let kept = fs::create_dir_all(state).and_then(|()| fs::write(&file, &name));
    if let Err(error) = kept {
        tracing::warn!(%error, "this installation's name in the shared ledger could not be kept");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_watcher_and_a_shared_ledger_one_for_each_installation() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let shared = "postgres://team@db/ledger";
        assert_eq!(name(one.path(), "sqlite:///x.sqlite"), "");
        let first = name(one.path(), shared);
        assert_eq!(first.len(), 16);
        assert_eq!(name(one.path(), shared), first, "it is kept");
        assert_ne!(name(other.path(), shared), first);
    }
}
