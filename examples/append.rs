//! Appends a text to a file through a map of what is to come after its end.
#![no_std]
#![no_main]

use baremap::fd::STDOUT;
use baremap::rt::Env;
use baremap::{Errno, File, FileMap, MapOptions, Result, eprintln, println};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), Some(text), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: append PATH TEXT");
        return Ok(2);
    };

    let file = File::open_rw(path)?;
    print("Before:", &file)?;
    append(&file, text.to_bytes())?;
    print("After:", &file)?;
    Ok(0)
}

fn append(file: &File, text: &[u8]) -> Result<()> {
    let (end, len) = (file.len()?, text.len() as u64);
    // Room is taken now, so that a full disk is an error here and not SIGBUS below.
    match file.allocate(end, len) {
        // The file system cannot.
        Err(error) if error.errno() == Errno::EOPNOTSUPP => file.set_len(end + len),
        result => result,
    }?;
    // Any offset will do: the crate maps the page that it is in.
    let tail = MapOptions::new().offset(end).len(text.len()).map_mut(file)?;
    tail.write_at(0, text)?;
    tail.flush()
}

fn print(title: &str, file: &File) -> Result<()> {
    println!("{title}");
    let map = FileMap::read(file)?;
    map.write_all_to(STDOUT)?;
    if !ends_a_line(&map)? {
        println!();
    }
    Ok(())
}

fn ends_a_line(map: &FileMap) -> Result<bool> {
    let mut last = *b"\n";
    if !map.is_empty() {
        map.read_at(map.len() - 1, &mut last)?;
    }
    Ok(last == *b"\n")
}
