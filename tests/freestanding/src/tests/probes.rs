//! Functions whose machine code is looked at from outside: between them and the kernel there is to be no call.

use crate::harness::tests;
use baremap::fd::{AsFd, BorrowedFd};
use baremap::map::ReadWrite;
use baremap::sys::{self, MapFlags, ProtFlags};
use baremap::{AnonMap, File, FileMap, MapOptions, Result};
use core::ptr;

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_mmap(len: usize) -> Result<AnonMap> {
    MapOptions::new().len(len).map_anon()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_munmap(map: AnonMap) {
    drop(map);
}

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_msync(map: &FileMap<ReadWrite>) -> Result<()> {
    map.flush()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn probe_ftruncate(file: &File, len: u64) -> Result<()> {
    file.set_len(len)
}

/// All six arguments of a system call, in the order of the call and by the convention of C, which has them in almost
/// the same registers.
///
/// # Safety
/// As [`sys::mmap`].
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn probe_sys_mmap(
    addr: *mut u8,
    len: usize,
    prot: ProtFlags,
    flags: MapFlags,
    fd: BorrowedFd<'_>,
    offset: u64,
) -> *mut u8 {
    // SAFETY: passed on to the caller.
    unsafe { sys::mmap(addr, len, prot, flags, fd, offset) }.unwrap_or(ptr::null_mut())
}

tests! {
    fn do_what_they_are_looked_at_for() -> Result<()> {
        let map = probe_mmap(100)?;
        assert_eq!(map.len(), 100);
        probe_munmap(map);

        let file = File::unnamed()?;
        probe_ftruncate(&file, 100)?;
        assert_eq!(file.len()?, 100);
        probe_msync(&FileMap::write(&file)?)?;

        let (prot, flags) = (ProtFlags::READ, MapFlags::SHARED);
        // SAFETY: where the kernel likes, and away before its last use.
        unsafe {
            let start = probe_sys_mmap(ptr::null_mut(), 100, prot, flags, file.as_fd(), 0);
            assert_eq!(start.read(), 0);
            sys::munmap(start, 100).expect("it is mapped");
        }
        Ok(())
    }
}
