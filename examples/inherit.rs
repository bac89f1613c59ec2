//! A child inherits its parent's map of a file.
#![no_std]
#![no_main]

use baremap::fd::STDOUT;
use baremap::rt::Env;
use baremap::{File, FileMap, Result, eprintln, println, process};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: inherit PATH");
        return Ok(2);
    };

    // The map outlives the descriptor, which is closed at the end of this line.
    let map = FileMap::read(File::open(path)?)?;

    // SAFETY: the child uses nothing but the map and standard output.
    let child = unsafe { process::spawn(|| print("Child", &map)) }?;
    if !child.wait()?.success() {
        return Ok(1);
    }
    print("Parent", &map)?;
    Ok(0)
}

fn print(who: &str, map: &FileMap) -> Result<()> {
    println!("{who} access memory mapped file:");
    map.write_all_to(STDOUT)?;
    if !ends_a_line(map)? {
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
