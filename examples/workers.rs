//! Four workers count the words of a file, each those of its part, and send what they found over rings in shared memory.
//!
//! With `--kill`, worker 2 is killed in the middle of its part. Its parent notices, says which part is missing, and has another
//! count it again.
#![no_std]
#![no_main]

use baremap::channel::{self, Receiver, Sender};
use baremap::process::{self, Child, sleep};
use baremap::rt::Env;
use baremap::sync::Deadline;
use baremap::sys::Signal;
use baremap::{Errno, File, FileMap, Result, SharedBytes, SharedMap, eprintln, println};
use core::ffi::CStr;
use core::ops::Range;
use core::time::Duration;

baremap::entry!(main);

const WORKERS: usize = 4;
/// Which worker is killed.
const VICTIM: usize = 2;
/// What is copied out of the map at once.
const PIECE: usize = 1 << 16;
/// How often to look for workers that ended before they came to their ring.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

fn main(env: Env) -> Result<u8> {
    let Some((path, kill)) = arguments(env.args().skip(1)) else {
        eprintln!("usage: workers [--kill] FILE");
        return Ok(2);
    };
    let text = FileMap::read(&File::open(path)?)?;
    // A ring each, in one map, and one each for who comes in its place.
    let ring_size = channel::size_for(size_of::<u64>());
    let map = SharedMap::new(2 * WORKERS * ring_size)?;
    let ring = |part| map.range(part * ring_size, ring_size);

    let mut children = [const { None }; WORKERS];
    let mut receivers = [const { None }; WORKERS];
    for part in 0..WORKERS {
        children[part] = Some(start(part, kill && part == VICTIM, &text, ring(part)?)?);
        receivers[part] = Some(Receiver::attach(ring(part)?)?);
    }
    if kill && let Some(child) = &children[VICTIM] {
        child.kill(Signal::KILL)?;
    }

    let mut words = [0; WORKERS];
    while receivers.iter().any(Option::is_some) {
        let part = match channel::wait_any(&mut receivers, Some(Deadline::after(LOOK_AGAIN))) {
            Ok(part) => part,
            Err(error) if error.errno() == Errno::ETIMEDOUT => match ended(&mut children, &receivers)? {
                Some(part) => part,
                None => continue,
            },
            Err(error) => return Err(error),
        };
        let Some(receiver) = &mut receivers[part] else { continue };
        let counted =
            receiver.try_receive().and_then(|message| message.map(|words| words.load(0)).transpose());
        match counted {
            Ok(Some(counted)) => words[part] = counted,
            // It has said on standard error what kept it from its part.
            Ok(None) => return Ok(1),
            Err(error) if matches!(error.errno(), Errno::EOWNERDEAD | Errno::EAGAIN) => {
                let status = children[part].take().map(Child::wait).transpose()?;
                if status.is_some_and(|status| status.signal().is_none()) {
                    return Ok(1);
                }
                println!("part {part} is missing: its worker was killed, and another counts it again");
                children[part] = Some(start(part, false, &text, ring(WORKERS + part)?)?);
                receivers[part] = Some(Receiver::attach(ring(WORKERS + part)?)?);
                continue;
            }
            Err(error) => return Err(error),
        }
        receivers[part] = None;
    }
    for (part, words) in words.iter().enumerate() {
        println!("part {part}: {words} words");
    }
    println!("{} words in {} bytes", words.iter().sum::<u64>(), text.len());
    Ok(0)
}

/// The file, and whether to kill a worker.
fn arguments(mut args: impl Iterator<Item = &'static CStr>) -> Option<(&'static CStr, bool)> {
    match (args.next()?, args.next(), args.next()) {
        (path, None, None) if path != c"--kill" => Some((path, false)),
        (option, Some(path), None) if option == c"--kill" => Some((path, true)),
        _ => None,
    }
}

/// Starts the worker of a part. One that is to be killed does not come to its end.
fn start(part: usize, is_victim: bool, text: &FileMap, ring: &SharedBytes) -> Result<Child> {
    let work = || {
        let mut sender = Sender::attach(ring)?;
        let bounds = |part| text.len() / WORKERS * part + text.len() % WORKERS * part / WORKERS;
        let words = count(text, bounds(part)..bounds(part + 1))?;
        if is_victim {
            sleep(Duration::MAX);
        }
        sender.send(&words.to_ne_bytes())
    };
    // SAFETY: the child uses nothing but the two maps and standard error.
    unsafe { process::spawn(work) }
}

/// The part of a worker that has ended without having come to its ring.
fn ended<T>(
    children: &mut [Option<Child>; WORKERS],
    receivers: &[Option<T>; WORKERS],
) -> Result<Option<usize>> {
    for (part, child) in children.iter_mut().enumerate() {
        if let (Some(child), Some(_)) = (child, &receivers[part])
            && child.try_wait()?.is_some()
        {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

/// How many words begin in a part of the text.
fn count(text: &FileMap, part: Range<usize>) -> Result<u64> {
    let (mut buffer, mut words) = ([0; PIECE], 0);
    let mut is_inside = match part.start {
        0 => false,
        start => text.load::<u8>(start - 1)?.is_ascii_alphanumeric(),
    };
    let mut chunks = text.range(part.start, part.len())?.chunks(&mut buffer);
    while let Some(bytes) = chunks.next()? {
        for byte in bytes {
            let is_letter = byte.is_ascii_alphanumeric();
            words += u64::from(is_letter && !is_inside);
            is_inside = is_letter;
        }
    }
    Ok(words)
}
