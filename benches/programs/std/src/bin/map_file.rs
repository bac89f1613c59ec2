//! Stores two numbers in a new file through a shared map, and reads the file back: with the standard library and memmap2.

use std::env;
use std::fs::File;
use std::io::{Read, Result, Write, stdout};
use std::process::ExitCode;

use memmap2::MmapOptions;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

const LEN: usize = 40;

fn main() -> Result<ExitCode> {
    let mut args = env::args_os().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: map_file PATH");
        return Ok(ExitCode::from(2));
    };
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, LEN as u64) {
        Err(Errno::OPNOTSUPP) => file.set_len(LEN as u64)?,
        result => result?,
    }
    {
        // SAFETY: nobody else has the file.
        let mut map = unsafe { MmapOptions::new().len(LEN).map_mut(&file)? };
        println!("Mapped at {:p}", map.as_ptr());
        map[..4].copy_from_slice(&0x1234_5678_u32.to_ne_bytes());
        map[4..8].copy_from_slice(&0xdead_c0de_u32.to_ne_bytes());
        map.flush()?;
    }
    hexdump(&mut file)?;
    Ok(ExitCode::SUCCESS)
}

fn hexdump(file: &mut File) -> Result<()> {
    let mut out = stdout().lock();
    let mut offset = 0;
    let mut line = [0; 16];
    loop {
        let count = file.read(&mut line)?;
        write!(out, "{offset:07x}")?;
        for byte in &line[..count] {
            write!(out, " {byte:02x}")?;
        }
        writeln!(out)?;
        if count == 0 {
            return Ok(());
        }
        offset += count;
    }
}
