//! Mouth 1: updates in, commands out; the tray and the notifications.
