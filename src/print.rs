//! Formatted output to a descriptor, without a buffer that outlives the call: a fork cannot print it twice.

use crate::error::Result;
use crate::fd::BorrowedFd;
use crate::file;
use core::fmt::{self, Write};
use spin::{Mutex, MutexGuard};

/// What one call prints goes out in one write(2) if it is no longer than this, in bytes.
const BUFFER: usize = 512;

/// Held while one call prints, so that the lines of two threads do not mix.
static LINE: Mutex<()> = Mutex::new(());

/// How often to look whether the lock is free.
///
/// Not for ever: a thread that panics while it prints holds the lock itself, and after a fork the thread that held it
/// may be gone. Mixed lines are better than none.
const PATIENCE: u32 = 100_000;

fn lock() -> Option<MutexGuard<'static, ()>> {
    for _ in 0..PATIENCE {
        if let Some(guard) = LINE.try_lock() {
            return Some(guard);
        }
        core::hint::spin_loop();
    }
    None
}

/// Prints to a descriptor.
///
/// # Errors
/// Those of [`file::write_all`].
pub(crate) fn print(fd: BorrowedFd<'_>, arguments: fmt::Arguments<'_>) -> Result<()> {
    print_with(fd, |out| out.write_fmt(arguments))
}

/// Prints what a function writes.
///
/// # Errors
/// Those of [`file::write_all`].
pub(crate) fn print_with(fd: BorrowedFd<'_>, write: impl FnOnce(&mut Out<'_>) -> fmt::Result) -> Result<()> {
    let _line = lock();
    let mut out = Out { fd, bytes: [0; BUFFER], len: 0, result: Ok(()) };
    // The error has no content; a value's own is not ours to judge, and the descriptor's is in `result`.
    let _ = write(&mut out);
    out.flush();
    out.result
}

/// What is to be printed, as far as it has not gone out.
pub(crate) struct Out<'fd> {
    fd: BorrowedFd<'fd>,
    bytes: [u8; BUFFER],
    len: usize,
    result: Result<()>,
}

impl Out<'_> {
    fn flush(&mut self) {
        if let Some(bytes) = self.bytes.get(..self.len)
            && self.result.is_ok()
        {
            self.result = file::write_all(self.fd, bytes);
        }
        self.len = 0;
    }
}

impl Write for Out<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.as_bytes().chunks(BUFFER) {
            if piece.len() > BUFFER - self.len {
                self.flush();
            }
            // There is room now. Asked for by `get_mut`, it takes no panic and none of its messages.
            if let Some(room) = self.bytes.get_mut(self.len..self.len + piece.len()) {
                room.copy_from_slice(piece);
                self.len += piece.len();
            }
        }
        self.result.map_err(|_| fmt::Error)
    }
}
