use crate::harness::tests;
use crate::support::fds;
use baremap::arch::syscall::{
    syscall0, syscall0_nomem, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6,
};
use baremap::fd::{AsFd, AsRawFd};
use baremap::{Errno, File, page, sys};
use core::hint::black_box;
use linux_raw_sys::general::{
    __NR_close, __NR_fallocate, __NR_getpid, __NR_kill, __NR_lseek, __NR_mmap, __NR_munmap, __NR_pwrite64,
    __NR_statx, AT_EMPTY_PATH, FALLOC_FL_KEEP_SIZE, MAP_PRIVATE, PROT_READ, SEEK_END, STATX_SIZE, statx,
};

tests! {
    // Each argument counts: a register mixed up shows in the result.
    fn every_stub_passes_its_arguments_in_order() {
        let file = fds::file(b"0123456789");
        let fd = file.as_fd().as_raw_fd() as usize;
        // SAFETY: the calls name memory of this test only, or none.
        unsafe {
            let pid = syscall0::<{ __NR_getpid as usize }>();
            assert_eq!(syscall0_nomem::<{ __NR_getpid as usize }>(), pid);
            assert_eq!(pid as i32, sys::getpid().as_raw());
            assert_eq!(syscall1::<{ __NR_close as usize }>(1000), error(Errno::EBADF));
            assert_eq!(syscall2::<{ __NR_kill as usize }>(pid, 0), 0);
            assert_eq!(syscall2::<{ __NR_kill as usize }>(pid, 1000), error(Errno::EINVAL));
            assert_eq!(syscall3::<{ __NR_lseek as usize }>(fd, 5_usize.wrapping_neg(), SEEK_END as usize), 5);
            let (text, flags) = (b"text".as_ptr().expose_provenance(), FALLOC_FL_KEEP_SIZE as usize);
            assert_eq!(syscall4::<{ __NR_pwrite64 as usize }>(fd, text, 3, 20), 3);
            assert_eq!(syscall4::<{ __NR_fallocate as usize }>(fd, flags, 100, 200), 0);
        }
        assert_eq!(file.len(), Ok(23));
    }

    fn five_arguments_arrive() {
        let file = fds::file(b"0123456789");
        // SAFETY: zeros are a structure of numbers.
        let mut stat = unsafe { core::mem::zeroed::<statx>() };
        let (path, result) = (c"".as_ptr().expose_provenance(), (&raw mut stat).expose_provenance());
        let (fd, flags) = (file.as_fd().as_raw_fd() as usize, AT_EMPTY_PATH as usize);
        // SAFETY: the kernel reads the path and writes the structure.
        let code = unsafe {
            syscall5::<{ __NR_statx as usize }>(fd, path, flags, STATX_SIZE as usize, result)
        };
        assert_eq!((code, stat.stx_size), (0, 10));
    }

    fn six_arguments_arrive() {
        let page = page::size();
        let file: File = fds::file(b"");
        file.write_all_at(b"second page", page as u64).expect("room for two pages");
        let fd = file.as_fd().as_raw_fd() as usize;
        let (prot, flags) = (PROT_READ as usize, MAP_PRIVATE as usize);
        // SAFETY: the map is this test's own.
        unsafe {
            let address = syscall6::<{ __NR_mmap as usize }>(0, page, prot, flags, fd, page);
            let map = core::ptr::with_exposed_provenance::<[u8; 11]>(address);
            assert_eq!(map.read(), *b"second page");
            assert_eq!(syscall2::<{ __NR_munmap as usize }>(address, page), 0);
        }
    }

    // A clobber that is missing shows in what the compiler keeps in registers over the call.
    fn a_call_loses_nothing() {
        let integers: [u64; 14] = core::array::from_fn(|index| black_box(index as u64 + 1));
        let floats: [f64; 14] = core::array::from_fn(|index| black_box(index as f64 + 0.5));
        for _ in 0..100 {
            // SAFETY: reads and writes no memory.
            black_box(unsafe { syscall0_nomem::<{ __NR_getpid as usize }>() });
            // SAFETY: closes nothing.
            black_box(unsafe { syscall1::<{ __NR_close as usize }>(1000) });
        }
        assert_eq!(integers.iter().sum::<u64>(), 105);
        assert_eq!(floats.iter().sum::<f64>(), 98.0);
    }
}

/// An error as the kernel returns it.
fn error(errno: Errno) -> usize {
    (errno.raw_os_error() as usize).wrapping_neg()
}
