//! What the tests share: a home of their own, a PostgreSQL server, a desktop.

pub mod desktop;
pub mod postgres;
pub mod vendor;
pub mod world;
