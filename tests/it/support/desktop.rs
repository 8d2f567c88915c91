//! A private session bus with a tray host, a notification daemon and a secret store, fake or real.
