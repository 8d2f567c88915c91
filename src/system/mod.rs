//! The operating system, one name a service: waiting, start at login, one resident process, opening pages and files.
//!
//! It knows nothing of the rest of the program.

pub mod alarm;
pub mod autostart;
pub mod identity;
pub mod instance;
pub mod open;
pub mod private;
pub mod session;
pub mod steps;
pub mod stop;
