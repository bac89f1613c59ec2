//! Prints its own address space from top to bottom.
#![no_std]
#![no_main]

use baremap::rt::Env;
use baremap::{AnonMap, Error, File, println};
use core::{hint::black_box, ops::Range, sync::atomic::AtomicU32};

baremap::entry!(main);

/// The first of data: what is not zero at first takes room in the file.
static DATUM: AtomicU32 = AtomicU32::new(1);
/// In bss, which takes none.
static ZERO: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    // The linker's: their addresses are all that there is of them. See end(3).
    static __ehdr_start: u8;
    static etext: u8;
    static edata: u8;
    static end: u8;
}

const REST: &str = "rest of the page";

fn main(env: Env) -> Result<(), Error> {
    black_box((&DATUM, &ZERO));
    let strings = env.args().chain(env.vars()).next().map_or(usize::MAX, |first| first.as_ptr().addr());
    // What begins within a map, from top to bottom.
    let borders = [
        (strings, "arguments and environment"),
        ((&raw const end).addr(), REST),
        ((&raw const edata).addr(), "bss"),
        ((&raw const DATUM).addr(), "data"),
        ((&raw const etext).addr(), REST),
    ];

    let mut buffer = AnonMap::new(1 << 16)?;
    let maps = read(&File::open(c"/proc/self/maps")?, &mut buffer)?;
    println!("{:<18} {:<18} {:>10} perm use", "from", "to", "bytes");
    for map in maps.split(|&byte| byte == b'\n').rev().filter_map(Map::parse) {
        let mut top = map.range.end;
        for (border, purpose) in borders {
            if map.range.start < border && border < top {
                map.print(border..top, purpose);
                top = border;
            }
        }
        map.print(map.range.start..top, map.purpose());
    }
    Ok(())
}

/// A line of /proc/self/maps; see proc_pid_maps(5).
struct Map<'line> {
    range: Range<usize>,
    permissions: &'line str,
    name: &'line str,
}

impl<'line> Map<'line> {
    fn parse(line: &'line [u8]) -> Option<Map<'line>> {
        // Only a path may be something else than text, and it comes last.
        let mut fields = line.utf8_chunks().next()?.valid().split_ascii_whitespace();
        let (from, to) = fields.next()?.split_once('-')?;
        let address = |digits| usize::from_str_radix(digits, 16).ok();
        Some(Map {
            range: address(from)?..address(to)?,
            permissions: fields.next()?,
            name: fields.nth(3).unwrap_or("map"),
        })
    }

    /// What the map begins with.
    fn purpose(&self) -> &'line str {
        let text = (&raw const __ehdr_start).addr()..(&raw const etext).addr();
        match self.name {
            "[stack]" => "stack",
            "[heap]" => "heap",
            _ if text.contains(&self.range.start) => "text",
            _ if self.range.contains(&(&raw const DATUM).addr()) => REST,
            name => name,
        }
    }

    fn print(&self, part: Range<usize>, purpose: &str) {
        let Range { start, end: top } = part;
        println!("{start:#018x} {top:#018x} {:>10} {} {purpose}", top - start, self.permissions);
    }
}

/// Reads a file to its end, or as much of it as fits.
fn read<'buffer>(file: &File, buffer: &'buffer mut [u8]) -> Result<&'buffer [u8], Error> {
    let mut len = 0;
    loop {
        match file.read(&mut buffer[len..])? {
            0 => return Ok(&buffer[..len]),
            count => len += count,
        }
    }
}
