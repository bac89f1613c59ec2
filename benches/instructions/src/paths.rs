//! The hot paths. What is counted has no other library's code in it: how many instructions glibc's memcpy takes, say, depends on the
//! processor.

use std::alloc::{GlobalAlloc as _, Layout};
use std::hint::black_box;

use baremap::alloc::{Arena, Bump};
use baremap::channel::{self, Receiver, Sender};
use baremap::share::PlainCell;
use baremap::sync::Mutex;
use baremap::sys::{self, MsyncFlags};
use baremap::{File, FileMap, SharedMap, fault, map::ReadWrite};

/// How often a path is gone.
pub(crate) const TIMES: u32 = 1000;

/// The function within which instructions count.
pub(crate) const MEASURED: &str = "baremap_measured";
/// The function that is called next.
pub(crate) const DONE: &str = "baremap_done";

/// A path that is counted.
pub(crate) struct Path {
    /// Its name as a test.
    pub(crate) name: &'static str,
    /// Prepares it, and hands it to [`measure`].
    run: fn(),
    /// Why it is another path under QEMU's user mode, if it is.
    pub(crate) emulated: Option<&'static str>,
}

impl Path {
    const fn new(name: &'static str, run: fn()) -> Self {
        Self { name, run, emulated: None }
    }
}

pub(crate) const PATHS: [Path; 11] = [
    Path::new("stub::getppid", getppid),
    Path::new("stub::msync", msync),
    Path::new("bump::alloc_and_free_16", bump),
    Path::new("arena::layout_of_16", arena),
    Path::new("arena::value_of_16", arena_value),
    Path::new("fault::load_u64", load),
    Path::new("fault::read_at_64", read_at),
    Path {
        emulated: Some("QEMU's user mode has no robust lists: its lock is another one"),
        ..Path::new("mutex::lock_and_unlock", mutex)
    },
    Path::new("mutex::private_lock_and_unlock", private_mutex),
    Path::new("ring::send_and_receive_8", messages),
    Path::new("ring::send_and_receive_1024", long_messages),
];

/// Goes a path, so that valgrind can look on.
pub(crate) fn execute(name: &str) {
    let path = PATHS.iter().find(|path| path.name == name);
    (path.unwrap_or_else(|| panic!("there is no path {name}")).run)();
}

/// Goes a path once, so that all that comes once has come, and then to be counted.
fn measure(mut path: impl FnMut()) {
    path();
    baremap_measured(&mut || {
        for _ in 0..TIMES {
            path();
        }
    });
    baremap_done();
}

#[inline(never)]
// SAFETY: no library has this name.
#[unsafe(no_mangle)]
fn baremap_measured(paths: &mut dyn FnMut()) {
    paths();
}

#[inline(never)]
// SAFETY: as above.
#[unsafe(no_mangle)]
fn baremap_done() {
    black_box(());
}

fn getppid() {
    measure(|| {
        black_box(sys::getppid());
    });
}

fn msync() {
    let map = SharedMap::new(1).expect("a page");
    measure(|| sys::msync(map.as_mut_ptr(), black_box(1), MsyncFlags::ASYNC).expect("it is mapped"));
}

fn bump() {
    static HEAP: Bump = Bump::new();
    let layout = Layout::new::<[u64; 2]>();
    measure(|| {
        // SAFETY: the layout is not empty, and the block is freed as it was allocated.
        unsafe { HEAP.dealloc(black_box(HEAP.alloc(black_box(layout))), layout) };
    });
}

fn arena() {
    // More than is taken: a chunk more would depend on where the first one lies.
    let arena = Arena::reserved(1 << 20).expect("addresses are free");
    let layout = Layout::new::<[u64; 2]>();
    measure(|| {
        black_box(arena.alloc_layout(black_box(layout)));
    });
}

fn arena_value() {
    // As above.
    let arena = Arena::reserved(1 << 20).expect("addresses are free");
    measure(|| {
        black_box(arena.alloc(black_box([7_u64; 2])));
    });
}

/// A page of a file, with the handler that makes faults errors.
fn page() -> FileMap<ReadWrite> {
    fault::install().expect("nobody else has a handler");
    let file = File::unnamed().expect("a file in memory");
    file.set_len(4096).expect("room for it");
    FileMap::write(&file).expect("a map")
}

fn load() {
    let map = page();
    measure(|| {
        black_box(map.load::<u64>(black_box(64)).expect("it is there"));
    });
}

fn read_at() {
    let map = page();
    let mut buffer = Aligned([0; 64]);
    measure(|| map.read_at(black_box(0), black_box(&mut buffer.0)).expect("it is there"));
}

fn mutex() {
    let map = SharedMap::new(64).expect("a page");
    let mutex: &Mutex<PlainCell<u64>> = map.value(0).expect("there is room");
    measure(|| {
        let number = black_box(mutex).lock().expect("nobody has died");
        number.set(number.get() + 1);
    });
}

fn private_mutex() {
    let mutex = Mutex::private(0_u64);
    measure(|| *black_box(&mutex).lock() += 1);
}

fn messages() {
    ring::<8>();
}

fn long_messages() {
    ring::<1024>();
}

/// Both ends, in one process: nobody waits.
fn ring<const LEN: usize>() {
    let map = SharedMap::new(channel::size_for(64 << 10)).expect("some pages");
    let mut sender = Sender::attach(&map).expect("nobody else sends");
    let mut receiver = Receiver::attach(&map).expect("nobody else receives");
    let mut bytes = Aligned([7; LEN]);
    measure(|| {
        sender.send(black_box(&bytes.0)).expect("there is room");
        let message = receiver.receive().expect("the sender lives").expect("there is one");
        message.take(black_box(&mut bytes.0)).expect("it fits");
    });
}

/// Where bytes lie on the stack depends on the environment, and how they are copied depends on where they lie.
#[repr(align(64))]
struct Aligned<const LEN: usize>([u8; LEN]);
