//! The one integration binary: a folder a subject, tests that read like sentences.

mod cli;
mod engine;
mod http;
mod login;
mod logs;
mod prices;
mod providers;
#[cfg(target_os = "linux")]
mod secrets;
mod store;
mod support;
mod tidy;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod tray;
