//! The environment's variables, read once at start, and `.env` beside the configuration file.

use std::path::Path;

use crate::domain::variables::Variables;

/// The process's environment.
#[must_use]
pub fn capture() -> Variables {
    todo!()
}

/// Adds what `.env` beside the configuration file says and the environment does not; returns sentences on lines that
/// could not be read.
pub fn add_dot_env(variables: &mut Variables, config_file: &Path) -> Vec<String> {
    todo!()
}
