//! The tray over D-Bus.

mod end;
mod errands;
#[cfg(not(feature = "toolkit-tray"))]
mod icon;
#[cfg(not(feature = "toolkit-tray"))]
mod menu;
mod notices;
#[cfg(not(feature = "toolkit-tray"))]
mod program;
#[cfg(not(feature = "toolkit-tray"))]
mod real;
#[cfg(not(feature = "toolkit-tray"))]
mod sessions;
#[cfg(feature = "toolkit-tray")]
mod toolkit;
mod views;
