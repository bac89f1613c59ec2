//! Maps, by the bare system calls.
//!
//! A pointer goes to the kernel as it came from C: the kernel is the one to say `EFAULT`.

use baremap::arch::syscall::{syscall1, syscall2, syscall3, syscall5, syscall6};
use baremap::{Errno, page};
use core::ffi::{c_int, c_void};
use core::ptr;
use linux_raw_sys::general as raw;

use crate::answer::{attempt, is_error, negated, status};
use crate::pointer::{address, not_null};

/// Stores what mmap(2) or mremap(2) returns. Where there is no place for it, nothing is called.
///
/// # Safety
/// `map` is null, or there is room for a pointer.
#[inline(always)]
unsafe fn give_address(map: *mut *mut c_void, call: impl FnOnce() -> usize) -> c_int {
    let Ok(map) = not_null(map) else { return negated(Errno::EFAULT) };
    let result = call();
    if is_error(result) {
        return status(result);
    }
    // SAFETY: the caller's promise.
    unsafe { map.write(ptr::with_exposed_provenance_mut(result)) };
    0
}

mod page_size {
    use super::*;

    /// Bytes in a page: 4096, 16384 or 65536. The first call asks the kernel.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_page_size() -> usize {
        page::size()
    }
}

mod mmap {
    use super::*;

    /// mmap(2): maps `len` bytes of a file from `offset`, or with BM_MAP_ANONYMOUS of zeros, and stores the address in
    /// `*map`.
    ///
    /// 0, or -EINVAL (length 0; address or offset no multiple of the page size), -EFAULT (`map` is null), -EBADF, -EACCES,
    /// -EAGAIN, -EEXIST, -ENODEV, -ENOMEM, -EOVERFLOW, -EPERM, -ETXTBSY.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mmap(
        addr: *mut c_void,
        len: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        offset: i64,
        map: *mut *mut c_void,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_mmap as usize;
        let (prot, flags, fd) = (prot as usize, flags as usize, fd as usize);
        // SAFETY: what the range is used for is the caller's to know; and the caller's place for a pointer.
        unsafe {
            give_address(map, || syscall6::<NUMBER>(address(addr), len, prot, flags, fd, offset as usize))
        }
    }
}

mod munmap {
    use super::*;

    /// munmap(2): unmaps the pages that hold the `len` bytes from `addr`, a multiple of the page size.
    ///
    /// 0, or -EINVAL (address, or length 0, or a huge page cut in two), -ENOMEM (it would split a map, and there are too
    /// many).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_munmap(addr: *mut c_void, len: usize) -> c_int {
        const NUMBER: usize = raw::__NR_munmap as usize;
        // SAFETY: the range is the caller's.
        status(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

mod mprotect {
    use super::*;

    /// mprotect(2): changes what the pages may be used for: BM_PROT_READ, BM_PROT_WRITE, BM_PROT_EXEC, or BM_PROT_NONE.
    ///
    /// 0, or -EACCES, -EINVAL (address, flags), -ENOMEM (not mapped, or too many maps).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mprotect(addr: *mut c_void, len: usize, prot: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_mprotect as usize;
        // SAFETY: the range is the caller's.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, prot as usize) })
    }
}

mod mremap {
    use super::*;

    /// mremap(2): resizes or moves a map, and stores its address in `*map`. `new_addr` counts only with BM_MREMAP_FIXED or
    /// BM_MREMAP_DONTUNMAP.
    ///
    /// 0, or -EAGAIN, -EFAULT (not one map; `map` is null), -EINVAL (addresses, lengths, flags), -ENOMEM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mremap(
        addr: *mut c_void,
        old_len: usize,
        new_len: usize,
        flags: c_int,
        new_addr: *mut c_void,
        map: *mut *mut c_void,
    ) -> c_int {
        const NUMBER: usize = raw::__NR_mremap as usize;
        let new_addr = address(new_addr);
        // SAFETY: the ranges are the caller's, and the place for a pointer.
        unsafe {
            give_address(map, || {
                syscall5::<NUMBER>(address(addr), old_len, new_len, flags as usize, new_addr)
            })
        }
    }
}

mod msync {
    use super::*;

    /// msync(2): writes changed pages of a shared map back; returns with BM_MS_SYNC when that is done.
    ///
    /// 0, or -EBUSY, -EINVAL (address, flags), -EIO, -ENOMEM (not mapped).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_msync(addr: *mut c_void, len: usize, flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_msync as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, flags as usize) })
    }
}

mod madvise {
    use super::*;

    /// madvise(2): says how a range will be used, or changes it; some advice throws its contents away. BM_MADV_WILLNEED and
    /// others.
    ///
    /// 0, or -EINVAL (address, or the kernel does not know the advice), -EACCES, -EAGAIN, -EBADF, -EBUSY, -EFAULT, -EIO,
    /// -ENOMEM (not mapped), -EPERM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_madvise(addr: *mut c_void, len: usize, advice: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_madvise as usize;
        // SAFETY: the range is the caller's.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, advice as usize) })
    }
}

mod mlock {
    use super::*;

