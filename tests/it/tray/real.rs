//! Real panels.
