//! Copies that end with an error at a missing page, beside those that end the process there.
//!
//! `cargo bench -p baremap-benches --bench fault -- [--quick] [FILTER]`

use std::cell::UnsafeCell;
use std::fs::File;
use std::hint::black_box;
use std::os::fd::AsFd as _;
use std::ptr;
use std::time::Instant;

use baremap::map::ReadWrite;
use baremap::{FileMap, Reason, SharedBytes, fault, page, sys};
use baremap_benches::memory::size;
use baremap_benches::{Area, Target, bound, ours, ours_against, peer};

/// Values a call, so that a loop around the call does not count for much.
const VALUES: usize = 64;
/// Bytes of a copy, at the most.
const MOST: usize = 1 << 20;
const LENGTHS: [usize; 13] =
    [8, 16, 64, 200, 512, 1 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 256 << 10, MOST];
/// With how much less of them the picture is the same.
const FEW: [usize; 6] = [8, 64, 512, 4 << 10, 64 << 10, MOST];
/// What a round takes, about, in nanoseconds.
const ROUND: usize = 200_000;

fn main() {
    let mut area = Area::start(
        "fault",
        "fault",
        "Copies that end with an error at a missing page, beside those that end the process there.",
    );
    let file = tempfile::tempfile().expect("a temporary file");
    file.set_len(MOST as u64).expect("room for it");
    let map = FileMap::write(&file).expect("a map");
    map.write_at(0, &vec![7; map.len()]).expect("the file is as long as the map");

    for len in area.either(&LENGTHS[..], &FEW) {
        copies(&mut area, &map, &file, *len);
    }
    fault::install().expect("nobody else has a handler");
    values(&mut area, &map);
    caught(&mut area);
}

/// Who copies: it is said for all of the process.
#[derive(Clone, Copy)]
enum Engine {
    Kernel,
    Handler,
}

impl Engine {
    fn choose(self) {
        match self {
            Engine::Kernel if fault::is_installed() => {
                // SAFETY: this program has one thread.
                unsafe { fault::uninstall() }.expect("nobody has put another over it");
            }
            Engine::Kernel => fault::decline(),
            Engine::Handler => fault::install().expect("nobody else has a handler"),
        }
    }
}

/// Both engines, beside memcpy and pread(2) of the file.
fn copies(area: &mut Area, map: &SharedBytes<ReadWrite>, file: &File, len: usize) {
    let rounds = area.either(400, 100);
    let Some(table) = area.table(format!("copy {}", size(len))) else { return };
    let buffer = Buffer::new(len);
    // Calls a round, so that it takes its time: of memcpy's kind, and of the kernel's.
    let (calls, kernel_calls) = (ROUND / (len / 20 + 5), ROUND / (len / 10 + 500));
    let handled = |copy: &dyn Fn()| {
        Engine::Handler.choose();
        time(calls, copy)
    };
    let by_kernel = |copy: &dyn Fn()| {
        Engine::Kernel.choose();
        time(kernel_calls, copy)
    };
    let read = || map.read_at(black_box(0), buffer.lend()).expect("every page is there");
    let write = || map.write_at(black_box(0), buffer.lend()).expect("every page is there");
    // The first bytes of a short copy take as long as the call around it.
    let targets: &[Target] = if len >= 4 << 10 {
        &[Target::new("read_at, handler", "memcpy", 1.05), Target::new("write_at, handler", "memcpy", 1.05)]
    } else {
        &[]
    };
    let counted = if len <= 512 {
        "the bounds are checked, the state of the handler is looked at, and up to 512 bytes go 16 at a time, so that it is known after a \
         fault how many have arrived; memcpy has longer registers, and tells nobody"
    } else {
        "it goes upwards and in order, so that it is known after a fault how many bytes have arrived; memcpy goes as suits it, and tells \
         nobody"
    };
    let twice = "two copies: the kernel's into a memfd, or out of it, which says where it had to stop, and a plain one";
    table
        .bytes(len)
        .targets(targets)
        .why("read_at, handler", counted)
        .why("write_at, handler", counted)
        .why("read_at, kernel", twice)
        .why("write_at, kernel", twice)
        .rounds(
            rounds,
            &mut [
                peer("memcpy", &mut || {
                    time(calls, &|| {
                        let (to, from) = (buffer.lend().as_mut_ptr(), black_box(map.as_ptr()));
                        // SAFETY: the map is as long, and nobody else has the file.
                        unsafe { ptr::copy_nonoverlapping(from, to, black_box(len)) };
                    })
                }),
                ours_against("read_at, handler", "memcpy", &mut || handled(&read)),
                ours_against("write_at, handler", "memcpy", &mut || handled(&write)),
                peer("pread", &mut || {
                    time(kernel_calls, &|| {
                        sys::pread(file.as_fd(), buffer.lend(), 0).expect("it is open");
                    })
                }),
                ours_against("read_at, kernel", "pread", &mut || by_kernel(&read)),
                ours_against("write_at, kernel", "pread", &mut || by_kernel(&write)),
            ],
        );
}

