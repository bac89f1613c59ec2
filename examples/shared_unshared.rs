//! What a fork copies and what it shares: an ordinary variable beside a shared one.
#![no_std]
#![no_main]

use baremap::{Result, SharedMap, println, process};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

baremap::entry!(main);

fn main() -> Result<u8> {
    let mut unshared = 15;
    let map = SharedMap::new(size_of::<AtomicU32>())?;
    let shared: &AtomicU32 = map.atomic(0)?;
    shared.store(1, Relaxed);

    // SAFETY: the child uses the map, standard output, and its own copy of `unshared`.
    let child = unsafe {
        process::spawn(|| {
            println!("Child process running...");
            println!("Value of `unshared` is {unshared}, value of `shared` is {}", shared.load(Relaxed));
            println!("Child process changing `shared` and `unshared`...");
            unshared = 64;
            shared.store(128, Relaxed);
            println!("On child process, `unshared` is {unshared}, `shared` is {}", shared.load(Relaxed));
        })
    }?;
    if !child.wait()?.success() {
        return Ok(1);
    }

    println!("Parent process checking `shared` and `unshared`...");
    println!("On parent process, `unshared` is {unshared}, `shared` is {}", shared.load(Relaxed));
    Ok(0)
}
