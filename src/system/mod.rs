//! The operating system, one name a service: waiting, memory, start at login, one resident process, opening pages and
//! files, hearing what is written.
//!
//! It knows nothing of the rest of the program.

pub mod alarm;
pub mod autostart;
pub mod instance;
pub mod listing;
pub mod memory;
pub mod open;
pub mod private;
pub mod session;
pub mod steps;
pub mod stop;
pub mod watch;
