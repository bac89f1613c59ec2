//! Prints a file and what is appended to it, as `tail -n +1 -F` does, through maps, whatever happens to the file.
//!
//! It is looked at ten times a second. A file that got shorter is printed from its start again, and so is one that took the
//! place of another, as when logs are rotated; before that, what is left of the old one is printed. Only a write to standard
//! output that fails ends the program, or its time: `--for-ms N` sets one, in milliseconds.
#![no_std]
#![no_main]

use baremap::fd::{STDERR, STDOUT};
use baremap::process::sleep;
use baremap::rt::Env;
use baremap::sys::{self, Clock};
use baremap::{Errno, Error, File, MapOptions, Operation, Result, eprint, eprintln, write_all};
use core::ffi::CStr;
use core::fmt;
use core::time::Duration;

baremap::entry!(main);

const INTERVAL: Duration = Duration::from_millis(100);

/// What is mapped at once.
const WINDOW: u64 = 1 << 20;

/// What is copied out of the map at once.
const PIECE: usize = 1 << 14;

fn main(env: Env) -> u8 {
    let Some((path, time)) = arguments(env) else {
        eprintln!("usage: follow [--for-ms N] FILE");
        return 2;
    };
    let end = time.map(|time| now().saturating_add(time));
    let mut follower = Follower { path, file: None, offset: 0, trouble: None };
    loop {
        if let Err(error) = follower.look() {
            eprintln!("follow: standard output: {}", error.errno());
            return 1;
        }
        if end.is_some_and(|end| now() >= end) {
            return 0;
        }
        sleep(INTERVAL);
    }
}

fn arguments(env: Env) -> Option<(&'static CStr, Option<Duration>)> {
    let mut args = env.args().skip(1);
    let mut path = args.next()?;
    let mut time = None;
    if path == c"--for-ms" {
        time = Some(Duration::from_millis(args.next()?.to_str().ok()?.parse().ok()?));
        path = args.next()?;
    }
    args.next().is_none().then_some((path, time))
}

fn now() -> Duration {
    // Every kernel has this clock.
    sys::clock_gettime(Clock::Monotonic)
        .map_or(Duration::ZERO, |time| Duration::new(time.seconds as u64, time.nanoseconds as u32))
}

/// A path, and how far its file is printed.
struct Follower {
    path: &'static CStr,
    /// The file that had the path last.
    file: Option<File>,
    /// How much of it is printed.
    offset: u64,
    /// What was wrong when it was last looked at: said once, and not ten times a second.
    trouble: Option<Errno>,
}

impl Follower {
    /// Prints what is new.
    ///
    /// # Errors
    /// Only those of standard output: what is wrong with the file may be mended when it is looked at again.
    fn look(&mut self) -> Result<()> {
        // First what was appended before the file lost its path.
        let results = [self.print_rest(), self.open_again(), self.print_rest()];
        let mut errors = results.into_iter().filter_map(Result::err);
        let Some(error) = errors.next() else {
            self.trouble = None;
            return Ok(());
        };
        if error.operation() == Operation::Write {
            return Err(error);
        }
        let errno = error.errno();
        if self.trouble.replace(errno) != Some(errno) {
            self.say(format_args!("{errno}"));
        }
        Ok(())
    }

    /// Takes the file that has the path now, if it is another.
    fn open_again(&mut self) -> Result<()> {
        let found = File::open(self.path)?;
        if let Some(file) = &self.file {
            let identity = |file: &File| file.stat().map(|stat| (stat.device(), stat.inode()));
            if identity(file)? == identity(&found)? {
                return Ok(());
            }
            self.say(format_args!("replaced, following the new file"));
        } else if self.trouble.is_some() {
            self.say(format_args!("appeared, following it"));
        }
        (self.file, self.offset) = (Some(found), 0);
        Ok(())
    }

    /// Prints what is in the file and not yet printed.
    fn print_rest(&mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let result = self.print_rest_of(&file);
        self.file = Some(file);
        result
    }

    fn print_rest_of(&mut self, file: &File) -> Result<()> {
        let len = file.len()?;
        if len < self.offset {
            self.say(format_args!("truncated"));
            self.offset = 0;
        }
        while self.offset < len && self.print_window(file, WINDOW.min(len - self.offset) as usize)? {}
        Ok(())
    }

    /// Prints the next `len` bytes, and says whether all of them were there.
    fn print_window(&mut self, file: &File, len: usize) -> Result<bool> {
        let shrank = |error: &Error| matches!(error.errno(), Errno::EFAULT | Errno::EINVAL);
        let map = match MapOptions::new().offset(self.offset).len(len).map(file) {
            Err(error) if shrank(&error) => return Ok(false),
            result => result?,
        };
        let mut buffer = [0; PIECE];
        let mut chunks = map.chunks(&mut buffer);
        loop {
            let bytes = match chunks.next() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(true),
                Err(error) if shrank(&error) => return Ok(false),
                Err(error) => return Err(error),
            };
            // What a file has lost within its last page reads as zeros, without a fault.
            let left = file.len()?.saturating_sub(self.offset);
            let there = left.min(bytes.len() as u64) as usize;
            write_all(STDOUT, &bytes[..there])?;
            self.offset += there as u64;
            if there < bytes.len() {
                return Ok(false);
            }
        }
    }

    fn say(&self, message: fmt::Arguments<'_>) {
        eprint!("follow: ");
        // As it is, text or not.
        let _ = write_all(STDERR, self.path.to_bytes());
        eprintln!(": {message}");
    }
}
