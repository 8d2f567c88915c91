//! Mouth 2: one file a command.
