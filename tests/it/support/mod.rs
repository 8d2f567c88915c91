//! What the tests share: a home of their own, a PostgreSQL server, a desktop, a vendor, a stage.

#[cfg(all(feature = "desktop", target_os = "linux"))]
pub(crate) mod desktop;
pub(crate) mod postgres;
pub(crate) mod stage;
pub(crate) mod vendor;
pub(crate) mod world;
