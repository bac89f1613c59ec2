//! Every stub against `sc`'s function of as many arguments: the same call, the same result, the same effect on memory.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;

use baremap::arch::syscall::{
    syscall0, syscall0_nomem, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6,
};
use baremap::{AnonMap, File, page};
use proptest::prelude::*;
use sc::nr;

/// A descriptor that is not open: no process of this machine may have so many.
const CLOSED: usize = i32::MAX as usize;
/// An address that nothing is mapped at.
const NOWHERE: usize = 8;
/// The result that stands for an error.
const fn error(errno: i32) -> usize {
    (errno as usize).wrapping_neg()
}

/// Makes one call by `sc` and by a stub, and returns the result if it is the same.
macro_rules! both {
    ($stub:ident as $reference:ident, $number:ident $(, $argument:expr)* $(,)?) => {{
        // SAFETY: each call below names memory of its test's own, or none that there is.
        let (expected, result) = unsafe {
            let expected = sc::$reference(nr::$number $(, $argument)*);
            forget_registers();
            (expected, $stub::<{ nr::$number }>($($argument),*))
        };
        assert_eq!(result as isize, expected as isize, concat!(stringify!($stub), ", ", stringify!($number)));
        result
    }};
    ($stub:ident, $($rest:tt)*) => { both!($stub as $stub, $($rest)*) };
}

/// Leaves nothing of a call in the registers of arguments: a stub that forgot one would find it there.
fn forget_registers() {
    let rubbish = usize::MAX / 3;
    // SAFETY: the call looks at no argument.
    unsafe { sc::syscall6(nr::GETPID, rubbish, rubbish, rubbish, rubbish, rubbish, rubbish) };
}

fn file(content: &[u8]) -> File {
    let file = File::unnamed().unwrap();
    file.write_all_at(content, 0).unwrap();
    file
}

fn number(fd: impl AsFd) -> usize {
    fd.as_fd().as_raw_fd() as usize
}

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe().unwrap()
}

#[test]
fn no_argument() {
    assert_eq!(both!(syscall0, GETPID), std::process::id() as usize);
    both!(syscall0, GETPPID);
    both!(syscall0, GETTID);
    both!(syscall0, GETUID);
    assert_eq!(both!(syscall0, SCHED_YIELD), 0);
    assert_eq!(both!(syscall0, MUNLOCKALL), 0);
}

#[test]
fn no_argument_and_no_memory() {
    assert_eq!(both!(syscall0_nomem as syscall0, GETPID), std::process::id() as usize);
    both!(syscall0_nomem as syscall0, GETPPID);
    both!(syscall0_nomem as syscall0, GETTID);
}

#[test]
fn one_argument() {
    let (file, (reader, _writer)) = (file(b""), pipe());
    assert_eq!(both!(syscall1, FSYNC, number(&file)), 0);
    assert_eq!(both!(syscall1, FSYNC, number(&reader)), error(libc::EINVAL));
    assert_eq!(both!(syscall1, FSYNC, CLOSED), error(libc::EBADF));
    assert_eq!(both!(syscall1, CLOSE, usize::MAX), error(libc::EBADF));
    assert_eq!(both!(syscall1, UNAME, NOWHERE), error(libc::EFAULT));
    both!(syscall1, GETPGID, std::process::id() as usize);
}

#[test]
fn two_arguments() {
    let file = file(b"");
    for len in [0, 1, 4096, usize::MAX, i64::MAX as usize] {
        both!(syscall2, FTRUNCATE, number(&file), len);
    }
    assert_eq!(both!(syscall2, FTRUNCATE, CLOSED, 0), error(libc::EBADF));
    assert_eq!(both!(syscall2, MUNMAP, 1, 1), error(libc::EINVAL));
    assert_eq!(both!(syscall2, MUNMAP, 0, 0), error(libc::EINVAL));
    assert_eq!(both!(syscall2, KILL, std::process::id() as usize, 0), 0);
    assert_eq!(both!(syscall2, KILL, std::process::id() as usize, 65), error(libc::EINVAL));
    assert_eq!(both!(syscall2, PIPE2, NOWHERE, 0), error(libc::EFAULT));
}

