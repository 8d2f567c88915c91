//! The operating system, one name a service; all `cfg(target_os)` outside `desktop`.
