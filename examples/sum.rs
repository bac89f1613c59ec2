//! Prints a file's checksum and length as cksum(1) does, through a map, and says so if the file shrinks meanwhile.
#![no_std]
#![no_main]

use baremap::fd::{STDERR, STDOUT};
use baremap::rt::Env;
use baremap::{Errno, Error, File, FileMap, Result, eprint, eprintln, print, println, write_all};
use core::ffi::CStr;
use crc::{CRC_32_CKSUM, Crc, Digest};

baremap::entry!(main);

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_CKSUM);

/// What is copied out of the map at once.
const PIECE: usize = 1 << 16;

/// Why there is no checksum.
enum Failure {
    /// Only so many bytes were left of the file.
    Shrank(u64),
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(error)
    }
}

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: sum FILE");
        return Ok(2);
    };
    match File::open(path).map_err(Failure::from).and_then(|file| sum(&file)) {
        Ok((checksum, len)) => {
            print!("{checksum} {len} ");
            write_all(STDOUT, path.to_bytes())?;
            println!();
            Ok(0)
        }
        Err(failure) => {
            complain(path, failure);
            Ok(1)
        }
    }
}

/// The checksum and the number of bytes.
fn sum(file: &File) -> core::result::Result<(u32, u64), Failure> {
    let map = match FileMap::read(file) {
        Ok(map) if !map.is_empty() => map,
        // Pipes cannot be mapped, and the files of /proc do not know their length.
        Ok(_) => return Ok(sum_by_read(file)?),
        Err(error) if error.errno() == Errno::ENODEV => return Ok(sum_by_read(file)?),
        Err(error) => return Err(error.into()),
    };
    let mut digest = CRC.digest();
    let mut buffer = [0; PIECE];
    let mut chunks = map.chunks(&mut buffer);
    loop {
        match chunks.next() {
            Ok(Some(bytes)) => digest.update(bytes),
            Ok(None) => break,
            Err(error) if error.errno() == Errno::EFAULT => {
                // It may have grown again; the bytes that were missed are missed.
                return Err(Failure::Shrank(file.len()?.min(chunks.offset() as u64)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // What a file has lost within its last page reads as zeros, without a fault.
    let len = map.len() as u64;
    match file.len()? {
        left if left < len => Err(Failure::Shrank(left)),
        _ => Ok((finish(digest, len), len)),
    }
}

/// Reads to the end.
fn sum_by_read(file: &File) -> Result<(u32, u64)> {
    let mut digest = CRC.digest();
    let mut buffer = [0; PIECE];
    let mut len = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((finish(digest, len), len)),
            count => {
                digest.update(&buffer[..count]);
                len += count as u64;
            }
        }
    }
}

/// The checksum goes over the length as well: its bytes that are not zero, lowest first.
fn finish(mut digest: Digest<'static, u32>, len: u64) -> u32 {
    let bytes = len.to_le_bytes();
    let significant = u64::BITS.div_ceil(8) - len.leading_zeros() / 8;
    digest.update(&bytes[..significant as usize]);
    digest.finalize()
}

fn complain(path: &CStr, failure: Failure) {
    eprint!("sum: ");
    // As it is, text or not.
    let _ = write_all(STDERR, path.to_bytes());
    match failure {
        Failure::Shrank(len) => eprintln!(": shrank to {len} bytes while being read"),
        Failure::Other(error) => eprintln!(": {}", error.errno()),
    }
}
