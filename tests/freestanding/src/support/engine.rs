//! The two ways to copy from memory that may go away, and a file with bytes to copy.

use baremap::map::{AnonMap, FileMap, ReadWrite, SharedBytes};
use baremap::process::Exit;
use baremap::{File, Reason, Result, eprintln, fault, page};

use super::child;

/// Who copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Kernel,
    Handler,
}

impl Engine {
    /// Makes it this process's, which has not copied yet.
    pub(crate) fn choose(self) {
        match self {
            Engine::Kernel => fault::decline(),
            Engine::Handler => fault::install().expect("no sandbox here"),
        }
        assert_eq!(fault::is_installed(), self == Engine::Handler);
    }
}

/// Runs assertions in a child for each of the two.
pub(crate) fn in_both<T: Exit>(assertions: impl Fn() -> T) {
    for engine in [Engine::Kernel, Engine::Handler] {
        // Shown if the test fails.
        eprintln!("engine: {engine:?}");
        child::check(|| {
            engine.choose();
            assertions()
        });
    }
}

/// What byte a file has at an offset: never 0, and another from page to page.
pub(crate) fn pattern(offset: usize) -> u8 {
    (offset % 251 + offset / page::size() % 4 + 1) as u8
}

/// A file of some pages, mapped, with the pattern in it.
pub(crate) fn file(pages: usize) -> Result<(File, FileMap<ReadWrite>)> {
    let file = File::unnamed()?;
    file.set_len((pages * page::size()) as u64)?;
    fill(&file)?;
    let map = FileMap::write(&file)?;
    Ok((file, map))
}

/// Writes the pattern over all of a file.
pub(crate) fn fill(file: &File) -> Result<()> {
    let len = file.len()? as usize;
    let mut bytes = [0; 4096];
    for start in (0..len).step_by(bytes.len()) {
        let bytes = &mut bytes[..(len - start).min(4096)];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = pattern(start + index);
        }
        file.write_all_at(bytes, start as u64)?;
    }
    Ok(())
}

/// Asserts what a copy of `len` bytes comes to, of which the first `there` are there.
#[track_caller]
pub(crate) fn check<T: core::fmt::Debug>(result: Result<T>, there: usize, len: usize) {
    match result {
        Ok(_) => assert!(there >= len, "{len} bytes came, and there are {there}"),
        Err(error) => {
            assert!(there < len, "all {len} bytes are there: {error}");
            assert_eq!(error.reason(), Reason::Fault { copied: there }, "of {len} bytes: {error}");
        }
    }
}

/// Reads each of these lengths from each of these offsets of a map, and asserts what comes: `len` bytes are there, with
/// the pattern up to `written`, and zeros behind it.
pub(crate) fn check_reads<A: baremap::map::Access>(
    map: &SharedBytes<A>,
    written: usize,
    len: usize,
    offsets: impl Iterator<Item = usize>,
    lengths: impl Iterator<Item = usize> + Clone,
) -> Result<()> {
    const GUARD: u8 = 0xA5;
    let mut buffer = AnonMap::new(map.len() + 1)?;
    for offset in offsets {
        let there = len.saturating_sub(offset);
        for wanted in lengths.clone().filter(|&wanted| wanted <= map.len() - offset) {
            buffer[..=wanted].fill(GUARD);
            check(map.read_at(offset, &mut buffer[..wanted]), there, wanted);
            for (index, &byte) in buffer[..wanted.min(there)].iter().enumerate() {
                let at = offset + index;
                assert_eq!(byte, if at < written { pattern(at) } else { 0 }, "byte {at}, from {offset}");
            }
            assert_eq!(buffer[wanted], GUARD, "the byte behind the buffer, {wanted} from {offset}");
        }
    }
    Ok(())
}

/// Lengths at which the copies change the way they go, and page sizes.
pub(crate) fn lengths() -> impl Iterator<Item = usize> + Clone {
    let page = page::size();
    (0..=80)
        .chain([100, 127, 128, 129])
        .chain(255..=258)
        .chain(2040..=2056)
        .chain(page - 9..=page + 9)
        .chain([2 * page - 1, 2 * page, 3 * page])
}

/// A generator of numbers that are the same each time (xorshift64*, Marsaglia 2003, Vigna 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) as usize % limit
    }
}
