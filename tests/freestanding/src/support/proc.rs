//! What this process has.

use baremap::File;
use baremap::fd::{BorrowedFd, RawFd};
use baremap::sys;

/// How many descriptors are open, of those that tests may come to.
pub(crate) fn descriptors() -> usize {
    (0..256).filter(|&number| is_open(number)).count()
}

pub(crate) fn is_open(number: RawFd) -> bool {
    // SAFETY: only asked whether it is open.
    sys::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) }).is_ok()
}

/// How many maps there are, if /proc says so.
pub(crate) fn maps() -> Option<usize> {
    let file = File::open(c"/proc/self/maps").ok()?;
    let mut buffer = [0; 1024];
    let mut lines = 0;
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(lines),
            len => lines += buffer[..len].iter().filter(|&&byte| byte == b'\n').count(),
        }
    }
}

/// Bytes of this process that are locked, in the words of the kernel.
pub(crate) fn locked_memory() -> Option<[u8; 32]> {
    let file = File::open(c"/proc/self/status").ok()?;
    let mut bytes = [0; 4096];
    let len = file.read(&mut bytes).ok()?;
    let text = str::from_utf8(&bytes[..len]).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmLck:"))?;
    let mut found = [0; 32];
    found[..line.len()].copy_from_slice(line.as_bytes());
    Some(found)
}
