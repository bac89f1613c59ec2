//! Stores two numbers in a new file through a shared map, and reads the file back: with rustix and origin.
#![no_std]
#![no_main]

extern crate origin;

use core::ffi::CStr;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::ptr;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{self, FallocateFlags, Mode, OFlags};
use rustix::io::{self, Errno};
use rustix::mm::{self, MapFlags, MsyncFlags, ProtFlags};
use rustix::stdio;

const LEN: usize = 40;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Writes lines whole, as this crate's `print!` does.
struct Line<'a> {
    to: BorrowedFd<'a>,
    bytes: [u8; 128],
    used: usize,
}

impl<'a> Line<'a> {
    fn new(to: BorrowedFd<'a>) -> Self {
        Self { to, bytes: [0; 128], used: 0 }
    }

    fn flush(&mut self) -> fmt::Result {
        let mut left = &self.bytes[..self.used];
        while !left.is_empty() {
            let count = io::write(self.to, left).map_err(|_| fmt::Error)?;
            left = &left[count..];
        }
        self.used = 0;
        Ok(())
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.used == self.bytes.len() {
                self.flush()?;
            }
            self.bytes[self.used] = byte;
            self.used += 1;
            if byte == b'\n' {
                self.flush()?;
            }
        }
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe fn origin_main(argc: usize, argv: *mut *mut u8, _envp: *mut *mut u8) -> i32 {
    // SAFETY: standard streams stay open.
    let (out, err) = unsafe { (stdio::stdout(), stdio::stderr()) };
    if argc != 2 {
        let _ = Line::new(err).write_str("usage: map_file PATH\n");
        return 2;
    }
    // SAFETY: as many arguments, each ended by a zero byte.
    let path = unsafe { CStr::from_ptr((*argv.add(1)).cast()) };
    match store(path, &mut Line::new(out)) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(Line::new(err), "{error}");
            1
        }
    }
}

fn store(path: &CStr, out: &mut Line<'_>) -> io::Result<()> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    match fs::fallocate(&file, FallocateFlags::empty(), 0, LEN as u64) {
        Err(Errno::OPNOTSUPP) => fs::ftruncate(&file, LEN as u64)?,
        result => result?,
    }
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new map, of a file that nobody else has, within which the numbers lie.
    unsafe {
        let map = mm::mmap(ptr::null_mut(), LEN, protection, MapFlags::SHARED, &file, 0)?;
        let _ = writeln!(out, "Mapped at {map:p}");
        map.cast::<u32>().write_volatile(0x1234_5678);
        map.cast::<u32>().add(1).write_volatile(0xdead_c0de);
        let result = mm::msync(map, LEN, MsyncFlags::SYNC);
        mm::munmap(map, LEN)?;
        result?;
    }
    hexdump(&file, out)
}

fn hexdump(file: &OwnedFd, out: &mut Line<'_>) -> io::Result<()> {
    let mut offset = 0;
    let mut line = [0; 16];
    loop {
        let count = io::read(file, &mut line)?;
        let _ = write!(out, "{offset:07x}");
        for byte in &line[..count] {
            let _ = write!(out, " {byte:02x}");
        }
        let _ = out.write_str("\n");
        if count == 0 {
            return Ok(());
        }
        offset += count;
    }
}
