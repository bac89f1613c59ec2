//! Parses a JSON file out of a map under one allocator after the other: what is in it, how long it takes, how much memory.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::alloc::{GlobalAlloc, Layout};
use baremap::alloc::adapt::{LockedDlmalloc, TalcSource};
use baremap::alloc::{AnonPages, Bump};
use baremap::arch::thread;
use baremap::rt::Env;
use baremap::sys::{Clock, clock_gettime};
use baremap::{File, Result, SealedMap, eprintln, page, println, process};
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use serde_json::Value;
use spin::Mutex;
use talc::TalcLock;

baremap::entry!(main);

#[global_allocator]
static HEAP: Heap = Heap {
    chosen: AtomicUsize::new(0),
    bump: Bump::new(),
    talc: TalcLock::new(TalcSource::new()),
    // SAFETY: a static stays where it is.
    dlmalloc: unsafe { LockedDlmalloc::over(AnonPages::new()) },
    pages: AnonPages::new(),
};

const NAMES: [&str; 4] = ["bump", "talc", "dlmalloc", "pages"];

/// All allocators, of which each process uses one.
struct Heap {
    chosen: AtomicUsize,
    bump: Bump,
    talc: TalcLock<Mutex<()>, TalcSource>,
    dlmalloc: LockedDlmalloc,
    pages: AnonPages,
}

impl Heap {
    fn chosen(&self) -> &dyn GlobalAlloc {
        match self.chosen.load(Relaxed) {
            0 => &self.bump,
            1 => &self.talc,
            2 => &self.dlmalloc,
            _ => &self.pages,
        }
    }
}

// SAFETY: the allocators' own, and no process goes from one to another.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.chosen().alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.chosen().alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on to the caller.
        unsafe { self.chosen().dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: passed on to the caller.
        unsafe { self.chosen().realloc(block, layout, new_size) }
    }
}

fn main(env: Env) -> Result<u8> {
    let mut args = env.args().skip(1);
    let (path, None) = (args.next(), args.next()) else {
        eprintln!("usage: json [FILE]");
        return Ok(2);
    };
    // A parser wants a slice, and a map of a file is none while somebody may write to the file: so a copy that nobody can.
    let text = match path {
        Some(path) => SealedMap::snapshot_of(File::open(path)?)?,
        None => sample()?,
    };
    set_thread_pointer();

    println!("{} bytes", text.len());
    println!("allocator  objects  arrays  strings  numbers  parse ms  free ms  peak KiB");
    for (number, name) in NAMES.into_iter().enumerate() {
        if name == "pages" && !pages_will_do(&text) {
            println!("pages      not for so many blocks, each of which takes a page");
            continue;
        }
        // A process each: no allocator finds another's memory or, in the peak, its traces.
        // SAFETY: the child uses the text, which nobody changes, and an allocator of its own.
        let child = unsafe { process::spawn(|| under(number, name, &text)) }?;
        let status = child.wait()?;
        match status.code() {
            Some(0) => {}
            // It has said why.
            Some(1) => return Ok(1),
            _ => {
                eprintln!("json: {name}: {status}");
                return Ok(1);
            }
        }
    }
    Ok(0)
}

/// Lets `Bump` know its threads apart, which is faster; where that cannot be, it goes without.
fn set_thread_pointer() {
    static POINTER: AtomicUsize = AtomicUsize::new(0);
    POINTER.store(POINTER.as_ptr().expose_provenance(), Relaxed);
    // SAFETY: there is no libc, and one thread; the word holds its own address.
    unsafe { thread::set_pointer(POINTER.as_ptr()) };
}

/// Whether there is memory for a page for every value: there is about one in 16 bytes.
fn pages_will_do(text: &[u8]) -> bool {
    (text.len() / 16).saturating_mul(page::size()) <= 1 << 28
}

/// Parses under one of the allocators, and prints a line.
fn under(number: usize, name: &str, text: &[u8]) -> Result<u8> {
    HEAP.chosen.store(number, Relaxed);
    let text = match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("json: {error}");
            return Ok(1);
        }
    };
    // All of the text has been touched, and is not counted below.
    let before = memory("VmRSS:")?;
    let start = now();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            eprintln!("json: {error}");
            return Ok(1);
        }
    };
    let parsed = now();
    let mut counts = Counts::default();
    counts.add(&value);
    let counted = now();
    drop(value);
    let freed = now();
    let Counts { objects, arrays, strings, numbers } = counts;
    let (parse, free, peak) = (parsed - start, freed - counted, memory("VmHWM:")?.saturating_sub(before));
    println!("{name:9}  {objects:7}  {arrays:6}  {strings:7}  {numbers:7}  {parse:8}  {free:7}  {peak:8}");
    Ok(0)
}

/// What there is in a value, itself included.
#[derive(Default)]
struct Counts {
    objects: u32,
    arrays: u32,
    strings: u32,
    numbers: u32,
}

impl Counts {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                self.objects += 1;
                members.values().for_each(|value| self.add(value));
            }
            Value::Array(values) => {
                self.arrays += 1;
                values.iter().for_each(|value| self.add(value));
            }
            Value::String(_) => self.strings += 1,
            Value::Number(_) => self.numbers += 1,
            Value::Bool(_) | Value::Null => {}
        }
    }
}

/// Milliseconds of processor time, which other programs' work adds nothing to.
fn now() -> i64 {
    // This clock is always there.
    clock_gettime(Clock::ProcessCpu).map_or(0, |time| time.seconds * 1000 + time.nanoseconds / 1_000_000)
}

/// A line of /proc/self/status, in KiB.
fn memory(line: &str) -> Result<u64> {
    let mut bytes = [0; 4096];
    let len = File::open(c"/proc/self/status")?.read(&mut bytes)?;
    let text = core::str::from_utf8(&bytes[..len]).unwrap_or_default();
    let rest = text.split_once(line).map_or("", |(_, rest)| rest);
    Ok(rest.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0))
}

/// A text of 1 MiB: lines of one length each, padded with spaces.
fn sample() -> Result<SealedMap> {
    const LINE: usize = 128;
    const LINES: usize = 1 << 13;
    SealedMap::build(LINE * LINES, |text| {
        for number in 0..LINES {
            let mut line = Line { bytes: [b' '; LINE], len: 0 };
            let start = if number == 0 { '[' } else { ' ' };
            let (half, name) = (number as f64 / 2.0, number * 7919);
            // A line is long enough.
            let _ = write!(
                line,
                r#"{start}{{"number":{number},"half":{half},"name":"line {name}","tags":["a","tag"],"next":null}}"#
            );
            line.bytes[LINE - 1] = if number + 1 < LINES { b',' } else { b']' };
            text.write_at(number * LINE, &line.bytes)?;
        }
        Ok(())
    })
}

/// A line that is written from its start.
struct Line<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Write for Line<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let place = self.bytes[self.len..].get_mut(..text.len()).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