/// Nanoseconds of one call of so many, after a first one.
fn time(calls: usize, copy: &dyn Fn()) -> f64 {
    copy();
    let start = Instant::now();
    for _ in 0..calls {
        copy();
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// The same bytes for all: where in memory a buffer is makes more of a difference than what is measured here.
struct Buffer(UnsafeCell<Vec<u8>>);

impl Buffer {
    fn new(len: usize) -> Self {
        Self(UnsafeCell::new(vec![0; len]))
    }

    #[expect(clippy::mut_from_ref, reason = "one at a time, below")]
    fn lend(&self) -> &mut [u8] {
        // SAFETY: each way takes it for one call, and none runs while another does.
        black_box(unsafe { &mut *self.0.get() })
    }
}

/// Single values.
fn values(area: &mut Area, map: &SharedBytes<ReadWrite>) {
    let Some(table) = area.table("a value of 8 bytes, handler") else { return };
    let base: *mut u64 = map.as_mut_ptr().cast();
    let checks = "the bounds are checked, the state of the handler is looked at, and the compiler does not see into the assembly";
    table.why("load::<u64>", checks).why("store::<u64>", checks).calls(
        VALUES,
        &mut [
            peer("plain loads", &mut || {
                for index in 0..VALUES {
                    // SAFETY: within the map, aligned, and nobody else has the file.
                    black_box(unsafe { base.add(index).read_volatile() });
                }
            }),
            ours_against("load::<u64>", "plain loads", &mut || {
                for index in 0..VALUES {
                    black_box(map.load::<u64>(index * 8).expect("every page is there"));
                }
            }),
            peer("plain stores", &mut || {
                for index in 0..VALUES {
                    // SAFETY: as above.
                    unsafe { base.add(index).write_volatile(black_box(1)) };
                }
            }),
            ours_against("store::<u64>", "plain stores", &mut || {
                for index in 0..VALUES {
                    map.store::<u64>(index * 8, black_box(1)).expect("every page is there");
                }
            }),
        ],
    );
}

/// What it takes to find a page gone.
fn caught(area: &mut Area) {
    let rounds = area.either(400, 40);
    let file = tempfile::tempfile().expect("a temporary file");
    // As much is there as a page has.
    let there = page::size();
    file.set_len(2 * there as u64).expect("room for it");
    let map = FileMap::write(&file).expect("a map");
    map.write_at(0, &vec![7; map.len()]).expect("the file is as long as the map");
    file.set_len(there as u64).expect("it becomes shorter");
    for (title, offset, len, copied) in
        [("a fault at the first byte", there, 8, 0), ("a fault behind a page of bytes", 0, there + 8, there)]
    {
        let Some(table) = area.table(title) else { continue };
        let buffer = Buffer::new(len);
        let read = || {
            let error = map.read_at(black_box(offset), buffer.lend()).expect_err("the page is gone");
            assert_eq!(error.reason(), Reason::Fault { copied });
        };
        let measure = |engine: Engine| {
            engine.choose();
            time(100, &read)
        };
        let _signals = Signals::take();
        table.rounds(
            rounds,
            &mut [
                bound("a signal and back", &mut || time(100, &|| Signals::raise())),
                ours("read_at, handler", &mut || measure(Engine::Handler)),
                ours("read_at, kernel", &mut || measure(Engine::Kernel)),
            ],
        );
    }
}

/// A handler that does nothing, for a signal that nobody else wants.
struct Signals(libc::sighandler_t);

impl Signals {
    fn take() -> Self {
        extern "C" fn nothing(_: libc::c_int) {}
        let nothing = nothing as extern "C" fn(libc::c_int);
        // SAFETY: it does nothing.
        Self(unsafe { libc::signal(libc::SIGUSR2, nothing as libc::sighandler_t) })
    }

    /// One for this thread, which has come and gone when this returns.
    fn raise() {
        // SAFETY: it has a handler, for as long as there is a `Signals`.
        unsafe { libc::raise(libc::SIGUSR2) };
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: what was there before.
        unsafe { libc::signal(libc::SIGUSR2, self.0) };
    }
}
