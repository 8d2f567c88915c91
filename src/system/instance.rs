//! One resident process: a lock file, and a socket over which a second start wakes the first.

use std::path::Path;

/// Who is resident.
#[derive(Debug)]
pub enum Claim {
    /// This process.
    First(Instance),
    /// Another one, which has been told to show itself.
    Running,
}

/// The right to be resident; ends when dropped.
#[derive(Debug)]
pub struct Instance {}

/// Claims the place; needs a tokio runtime for the socket.
///
/// # Errors
/// When the folder cannot be written.
pub fn claim(folder: &Path) -> std::io::Result<Claim> {
    todo!()
}

impl Instance {
    /// Waits until a second start knocks.
    pub async fn knocked(&mut self) {
        todo!()
    }
}
