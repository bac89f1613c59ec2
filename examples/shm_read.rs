//! Prints the text that another process left in a named object of shared memory.
#![no_std]
#![no_main]

use baremap::fd::STDOUT;
use baremap::rt::Env;
use baremap::{FileMap, Result, eprintln, println, shm};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(name), None) = (args.next(), args.next()) else {
        eprintln!("usage: shm_read NAME");
        return Ok(2);
    };

    let map = FileMap::read(shm::open(name.to_bytes())?)?;
    map.write_all_to(STDOUT)?;
    println!();
    Ok(0)
}
