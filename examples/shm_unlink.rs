//! Removes the name of an object of shared memory.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::{Result, eprintln, shm};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(name), None) = (args.next(), args.next()) else {
        eprintln!("usage: shm_unlink NAME");
        return Ok(2);
    };

    // Who has the object mapped keeps its memory; it goes with the last of them.
    shm::unlink(name.to_bytes())?;
    Ok(0)
}
