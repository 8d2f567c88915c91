//! The tray over D-Bus.

mod end;
mod errands;
mod icon;
mod menu;
mod notices;
mod real;
mod sessions;
mod views;
