//! When a file was changed.

use baremap::arch::syscall::{syscall4, syscall5};
use baremap::fd::{AsFd, AsRawFd};
use baremap::process::sleep;
use baremap::{File, Result};
use core::mem::MaybeUninit;
use core::time::Duration;
use linux_raw_sys::general::{
    __NR_statx, __NR_utimensat, AT_EMPTY_PATH, STATX_CTIME, STATX_MTIME, statx, timespec,
};

use super::raw;

/// The times of a file, as far as two of them can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamps {
    /// Of its content.
    modified: (i64, u32),
    /// Of its content or of anything else about it.
    changed: (i64, u32),
}

impl Timestamps {
    pub(crate) fn of(file: &File) -> Result<Self> {
        let mut stat = MaybeUninit::<statx>::uninit();
        let (fd, path) = (file.as_fd().as_raw_fd() as usize, c"".as_ptr().expose_provenance());
        let (mask, address) = ((STATX_MTIME | STATX_CTIME) as usize, stat.as_mut_ptr().expose_provenance());
        // SAFETY: the kernel reads an empty path and writes the structure.
        let result =
            unsafe { syscall5::<{ __NR_statx as usize }>(fd, path, AT_EMPTY_PATH as usize, mask, address) };
        raw::done(result).expect("the file is open");
        // SAFETY: after success it is written.
        let (modified, changed) = unsafe { (stat.assume_init().stx_mtime, stat.assume_init().stx_ctime) };
        Ok(Self { modified: (modified.tv_sec, modified.tv_nsec), changed: (changed.tv_sec, changed.tv_nsec) })
    }

    /// Whether both are others.
    pub(crate) fn differ_from(self, other: Self) -> bool {
        self.modified != other.modified && self.changed != other.changed
    }

    /// Makes the content one of 1970, and waits until whatever happens next has another time than this.
    pub(crate) fn of_long_ago(file: &File) -> Result<Self> {
        let times = [const { timespec { tv_sec: 1, tv_nsec: 0 } }; 2];
        const NO_PATH: usize = 0;
        let (fd, times) = (file.as_fd().as_raw_fd() as usize, (&raw const times).expose_provenance());
        // SAFETY: the kernel reads the two times.
        let result = unsafe { syscall4::<{ __NR_utimensat as usize }>(fd, NO_PATH, times, 0) };
        raw::done(result).expect("the file is the test's own");
        // The kernel's clock for files ticks a hundred times a second, or faster.
        sleep(Duration::from_millis(30));
        Self::of(file)
    }
}
