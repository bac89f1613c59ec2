//! Limits that every operation meets while it does the one thing that it is about.

use crate::support::{child, limits, resources, user};
use baremap::map::NoAccess;
use baremap::sys::{self, ProtFlags, Sigaction, Signal};
use baremap::{AnonMap, Caps, Errno, File, page};
use core::cell::Cell;
use core::hint::black_box;
use linux_raw_sys::general::{RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_MEMLOCK, RLIMIT_NOFILE, SIGXFSZ};

use super::exceptions::Outcome;
use super::operations::{ALL, Copies, Operation};
use super::sweep::{self, Adversity};

/// A limit (`RLIMIT_…`) that is as low as can be, and the errors by which that shows.
pub(super) struct Limit {
    resource: u32,
    errnos: &'static [Errno],
}

// EBADF: what dup3 says of a number that may not be used.
pub(super) const DESCRIPTORS: Limit =
    Limit { resource: RLIMIT_NOFILE, errnos: &[Errno::EMFILE, Errno::EBADF] };
pub(super) const ADDRESSES: Limit = Limit { resource: RLIMIT_AS, errnos: &[Errno::ENOMEM] };
pub(super) const LOCKED_MEMORY: Limit =
    Limit { resource: RLIMIT_MEMLOCK, errnos: &[Errno::ENOMEM, Errno::EPERM, Errno::EAGAIN] };
pub(super) const FILE_SIZE: Limit = Limit { resource: RLIMIT_FSIZE, errnos: &[Errno::EFBIG] };

impl Adversity for Limit {
    fn begin(&self) {
        let value = match self.resource {
            RLIMIT_AS => {
                grow_stack();
                addresses()
            }
            // What is open stays, and no number is left.
            _ => u64::from(self.resource == RLIMIT_NOFILE),
        };
        limits::set_soft(self.resource, value).expect("a lower limit");
    }

    fn end(&self) {
        let hard = sys::getrlimit(self.resource).expect("it is a limit").hard;
        limits::set_soft(self.resource, hard).expect("as high as it may be");
    }
}

/// The most maps that a process may have (vm.max_map_count): every other page of a reservation is one of its own.
pub(super) struct Maps {
    reservation: AnonMap<NoAccess>,
    made: Cell<usize>,
}

impl Maps {
    /// What fails then.
    const ERRNOS: &'static [Errno] = &[Errno::ENOMEM, Errno::EAGAIN];

    /// So many are left to what an operation does before and after.
    const SPARE: usize = 64;

    pub(super) fn new() -> Self {
        let reservation = AnonMap::reserve(page::size() << 18).expect("addresses");
        let maps = Self { reservation, made: Cell::new(0) };
        maps.begin();
        maps.end();
        maps
    }

    fn protect(&self, number: usize, prot: ProtFlags) -> Result<(), Errno> {
        let page = self.reservation.as_ptr().wrapping_add((2 * number + 1) * page::size());
        assert!(
            2 * number + 1 < self.reservation.len() / page::size(),
            "vm.max_map_count is too high for this test"
        );
        // SAFETY: nothing is borrowed from a reservation.
        unsafe { sys::mprotect(page.cast_mut(), page::size(), prot) }
    }
}

impl Adversity for Maps {
    fn begin(&self) {
        while self.protect(self.made.get(), ProtFlags::READ).is_ok() {
            self.made.set(self.made.get() + 1);
        }
    }

    fn end(&self) {
        for _ in 0..Self::SPARE {
            self.made.set(self.made.get() - 1);
            self.protect(self.made.get(), ProtFlags::empty()).expect("it becomes one with its neighbours");
        }
    }
}

/// Runs every operation under a limit, each in a child; how many met it. Those that do afterwards what they could not do
/// before are right.
pub(super) fn meet(limit: &Limit) -> u32 {
    let mut met = 0;
    for operation in ALL.iter().copied().flatten().filter(|operation| sweep::is_there(operation)) {
        let status = child::run(|| {
            if limit.resource == RLIMIT_MEMLOCK {
                user::drop_privileges();
            }
            // By default that is the end of whoever writes. What only asks does not die of it.
            if limit.resource == RLIMIT_FSIZE && !operation.name.starts_with("Caps::") {
                ignore_sigxfsz();
            }
            sweep::prepare(operation);
            meets(limit, operation)
        });
        met += match status.code() {
            Some(code @ (0 | 1)) => u32::from(code),
            _ => panic!("{}: {status}", operation.name),
        };
    }
    met
}

/// The same with as many maps as there may be, for good: what has become one with a neighbour cannot be unmapped then (see
/// `Mapping::drop`). In one process, since to fork it is to copy all maps.
pub(super) fn meet_maps() -> bool {
    // Known before there is no room for finding out.
    let there = Caps::all().probe();
    let kept = |operation: &&Operation| {
        let is_ordinary = matches!(operation.copies, Copies::ByHandler) && !operation.remembers;
        is_ordinary && !operation.stays && there.contains(operation.needs)
    };
    let (maps, mut met) = (Maps::new(), 0);
    for operation in ALL.iter().copied().flatten().filter(kept) {
        sweep::prepare(operation);
        match sweep::once(&maps, operation) {
            Outcome::Success => {}
            Outcome::Error(errno) => {
                assert!(Maps::ERRNOS.contains(&errno), "{}: {errno:?}", operation.name);
                met += 1;
            }
        }
    }
    met > 0
}

/// 1 if the operation met the limit.
fn meets(limit: &Limit, operation: &Operation) -> u8 {
    let mut outcome = None;
    let leak = resources::leak(|| outcome = Some(sweep::once(limit, operation)));
    if let Some((before, after)) = leak.filter(|_| !operation.stays) {
        panic!("{}: began with {before}, ends with {after}", operation.name);
    }
    match outcome {
        Some(Outcome::Error(errno)) => {
            assert!(limit.errnos.contains(&errno), "{}: {errno:?}", operation.name);
            assert_eq!(sweep::once(&Nothing, operation), Outcome::Success, "{}", operation.name);
            1
        }
        _ => 0,
    }
}

/// Nothing fails.
struct Nothing;

impl Adversity for Nothing {
    fn begin(&self) {}
    fn end(&self) {}
}

fn ignore_sigxfsz() {
    let signal = Signal::from_raw(SIGXFSZ as i32).expect("a signal");
    // SAFETY: to ignore a signal runs nothing.
    unsafe { sys::rt_sigaction(signal, Some(&Sigaction::IGNORE)) }.expect("it can be ignored");
}

/// Bytes of addresses that this process has.
fn addresses() -> u64 {
    let mut text = [0; 100];
    let len =
        File::open(c"/proc/self/statm").and_then(|file| file.read(&mut text)).expect("/proc is mounted");
    let pages = str::from_utf8(&text[..len]).expect("text").split(' ').next().expect("a number");
    pages.parse::<u64>().expect("a number") * page::size() as u64
}

/// Makes the stack as long as any operation needs it: it does not grow beyond the limit.
#[inline(never)]
fn grow_stack() {
    black_box([0_u8; 256 << 10]);
}