    /// mlock(2): keeps a range in memory, all of it read in now.
    ///
    /// 0, or -EAGAIN, -EINVAL (the sum overflows), -ENOMEM (not mapped, or beyond RLIMIT_MEMLOCK), -EPERM.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mlock(addr: *const c_void, len: usize) -> c_int {
        const NUMBER: usize = raw::__NR_mlock as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

mod mlock2 {
    use super::*;

    /// mlock2(2), Linux 4.4: as `bm_mlock`; with BM_MLOCK_ONFAULT pages are locked when they are first touched.
    ///
    /// 0, or as `bm_mlock`; -ENOSYS in QEMU's user mode.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mlock2(addr: *const c_void, len: usize, flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_mlock2 as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, flags as usize) })
    }
}

mod munlock {
    use super::*;

    /// munlock(2): undoes `bm_mlock` for a range.
    ///
    /// 0, or -EINVAL (the sum overflows), -ENOMEM (not mapped).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_munlock(addr: *const c_void, len: usize) -> c_int {
        const NUMBER: usize = raw::__NR_munlock as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall2::<NUMBER>(address(addr), len) })
    }
}

mod mlockall {
    use super::*;

    /// mlockall(2): keeps all maps in memory: BM_MCL_CURRENT for those that are there, BM_MCL_FUTURE for those to come.
    ///
    /// 0, or -EINVAL (flags), -ENOMEM (beyond RLIMIT_MEMLOCK), -EPERM.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_mlockall(flags: c_int) -> c_int {
        const NUMBER: usize = raw::__NR_mlockall as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall1::<NUMBER>(flags as usize) })
    }
}

mod munlockall {
    use super::*;
    use baremap::arch::syscall::syscall0;

    /// munlockall(2): undoes `bm_mlockall` and every `bm_mlock`. 0.
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_munlockall() -> c_int {
        const NUMBER: usize = raw::__NR_munlockall as usize;
        // SAFETY: no byte is changed.
        status(unsafe { syscall0::<NUMBER>() })
    }
}

mod mincore {
    use super::*;

    /// mincore(2): stores in `residency` a byte for each page of the `len` bytes from `addr`, a multiple of the page size; its
    /// lowest bit says whether the page is in memory.
    ///
    /// 0, or -EAGAIN, -EFAULT, -EINVAL (address), -ENOMEM (not mapped).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mincore(addr: *mut c_void, len: usize, residency: *mut u8) -> c_int {
        const NUMBER: usize = raw::__NR_mincore as usize;
        // SAFETY: the caller has a byte for each page.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, address(residency)) })
    }
}

mod mseal {
    use super::*;

    /// mseal(2), Linux 6.10: the range can never again be unmapped, moved, resized or protected in another way.
    ///
    /// 0, or -EINVAL (address, overflow), -ENOMEM (not mapped), -ENOSYS (an older kernel).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_mseal(addr: *mut c_void, len: usize) -> c_int {
        const NUMBER: usize = raw::__NR_mseal as usize;
        // SAFETY: the range is the caller's.
        status(unsafe { syscall3::<NUMBER>(address(addr), len, 0) })
    }
}

mod process_vm_readv {
    use super::*;
    use baremap::sys::{self, Pid, RemoteRange};

    /// process_vm_readv(2) of one range: copies `len` bytes of another process's memory, or one's own, into `to`.
    ///
    /// How many bytes, maybe not all, or -EFAULT (not even the first), -EINVAL, -EPERM, -ESRCH; -ENOSYS in QEMU's user mode.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_process_read(
        pid: c_int,
        from: *const c_void,
        to: *mut c_void,
        len: usize,
    ) -> isize {
        crate::answer::attempt_count(|| {
            let pid = Pid::from_raw(pid).ok_or(Errno::ESRCH)?;
            let from = [RemoteRange { address: address(from), len }];
            // SAFETY: the kernel writes what the caller gave for it.
            unsafe { sys::process_vm_readv_raw(pid, to.cast(), len, &from) }
        })
    }
}

mod round_up {
    use super::*;

    /// Rounds `len` up to whole pages. 0, or -EOVERFLOW, -EFAULT (`rounded` is null).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_page_round_up(len: usize, rounded: *mut usize) -> c_int {
        attempt(|| {
            let rounded = not_null(rounded)?;
            let len = page::round_up(len).ok_or(Errno::EOVERFLOW)?;
            // SAFETY: the caller's place for a number.
            unsafe { rounded.write(len) };
            Ok(())
        })
    }
}

mod process_vm_writev {
    use super::*;
    use crate::pointer::bytes;
    use baremap::sys::{self, Pid, RemoteRange};

    /// process_vm_writev(2) of one range: copies `len` bytes into another process's memory, or one's own.
    ///
    /// How many bytes, maybe not all, or -EFAULT (not even the first; `from` is null), -EINVAL, -EPERM, -ESRCH; -ENOSYS in
    /// QEMU's user mode.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_process_write(
        pid: c_int,
        to: *mut c_void,
        from: *const c_void,
        len: usize,
    ) -> isize {
        crate::answer::attempt_count(|| {
            let pid = Pid::from_raw(pid).ok_or(Errno::ESRCH)?;
            let to = [RemoteRange { address: address(to), len }];
            // SAFETY: the caller's bytes, and a range that is the caller's to write.
            unsafe { sys::process_vm_writev(pid, bytes(from, len)?, &to) }
        })
    }
}
