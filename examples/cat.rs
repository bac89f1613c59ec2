//! Prints files of any size through private read-only maps, a window at a time.
#![no_std]
#![no_main]

use baremap::fd::{STDERR, STDOUT};
use baremap::rt::Env;
use baremap::{Errno, Error, File, MapOptions, Operation, Result, eprint, eprintln, write_all};
use core::ffi::CStr;

baremap::entry!(main);

/// What is mapped at once, and so the most that is resident: a multiple of every page size.
const WINDOW: u64 = 1 << 20;

fn main(env: Env) -> u8 {
    let paths = env.args().skip(1);
    if paths.len() == 0 {
        eprintln!("usage: cat PATH...");
        return 2;
    }
    let mut code = 0;
    for path in paths {
        if let Err(error) = File::open(path).and_then(|file| cat(&file)) {
            complain(path, error);
            code = 1;
        }
    }
    code
}

/// Prints what is in the file now: what is appended meanwhile, by `cat FILE >> FILE` for one, is not.
fn cat(file: &File) -> Result<()> {
    let len = file.len()?;
    let mut offset = 0;
    while offset < len {
        let window = WINDOW.min(len - offset) as usize;
        let map = MapOptions::new().offset(offset).len(window).map_copy_read_only(file);
        match map.and_then(|map| map.write_to(STDOUT)) {
            Ok(count) => offset += count as u64,
            Err(error) => match error.errno() {
                // It cannot be mapped, or was shorter when it was mapped, or was shorter when it was written.
                Errno::ENODEV | Errno::EINVAL | Errno::EFAULT => return read_on(file, offset),
                _ => return Err(error),
            },
        }
    }
    // Pipes, terminals and the files of /proc do not know their length.
    if len == 0 { read_on(file, 0) } else { Ok(()) }
}

/// Prints what read(2) finds from `start` on, or says why it finds nothing.
fn read_on(file: &File, start: u64) -> Result<()> {
    let mut bytes = [0; 1 << 14];
    let mut offset = start;
    loop {
        // A pipe has no offsets: it is read from where it is.
        let count = if start == 0 { file.read(&mut bytes) } else { file.read_at(&mut bytes, offset) }?;
        if count == 0 {
            return Ok(());
        }
        write_all(STDOUT, &bytes[..count])?;
        offset += count as u64;
    }
}

fn complain(path: &CStr, error: Error) {
    let culprit = if error.operation() == Operation::Write { c"standard output" } else { path };
    eprint!("cat: ");
    // As it is, text or not.
    let _ = write_all(STDERR, culprit.to_bytes());
    eprintln!(": {}", error.errno());
}
