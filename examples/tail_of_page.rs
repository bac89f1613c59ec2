//! What of a store into a map reaches the file: not beyond its end, and not out of a private map.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::sys::{Mode, OFlags};
use baremap::{File, FileMap, Result, eprintln, page, println};
use core::slice;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: tail_of_page PATH");
        return Ok(2);
    };

    // The file is left as it is found, and made if there is none.
    let file = File::open_with(path, OFlags::RDWR | OFlags::CREATE, Mode::RUSR | Mode::WUSR)?;
    if file.is_empty()? {
        file.write_all(b"Hello, page!\n")?;
    }
    beyond_the_end(&file)?;
    private_and_shared(&file)?;
    Ok(0)
}

fn beyond_the_end(file: &File) -> Result<()> {
    let map = FileMap::write(file)?;
    let len = map.len();
    let tail = len.next_multiple_of(page::size()) - len;
    println!(
        "The file has {len} bytes; after its end, {tail} are left in its last page of {}.",
        page::size()
    );

    // SAFETY: the last page is mapped as a whole, and atomics may be shared.
    let tail = unsafe { slice::from_raw_parts(map.as_ptr().add(len).cast::<AtomicU8>(), tail) };
    let Some(next) = tail.first() else { return Ok(()) };
    let zeros = tail.iter().filter(|byte| byte.load(Relaxed) == 0).count();
    println!("Of these, {zeros} read as zero.");

    next.store(b'X', Relaxed);
    map.flush()?;
    let count = file.read_at(&mut [0], len as u64)?;
    println!("After a store there and msync, read(2) finds {count} bytes, and the file has {}.", file.len()?);
    // Where the file is nowhere but in memory, the next map of it would show what was stored.
    next.store(0, Relaxed);
    Ok(())
}

fn private_and_shared(file: &File) -> Result<()> {
    let (old, new) = (first(file)?, first(file)? ^ 0x20);
    println!("The first byte of the file is {old:#04x}.");
    FileMap::copy(file)?.write_at(0, &[new])?;
    println!("After a store of {new:#04x} through a private map it is {:#04x}.", first(file)?);
    let shared = FileMap::write(file)?;
    shared.write_at(0, &[new])?;
    println!("After a store of {new:#04x} through a shared map it is {:#04x}.", first(file)?);
    shared.write_at(0, &[old])
}

fn first(file: &File) -> Result<u8> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0)?;
    Ok(byte[0])
}
