//! Two numbers stored in a file through a map, by the safe interface, in about a kilobyte of program.
#![no_std]
#![no_main]

use baremap::{Error, File, MapOptions};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

baremap::entry!(main);

fn main() -> u8 {
    match store() {
        Ok(()) => 0,
        // Printing the sentence would take more room than all the rest.
        Err(error) => error.errno().raw_os_error() as u8,
    }
}

fn store() -> Result<(), Error> {
    let file = File::create(c"tiny.bin")?;
    file.set_len(40)?;
    let map = MapOptions::new().len(40).map_mut(&file)?;
    map.atomic::<AtomicU32>(0)?.store(0x1234_5678, Relaxed);
    map.atomic::<AtomicU32>(4)?.store(0xdead_c0de, Relaxed);
    map.flush()
}
