//! Makes a named object of shared memory and leaves a text in it.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::{File, FileMap, Result, eprintln, shm};

baremap::entry!(main);

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(name), Some(text), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: shm_write NAME TEXT");
        return Ok(2);
    };

    // An error if it is there: of two writers, one makes it.
    let object = shm::create_new(name.to_bytes())?;
    if let Err(error) = fill(&object, text.to_bytes()) {
        shm::unlink(name.to_bytes())?;
        return Err(error);
    }
    Ok(0)
}

fn fill(object: &File, text: &[u8]) -> Result<()> {
    // Not `set_len`, which takes no room: the store would raise SIGBUS when /dev/shm is full.
    object.allocate(0, text.len() as u64)?;
    FileMap::write(object)?.write_at(0, text)
}
