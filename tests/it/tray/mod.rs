//! The tray over D-Bus.