#[test]
fn three_arguments() {
    let (file, (_reader, writer)) = (file(b"0123456789"), pipe());
    for (offset, whence) in [(3, 0), (usize::MAX, 0), (0, 2), (usize::MAX - 3, 2), (0, 4), (10, 3), (0, 99)] {
        both!(syscall3, LSEEK, number(&file), offset, whence);
    }
    assert_eq!(both!(syscall3, LSEEK, number(&writer), 0, 0), error(libc::ESPIPE));
    assert_eq!(both!(syscall3, WRITE, number(&writer), c"abc".as_ptr() as usize, 3), 3);
    assert_eq!(both!(syscall3, WRITE, number(&writer), NOWHERE, 3), error(libc::EFAULT));
    assert_eq!(both!(syscall3, WRITE, CLOSED, c"abc".as_ptr() as usize, 3), error(libc::EBADF));
    assert_eq!(both!(syscall3, READ, number(&writer), NOWHERE, 3), error(libc::EBADF));
    assert_eq!(both!(syscall3, MSYNC, 1, 1, libc::MS_SYNC as usize), error(libc::EINVAL));
    both!(syscall3, FCNTL, number(&writer), libc::F_GETFL as usize, 0);
    assert_eq!(both!(syscall3, FCNTL, number(&writer), 9999, 0), error(libc::EINVAL));
}

#[test]
fn four_arguments() {
    let file = file(b"0123456789");
    for (len, offset) in [(4, 0), (4, 8), (4, 10), (0, 0), (4, usize::MAX), (usize::MAX, 0)] {
        let mut buffers = [[0_u8; 4]; 2];
        let [expected, result] = buffers.each_mut().map(|buffer| buffer.as_mut_ptr() as usize);
        // SAFETY: the kernel writes within the buffers: it refuses the length that ends after them.
        let results = unsafe {
            let expected = sc::syscall4(nr::PREAD64, number(&file), expected, len, offset);
            forget_registers();
            [expected, syscall4::<{ nr::PREAD64 }>(number(&file), result, len, offset)]
        };
        assert_eq!(results[0] as isize, results[1] as isize, "pread64 of {len} at {offset}");
        assert_eq!(buffers[0], buffers[1]);
    }
    both!(syscall4, PREAD64, number(&file), NOWHERE, 4, 0);
    assert_eq!(both!(syscall4, OPENAT, CLOSED, c"x".as_ptr() as usize, 0, 0), error(libc::EBADF));
    assert_eq!(both!(syscall4, OPENAT, 0, c"/nonexistent".as_ptr() as usize, 0, 0), error(libc::ENOENT));
    assert_eq!(both!(syscall4, OPENAT, 0, NOWHERE, 0, 0), error(libc::EFAULT));
    assert_eq!(both!(syscall4, WAIT4, 1, 0, 0, 0), error(libc::ECHILD));
    assert_eq!(both!(syscall4, RT_SIGPROCMASK, 0, 0, 0, 7), error(libc::EINVAL));
}

#[test]
fn five_arguments() {
    let file = file(b"0123456789");
    let mut results = [[0_u8; size_of::<libc::statx>()]; 2];
    let [expected, result] = results.each_mut().map(|buffer| buffer.as_mut_ptr() as usize);
    let (path, empty_path) = (c"".as_ptr() as usize, libc::AT_EMPTY_PATH as usize);
    let mask = libc::STATX_BASIC_STATS as usize;
    // SAFETY: the kernel writes the two structures.
    unsafe {
        assert_eq!(sc::syscall5(nr::STATX, number(&file), path, empty_path, mask, expected), 0);
        forget_registers();
        assert_eq!(syscall5::<{ nr::STATX }>(number(&file), path, empty_path, mask, result), 0);
    }
    assert_eq!(results[0], results[1]);

    assert_eq!(both!(syscall5, STATX, number(&file), path, empty_path, mask, NOWHERE), error(libc::EFAULT));
    assert_eq!(both!(syscall5, STATX, number(&file), path, 0, mask, result), error(libc::ENOENT));
    assert_eq!(both!(syscall5, STATX, CLOSED, path, empty_path, mask, result), error(libc::EBADF));
    assert_eq!(both!(syscall5, MREMAP, 1, 1, 1, 0, 0), error(libc::EINVAL));
    assert_eq!(both!(syscall5, LINKAT, 0, path, 0, path, usize::MAX), error(libc::EINVAL));
    assert_eq!(both!(syscall5, PRCTL, libc::PR_GET_DUMPABLE as usize, 0, 0, 0, 0), 1);
}

