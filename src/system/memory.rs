//! Memory that nobody needs at rest, given back to the system. It frees nothing itself.
//!
//! glibc keeps what was freed for the next allocation. A resident program reads much for a moment (a month of a
//! vendor's ledger) and then sleeps for minutes: measured with six accounts, 11 of 18 MB of the heap were held for
//! nothing. No other allocator tried here held less: mimalloc kept 29 MB.
//!
//! Of its own file and those of the C library a program keeps mapped what it once ran through or read: after a start nearly
//! all, 11 MB. What is unmapped stays in the system's file cache as long as there is room, and is mapped again where the
//! program gets to.

/// Gives back what is free, and the first time what is mapped of the program's files: some was for the start only. To be
/// called at rest: it walks the whole heap, a millisecond for a few megabytes.
///
/// Elsewhere than on Linux with glibc it does nothing; those allocators give back by themselves.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    linux::give_back();
}

/// Lets all threads take memory from one heap, so that what one has freed is there for the others. To be called before the
/// others begin; in a resident program, where they rarely want memory at the same time.
pub fn share_one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    linux::share_one_heap();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod linux {
    #![expect(
        unsafe_code,
        reason = "only the C library can do it, and no library wraps these calls"
    )]

    use std::ffi::{c_int, c_void};
    use std::ptr;
    use std::sync::Once;

    /// What was needed for the start is unmapped.
    static STARTED: Once = Once::new();

    pub(super) fn share_one_heap() {
        // SAFETY: the call takes two numbers, and tells the allocator how it shall go on (mallopt(3)).
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
    }

    pub(super) fn give_back() {
        // SAFETY: the call takes a number and touches nothing but what is free; it is safe from any thread (malloc_trim(3)).
        unsafe {
            libc::malloc_trim(0);
        }
        // What is unmapped each time is what the system drops from its cache first: then the next round waits for a disk.
        STARTED.call_once(unmap_files);
    }

    fn unmap_files() {
        // SAFETY: the callback reads what it is shown while it is shown, and keeps nothing of it (dl_iterate_phdr(3)).
        unsafe {
            libc::dl_iterate_phdr(Some(unmap_file), ptr::null_mut());
        }
    }

    /// Unmaps of the program or a library the pages that are as they are in its file.
    unsafe extern "C" fn unmap_file(
        object: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        _data: *mut c_void,
    ) -> c_int {
        const GO_ON: c_int = 0;
        // SAFETY: the C library shows an object that is loaded, with as many headers as it says.
        let (base, headers) = unsafe {
            let object = &*object;
            let count = usize::from(object.dlpi_phnum);
            let headers = std::slice::from_raw_parts(object.dlpi_phdr, count);
            (object.dlpi_addr, headers)
        };
        for header in headers {
            let is_written = header.p_flags & libc::PF_W != 0;
            let start = usize::try_from(base + header.p_vaddr);
            if let (Ok(start), Ok(length)) = (start, usize::try_from(header.p_memsz))
                && header.p_type == libc::PT_LOAD
                && !is_written
            {
                unmap_pages(start, length);
            }
        }
        GO_ON
    }

    /// Unmaps the whole pages of a segment that was never written to.
    fn unmap_pages(start: usize, length: usize) {
        // SAFETY: the call takes a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let Some(page) = usize::try_from(page).ok().filter(|page| *page > 0) else {
            return;
        };
        let first = start.next_multiple_of(page);
        let pages = (start + length).saturating_sub(first) / page;
        // SAFETY: these pages are mapped from an object's file and never written to: what is unmapped is read from there
        // again, unchanged (madvise(2)). Where it is refused nothing happens.
        unsafe {
            let first = ptr::with_exposed_provenance_mut(first);
            libc::madvise(first, pages * page, libc::MADV_DONTNEED);
        }
    }

    #[cfg(test)]
    mod tests {
        use std::fs;

        use super::*;

        /// How much of the program's own code is mapped, in KiB.
        fn code_mapped() -> u64 {
            let program = fs::read_link("/proc/self/exe").unwrap();
            let maps = fs::read_to_string("/proc/self/smaps").unwrap();
            let is_code =
                |line: &&str| line.contains(" r-xp ") && line.ends_with(program.to_str().unwrap());
            let code = maps.lines().skip_while(|line| !is_code(line));
            let resident = code
                .skip(1)
                .find_map(|line| line.strip_prefix("Rss:"))
                .unwrap();
            resident.trim().trim_end_matches(" kB").parse().unwrap()
        }

        #[test]
        fn of_the_program_stays_mapped_what_it_runs_through_at_rest() {
            // The threads of other tests go on meanwhile and map what they run through.
            let is_less = (0..100).any(|_| {
                let before = code_mapped();
                unmap_files();
                code_mapped() < before
            });
            assert!(is_less);
        }

        #[test]
        fn a_rest_unmaps_what_the_start_mapped() {
            give_back();
            assert!(STARTED.is_completed());
        }
    }
}
