//! Asks the linker for packed relocations where this machine's C library reads them: a megabyte less on disk and in
//! memory.
//!
//! glibc does so from 2.36 on. A program linked that way says by its own version need that an older one is too old.
#![expect(
    clippy::disallowed_methods,
    reason = "this is how cargo talks to a build script"
)]

use std::process::Command;

const FIRST_THAT_READS_THEM: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=packaging/build.rs");
    if is_release_for_this_machine()
        && glibc().is_some_and(|version| version >= FIRST_THAT_READS_THEM)
    {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Development builds may be linked by linkers that do not know the wish.
fn is_release_for_this_machine() -> bool {
    let told = |name: &str| std::env::var(name).unwrap_or_default();
    let target = told("TARGET");
    told("PROFILE") == "release" && target.ends_with("-linux-gnu") && target == told("HOST")
}

/// The version of this machine's glibc. `None`: it has another C library.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let words = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = words.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
