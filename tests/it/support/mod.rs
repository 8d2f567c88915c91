//! What the tests share: a home of their own, a PostgreSQL server, a desktop.

#[cfg(all(feature = "desktop", target_os = "linux"))]
pub(crate) mod desktop;
pub mod postgres;
pub mod world;
