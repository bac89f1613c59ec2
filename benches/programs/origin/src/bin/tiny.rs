//! Two numbers stored in a file through a map: with rustix and origin.
#![no_std]
#![no_main]

extern crate origin;

use core::panic::PanicInfo;
use core::ptr;

use rustix::fs::{self, Mode, OFlags};
use rustix::mm::{self, MapFlags, MsyncFlags, ProtFlags};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
unsafe fn origin_main(_argc: usize, _argv: *mut *mut u8, _envp: *mut *mut u8) -> i32 {
    match store() {
        Ok(()) => 0,
        Err(error) => error.raw_os_error(),
    }
}

fn store() -> rustix::io::Result<()> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = fs::open(c"tiny.bin", flags, Mode::RUSR | Mode::WUSR)?;
    fs::ftruncate(&file, 40)?;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new map, of a file that nobody else has, within which the numbers lie.
    unsafe {
        let map = mm::mmap(ptr::null_mut(), 40, protection, MapFlags::SHARED, &file, 0)?;
        map.cast::<u32>().write_volatile(0x1234_5678);
        map.cast::<u32>().add(1).write_volatile(0xdead_c0de);
        let result = mm::msync(map, 40, MsyncFlags::SYNC);
        mm::munmap(map, 40)?;
        result
    }
}
