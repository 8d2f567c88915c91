//! Where memory comes from: on Linux an allocator that gives back what a busy minute took, where glibc keeps it for as
//! long as the process lives. A first look at a month of usage is such a minute, and then it waits for weeks.

#[cfg(target_os = "linux")]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;
