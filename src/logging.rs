//! Where tracing goes: stderr for commands, a rotated private file for the tray, secrets filtered.
