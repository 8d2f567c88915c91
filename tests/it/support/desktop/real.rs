//! A real desktop.
