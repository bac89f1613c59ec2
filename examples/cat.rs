//! Prints files of any size through private read-only maps, a window at a time.
#![no_std]
#![no_main]

use baremap::fd::STDOUT;
use baremap::rt::Env;
use baremap::{Errno, File, MapOptions, Result, eprintln};

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
            eprintln!("cat: {}: {}", path.to_bytes().escape_ascii(), error.errno());
            code = 1;
        }
    }
    code
}

fn cat(file: &File) -> Result<()> {
    match print_mapped(file) {
        // No length, or no map: pipes, terminals, files of /proc and /sys, and directories, whose read says so.
        Ok(0) => print_read(file),
        Err(error) if error.errno() == Errno::ENODEV => print_read(file),
        result => result.map(drop),
    }
}

/// Prints what is in the file now, and returns how many bytes that was.
fn print_mapped(file: &File) -> Result<u64> {
    let mut len = file.len()?;
    let mut offset = 0;
    while offset < len {
        let end = len.min(offset + WINDOW);
        let map = MapOptions::new().offset(offset).len((end - offset) as usize).map_copy_read_only(file);
        match map.and_then(|map| map.write_to(STDOUT)) {
            Ok(count) => offset += count as u64,
            Err(error) => match file.len()? {
                // Somebody has made the file shorter: go to its new end.
                shorter if shorter < end => len = shorter,
                _ => return Err(error),
            },
        }
    }
    Ok(offset)
}

fn print_read(file: &File) -> Result<()> {
    let mut bytes = [0; 4096];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(()),
            count => baremap::write_all(STDOUT, &bytes[..count])?,
        }
    }
}
