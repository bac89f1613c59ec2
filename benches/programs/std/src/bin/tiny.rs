//! Two numbers stored in a file through a map: with the standard library and memmap2.

use std::fs::File;
use std::io::Result;
use std::process::ExitCode;

use memmap2::MmapOptions;

fn main() -> ExitCode {
    match store() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(error.raw_os_error().unwrap_or(1) as u8),
    }
}

fn store() -> Result<()> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open("tiny.bin")?;
    file.set_len(40)?;
    // SAFETY: nobody else has the file.
    let mut map = unsafe { MmapOptions::new().len(40).map_mut(&file)? };
    map[..4].copy_from_slice(&0x1234_5678_u32.to_ne_bytes());
    map[4..8].copy_from_slice(&0xdead_c0de_u32.to_ne_bytes());
    map.flush()
}
