//! Counts the visits of all processes that know a name, in a named object that the first of them makes.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::shm::{self, Object};
use baremap::{Result, eprintln, println, shared};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

baremap::entry!(main);

shared! {
    struct Visits {
        count: AtomicU64,
    }
}

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(name), option, None) = (args.next(), args.next(), args.next()) else {
        return usage();
    };
    match option.map(|option| option.to_bytes()) {
        None => visit(name.to_bytes()),
        Some(b"--remove") => remove(name.to_bytes()),
        Some(_) => usage(),
    }
}

fn visit(name: &[u8]) -> Result<u8> {
    // Whoever comes first makes it whole: nobody finds it half made, even if that process is killed.
    let visits = Object::<Visits>::open_or_create(name, |visits| {
        visits.count.store(0, Relaxed);
        Ok(())
    })?;
    println!("visit {}", visits.count.fetch_add(1, Relaxed) + 1);
    Ok(0)
}

fn remove(name: &[u8]) -> Result<u8> {
    // Not while a visitor is there.
    println!("{}", if shm::remove_unused(name)? { "removed" } else { "in use" });
    Ok(0)
}

fn usage() -> Result<u8> {
    eprintln!("usage: visits NAME [--remove]");
    Ok(2)
}