#[test]
fn six_arguments_of_a_copy_between_files() {
    let (from, to) = (file(b"0123456789"), file(b""));
    let mut offsets: [u64; 2] = [2, 5];
    let [from_offset, to_offset] = offsets.each_mut().map(|offset| ptr::from_mut(offset) as usize);
    let (from, to_number) = (number(&from), number(&to));
    // Both calls move the offsets: 2 to 5 to 8, and 5 to 8 to 11.
    let copied = both!(syscall6, COPY_FILE_RANGE, from, from_offset, to_number, to_offset, 3, 0);
    assert_eq!(copied, 3);
    let mut content = [0; 11];
    to.read_exact_at(&mut content, 0).unwrap();
    assert_eq!((&content, offsets), (b"\0\0\0\0\x00234567", [8, 11]));

    let copy = [from, from_offset, to_number, to_offset, 3, 0];
    for (index, bad, errno) in [
        (0, CLOSED, libc::EBADF),
        (1, NOWHERE, libc::EFAULT),
        (2, CLOSED, libc::EBADF),
        (3, NOWHERE, libc::EFAULT),
        (5, 0xff, libc::EINVAL),
    ] {
        let mut call = copy;
        call[index] = bad;
        let [a, b, c, d, e, f] = call;
        assert_eq!(both!(syscall6, COPY_FILE_RANGE, a, b, c, d, e, f), error(errno), "argument {index}");
    }
}

#[test]
fn six_arguments_of_a_map() {
    let file = file(&vec![7; 2 * page::size()]);
    let place = AnonMap::new(page::size()).unwrap();
    let (addr, len, fd) = (place.as_ptr() as usize, place.len(), number(&file));
    let (prot, shared) = (libc::PROT_READ as usize, libc::MAP_SHARED as usize);
    let fixed = shared | libc::MAP_FIXED as usize;

    // Over the anonymous page, which goes with its owner.
    assert_eq!(both!(syscall6, MMAP, addr, len, prot, fixed, fd, page::size()), addr);
    assert_eq!(both!(syscall6, MMAP, 0, 0, prot, shared, fd, 0), error(libc::EINVAL));
    assert_eq!(both!(syscall6, MMAP, 1, len, prot, fixed, fd, 0), error(libc::EINVAL));
    assert_eq!(both!(syscall6, MMAP, 0, len, prot, 0, fd, 0), error(libc::EINVAL));
    assert_eq!(both!(syscall6, MMAP, 0, len, prot, shared, CLOSED, 0), error(libc::EBADF));
    assert_eq!(both!(syscall6, MMAP, 0, len, prot, shared, fd, 1), error(libc::EINVAL));
    assert_eq!(both!(syscall6, MMAP, 0, 1 << 62, prot, shared, fd, 0), error(libc::ENOMEM));
}

/// Registers at their limits, and any others.
fn register() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        Just(usize::MAX),
        Just(isize::MAX as usize),
        Just(u32::MAX as usize),
        0..8192_usize,
        any::<usize>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments_of_calls_that_change_nothing(a in register(), b in register(), c in register()) {
        let file = file(b"0123456789");
        both!(syscall1, FSYNC, a | CLOSED);
        both!(syscall2, CLOCK_GETRES, a as u32 as usize, 0);
        both!(syscall3, MSYNC, a, b, c);
        both!(syscall4, PREAD64, number(&file), NOWHERE, a, b);
        // Relative to where the call before it went: not the same twice.
        if c != libc::SEEK_CUR as usize {
            both!(syscall3, LSEEK, number(&file), a, c);
        }
        both!(syscall5, STATX, CLOSED, c"".as_ptr() as usize, a, b, c);
        // Of no local memory: the last argument has to be 0, the one before may be almost anything.
        both!(syscall6, PROCESS_VM_READV, std::process::id() as usize, 0, 0, c, a, b);
    }
}
