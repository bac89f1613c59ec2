//! A child adds two numbers that its parent stores in memory they share.
#![no_std]
#![no_main]

use baremap::sys::{FutexScope, futex_wait, futex_wake};
use baremap::{Result, SharedMap, println, process};
use core::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

baremap::entry!(main);

const COUNT: usize = 100;

fn main() -> Result<u8> {
    let map = SharedMap::new(COUNT * size_of::<AtomicU32>())?;
    let numbers: &[AtomicU32] = map.atomics(0, COUNT)?;
    let (a, b, ready) = (&numbers[0], &numbers[1], &numbers[2]);

    // SAFETY: the child uses nothing but the map and standard output.
    let child = unsafe {
        process::spawn(|| {
            while ready.load(Acquire) == 0 {
                // Sleeps only while the flag is still 0; an early return is seen to by the loop.
                let _ = futex_wait(ready, FutexScope::Shared, 0, None);
            }
            println!("{}", a.load(Relaxed) + b.load(Relaxed));
        })
    }?;

    a.store(10, Relaxed);
    b.store(20, Relaxed);
    // Release and acquire: who sees the flag sees the numbers.
    ready.store(1, Release);
    let _ = futex_wake(ready, FutexScope::Shared, 1);

    Ok(if child.wait()?.success() { 0 } else { 1 })
}
