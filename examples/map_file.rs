//! Stores two numbers in a new file through a shared map, and reads the file back.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::{Errno, File, MapOptions, Result, eprintln, println};
use core::fmt;

baremap::entry!(main);

const LEN: usize = 40;

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: map_file PATH");
        return Ok(2);
    };

    let file = File::create(path)?;
    // Room is taken now, so that a full disk is an error here and not SIGBUS below.
    match file.allocate(0, LEN as u64) {
        // The file system cannot.
        Err(error) if error.errno() == Errno::EOPNOTSUPP => file.set_len(LEN as u64),
        result => result,
    }?;
    {
        let map = MapOptions::new().len(LEN).map_mut(&file)?;
        println!("Mapped at {:p}", map.as_ptr());
        map.write_at(0, &0x1234_5678_u32.to_ne_bytes())?;
        map.write_at(4, &0xdead_c0de_u32.to_ne_bytes())?;
        map.flush()?;
    } // unmapped here

    hexdump(&file)?;
    Ok(0)
}

/// Prints a file as hexdump(1) does, byte by byte.
fn hexdump(file: &File) -> Result<()> {
    let mut offset = 0;
    let mut line = [0; 16];
    loop {
        let count = file.read(&mut line)?;
        println!("{offset:07x}{}", Bytes(&line[..count]));
        if count == 0 {
            return Ok(());
        }
        offset += count;
    }
}

/// What is printed at once goes out in one write(2).
struct Bytes<'a>(&'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}
