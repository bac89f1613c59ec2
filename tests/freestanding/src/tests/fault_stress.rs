//! A file that another process makes shorter and longer all the time, and copies from it meanwhile.

use crate::harness::tests;
use crate::support::child;
use crate::support::engine::{self, Engine, Random, pattern};
use crate::support::rounds::rounds;
use baremap::map::{AnonMap, FileMap, Plain, ReadWrite};
use baremap::process::spawn;
use baremap::{File, Reason, Result, SharedMap, eprintln, page};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How often the one copies at least, and how often the other changes the file's length.
const COPIES: usize = 100_000;
const CHANGES: usize = 10_000;

tests! {
    #[timeout(300)]
    fn the_kernel_copies_from_a_file_that_comes_and_goes() {
        stress(Engine::Kernel);
    }

    #[timeout(300)]
    fn a_handler_mends_copies_from_a_file_that_comes_and_goes() {
        stress(Engine::Handler);
    }
}

fn stress(engine: Engine) {
    child::check(|| {
        engine.choose();
        let (file, map) = engine::file(4)?;
        let shared = SharedMap::new(8)?;
        let (changes, stop): (&AtomicU32, &AtomicU32) = (shared.atomic(0)?, shared.atomic(4)?);
        // SAFETY: the child uses the file and shared memory only.
        let other = unsafe { spawn(|| change(&file, changes, stop)) }?;
        let (mut random, mut buffer) = (Random(7), AnonMap::new(map.len())?);
        let (mut copies, mut faults) = (0, 0);
        while copies < rounds(COPIES) || faults == 0 || (changes.load(Relaxed) as usize) < rounds(CHANGES) {
            let offset = random.below(map.len() - 16);
            faults += usize::from(match random.below(4) {
                0 => {
                    let most = [64, 300, map.len()][random.below(3)].min(map.len() - offset);
                    read(&map, offset, &mut buffer[..random.below(most + 1)])
                }
                1 => load::<u32, 4>(&map, offset, u32::to_ne_bytes),
                2 => load::<u64, 8>(&map, offset, u64::to_ne_bytes),
                _ => load::<u128, 16>(&map, offset, u128::to_ne_bytes),
            });
            copies += 1;
        }
        stop.store(1, Relaxed);
        assert!(other.wait()?.success());
        eprintln!(
            "{copies} copies, {faults} of them faults, {} changes of the length",
            changes.load(Relaxed)
        );
        Ok::<_, baremap::Error>(())
    });
}

/// Makes the file shorter, down to its first page, and longer again, until it is told to stop; what is new is zeros until
/// the pattern is in it.
fn change(file: &File, changes: &AtomicU32, stop: &AtomicU32) -> Result<()> {
    let (page, full) = (page::size(), file.len()? as usize);
    let bytes: [u8; 512] = core::array::from_fn(|index| pattern(page + index));
    let mut random = Random(11);
    while stop.load(Relaxed) == 0 {
        file.set_len((page + random.below(full - page)) as u64)?;
        // For a while, in which the other copies.
        for _ in 0..random.below(2000) {
            core::hint::spin_loop();
        }
        file.set_len(full as u64)?;
        file.write_all_at(&bytes, page as u64)?;
        changes.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// Reads, and says whether a page was gone.
fn read(map: &FileMap<ReadWrite>, offset: usize, buffer: &mut [u8]) -> bool {
    buffer.fill(0xEE);
    let result = map.read_at(offset, buffer);
    let copied = match result.map_err(|error| error.reason()) {
        Ok(()) => buffer.len(),
        Err(Reason::Fault { copied }) => copied,
        Err(other) => panic!("neither bytes nor a fault: {other:?}"),
    };
    assert!(result.is_ok() || copied < buffer.len());
    right(offset, &buffer[..copied]);
    gone(offset, result.is_err().then_some(copied))
}

/// Loads, and says whether a page was gone.
fn load<T: Plain, const SIZE: usize>(
    map: &FileMap<ReadWrite>,
    offset: usize,
    to_bytes: fn(T) -> [u8; SIZE],
) -> bool {
    match map.load::<T>(offset).map_err(|error| error.reason()) {
        Ok(value) => {
            right(offset, &to_bytes(value));
            false
        }
        Err(Reason::Fault { copied }) => {
            assert!(copied < SIZE);
            gone(offset, Some(copied))
        }
        Err(other) => panic!("neither a value nor a fault: {other:?}"),
    }
}

/// Asserts that each byte is the pattern's, or a zero where the file was shorter.
fn right(offset: usize, bytes: &[u8]) {
    for (index, &byte) in bytes.iter().enumerate() {
        let at = offset + index;
        let may_be_zero = at >= page::size() && byte == 0;
        assert!(byte == pattern(at) || may_be_zero, "byte {at} is {byte}");
    }
}

/// Asserts that what is missing is not in the first page, which stays.
fn gone(offset: usize, copied: Option<usize>) -> bool {
    copied
        .inspect(|copied| assert!(offset + copied >= page::size(), "byte {} is there", offset + copied))
        .is_some()
}
