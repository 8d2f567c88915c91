//! What the tests share: a home of their own, a PostgreSQL server, a desktop, a vendor, a stage.

#[cfg(all(feature = "desktop", target_os = "linux"))]
pub(crate) mod desktop;
pub(crate) mod disk;
pub(crate) mod packed;
pub(crate) mod postgres;
pub(crate) mod stage;
pub(crate) mod vendor;
pub(crate) mod world;

/// What the environment says to a test: a parent to its child process, a person who wants more of it. `None`: nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "a test process is told by its environment what to do"
)]
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
