//! The POSIX names: what a libc would have, with its meaning, over the bare system calls.
//!
//! | file          | names                                                                                               |
//! |---------------|-----------------------------------------------------------------------------------------------------|
//! | `map`         | `mmap`, `munmap`, `mprotect`, `mremap`, `msync`, `madvise`, `posix_madvise`                         |
//! | `lock`        | `mlock`, `munlock`, `mlockall`, `munlockall`, `mincore`                                             |
//! | `opening`     | `open`, `openat`, `creat`, `close`, `unlink`, `memfd_create`                                        |
//! | `shm`         | `shm_open`, `shm_unlink`                                                                            |
//! | `io`          | `read`, `write`, `pread`, `pwrite`, `lseek`                                                         |
//! | `file`        | `truncate`, `ftruncate`, `fallocate`, `posix_fallocate`, `fstat`, `fsync`, `fdatasync`              |
//! | `process`     | `fork`, `vfork`, `wait`, `waitpid`, `_exit`, `getpid`, `getppid`, `kill`                            |
//! | `allocation`  | `malloc`, `calloc`, `realloc`, `free`, `aligned_alloc`, and with them the rest of their family      |
//! | `fortify`     | `__read_chk` and its kin, which headers put in the place of others under `_FORTIFY_SOURCE`          |
//!
//! Where an offset goes in, there is a second name that ends in 64, which a libc's headers put in the place of the first under
//! `_FILE_OFFSET_BITS=64`. Offsets have 64 bits by both.
//!
//! They are declared by the system's own headers, and not by `baremap.h`.
//!
//! # What differs from a libc
//! - Nothing is a point of cancellation of pthread_cancel(3).
//! - `vfork` is `fork`: it would have to return twice on one stack, which a compiler of Rust does not know how to do. POSIX has
//!   allowed it as long as it had a `vfork`.
//! - `posix_fallocate` fails with `EOPNOTSUPP` where the file system cannot: to write zeros in its place, as some do, loses what
//!   other processes write meanwhile.
//! - `fork` calls the libc's where there is one; see `process`.

mod allocation;
mod errno;
mod file;
mod fortify;
mod heap;
mod io;
mod lock;
mod map;
mod opening;
mod process;
mod shm;

/// Makes functions that C calls, all with one body, each in a module and so in an object file of its own.
macro_rules! names {
    ($(#[$doc:meta])* fn $name:ident $arguments:tt -> $result:ty $body:block) => {
        $crate::posix::names!(@each [$name] [$(#[$doc])*] $arguments $result $body);
    };
    ($(#[$doc:meta])* fn [$($name:ident)+] $arguments:tt -> $result:ty $body:block) => {
        $crate::posix::names!(@each [$($name)+] [$(#[$doc])*] $arguments $result $body);
    };
    (@each [$($name:ident)+] $docs:tt $arguments:tt $result:ty $body:block) => {
        $($crate::posix::names!(@one $name $docs $arguments $result $body);)+
    };
    (@one $name:ident [$(#[$doc:meta])*] $arguments:tt $result:ty $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every one uses all that its neighbours use")]
            use super::*;

            $(#[$doc])*
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name $arguments -> $result $body
        }
    };
}
use names;
