//! A few lines of output, for programs without stdio(3). Each call is one write(2) or a few; nothing is kept back.

use baremap::fd::{BorrowedFd, STDERR, STDOUT};
use baremap::{Errno, write_all};
use core::ffi::{c_char, c_int, c_uint};

use crate::answer::attempt;
use crate::pointer::text;

/// Digits of a number, written from behind.
struct Digits {
    /// As many as the longest has, `u64::MAX` in decimal, and a sign.
    bytes: [u8; Self::MOST + 1],
    start: usize,
}

impl Digits {
    const MOST: usize = 20;

    /// At least `least` of them.
    fn of(mut number: u64, base: u64, least: usize) -> Digits {
        let mut digits = Digits { bytes: [b'0'; Self::MOST + 1], start: Self::MOST + 1 };
        let last = digits.start - least.clamp(1, Self::MOST);
        while number > 0 || digits.start > last {
            digits.put(b"0123456789abcdef"[(number % base) as usize & 15]);
            number /= base;
        }
        digits
    }

    /// One more before the others. There is room: no number has more digits.
    fn put(&mut self, digit: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(byte) = self.bytes.get_mut(self.start) {
            *byte = digit;
        }
    }

    fn print(&self, fd: BorrowedFd<'_>) -> c_int {
        attempt(|| written(fd, self.bytes.get(self.start..).unwrap_or_default()))
    }

    fn signed(number: i64) -> Digits {
        let mut digits = Digits::of(number.unsigned_abs(), 10, 1);
        if number < 0 {
            digits.put(b'-');
        }
        digits
    }
}

fn written(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), Errno> {
    Ok(write_all(fd, bytes)?)
}

/// # Safety
/// It is a text, or null.
unsafe fn print_text(fd: BorrowedFd<'_>, bytes: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    attempt(|| written(fd, unsafe { text(bytes) }?.to_bytes()))
}

/// The sentence of an error, and its name; the number may be negated, as `bm_` functions return it.
fn words(number: c_int) -> (&'static str, &'static str) {
    match Errno::from_raw_os_error(number.saturating_abs()) {
        Some(errno) => (errno.sentence(), errno.name().unwrap_or("?")),
        None => ("Unknown error", "?"),
    }
}

mod out {
    use super::*;

    /// Prints a text to standard output. 0, or -EFAULT (`text` is null) or another error of write(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_print(text: *const c_char) -> c_int {
        // SAFETY: the caller's text.
        unsafe { print_text(STDOUT, text) }
    }
}

mod number {
    use super::*;

    /// Prints a number in decimal to standard output. 0, or an error of write(2).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_print_number(number: i64) -> c_int {
        Digits::signed(number).print(STDOUT)
    }
}

mod hex {
    use super::*;

    /// Prints a number in hexadecimal to standard output, by at least `digits` digits (16 at most), without a 0x before it. 0, or an
    /// error of write(2).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_print_hex(number: u64, digits: c_uint) -> c_int {
        Digits::of(number, 16, (digits as usize).min(16)).print(STDOUT)
    }
}

mod err {
    use super::*;

    /// Prints a text to standard error. As `bm_print`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_eprint(text: *const c_char) -> c_int {
        // SAFETY: the caller's text.
        unsafe { print_text(STDERR, text) }
    }
}

mod err_number {
    use super::*;

    /// Prints a number in decimal to standard error. 0, or an error of write(2).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_eprint_number(number: i64) -> c_int {
        Digits::signed(number).print(STDERR)
    }
}

mod err_errno {
    use super::*;

    /// Prints the sentence of an error number to standard error, such as "No such file or directory": `errno`, or what a `bm_`
    /// function returned. 0, or an error of write(2).
    #[unsafe(no_mangle)]
    pub extern "C" fn bm_eprint_errno(number: c_int) -> c_int {
        attempt(|| written(STDERR, words(number).0.as_bytes()))
    }
}

mod error {
    use super::*;

    /// Prints what went wrong to standard error: "error: open: No such file or directory (ENOENT)" for `what` "open" and an error
    /// number, `errno` or what a `bm_` function returned. 0, or -EFAULT (`what` is null) or another error of write(2).
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn bm_print_error(what: *const c_char, number: c_int) -> c_int {
        attempt(|| {
            // SAFETY: the caller's text.
            let what = unsafe { text(what) }?.to_bytes();
            let (sentence, name) = words(number);
            [b"error: ", what, b": ", sentence.as_bytes(), b" (", name.as_bytes(), b")\n"]
                .into_iter()
                .try_for_each(|part| written(STDERR, part))
        })
    }
}
