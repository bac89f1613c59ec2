//! Where a thread finds its record.
//!
//! By its thread pointer, if threads have such, in memory that is zero in a forked child (`MADV_WIPEONFORK`): then no system call is
//! needed to know which thread this is. Thread pointers are used again by later threads; but by then the kernel has marked the
//! record, as it does with every lock of a thread that ends, before anybody learns of the end. It comes to the record before any
//! lock of this crate's.
//!
//! Otherwise by its number, and with the question to the kernel whether the record's list is this thread's: slower, and as right.

use crate::Errno;
use crate::alloc::thread::Ids;
use crate::sys::{self, Advice};
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr, AtomicU8,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use super::record::{self, Record};

/// Tables, each twice as large as the one before: they are never moved, since threads are in them.
static TABLES: [AtomicPtr<Record>; 14] = [const { AtomicPtr::new(ptr::null_mut()) }; 14];
/// Records in the first table.
const FIRST: usize = 64;
/// Places of each table in which a record may be.
const PROBES: usize = 4;

static IDS: Ids = Ids::new();

/// How records are found here.
static WAY: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const BY_POINTER: u8 = 1;
const BY_NUMBER: u8 = 2;
/// Not at all: the kernel has no lists.
const NONE: u8 = 3;

/// This thread's record and number, if the kernel keeps a list for it.
#[inline(always)]
pub(super) fn this_thread() -> Option<(&'static Record, u32)> {
    if WAY.load(Relaxed) == BY_POINTER {
        let key = IDS.of_this_thread();
        let record = first_table().map(|records| &records[hash(key) % FIRST]);
        if let Some(record) = record
            && record.key.load(Relaxed) == key
            && let Some(thread) = record.thread()
        {
            return Some((record, thread));
        }
    }
    this_thread_elsewhere()
}

/// Whether this thread is the one of that number still, and no forked child of it, where its record cannot tell.
#[inline(always)]
pub(super) fn is_still(thread: u32) -> bool {
    WAY.load(Relaxed) == BY_POINTER || this_number() == thread
}

#[cold]
#[inline(never)]
pub(super) fn this_number() -> u32 {
    sys::gettid().as_raw() as u32
}

#[cold]
fn this_thread_elsewhere() -> Option<(&'static Record, u32)> {
    let way = match WAY.load(Acquire) {
        UNKNOWN => find_way(),
        way => way,
    };
    let key = match way {
        BY_POINTER => IDS.of_this_thread(),
        // Even, and so no pointer's, whose lowest bit is set.
        BY_NUMBER => (this_number() as usize) << 1,
        _ => return None,
    };
    for (index, _) in TABLES.iter().enumerate() {
        let Some(records) = table(index) else { break };
        for record in probes(records, key).filter(|record| record.key.load(Relaxed) == key) {
            match record.thread() {
                Some(thread) if way == BY_POINTER || record.is_registered() => return Some((record, thread)),
                Some(_) => {
                    record.reclaim();
                    return fill(record);
                }
                // This interrupts the making of it.
                None if record.is_claimed() => return None,
                None => {}
            }
        }
    }
    for index in 0..TABLES.len() {
        let records = table(index).or_else(|| make_table(index))?;
        if let Some(record) = probes(records, key).find(|record| record.claim()) {
            record.key.store(key, Relaxed);
            return fill(record);
        }
    }
    None
}

fn fill(record: &'static Record) -> Option<(&'static Record, u32)> {
    let thread = this_number();
    match record.fill(thread) {
        Ok(true) => Some((record, thread)),
        Ok(false) => None,
        Err(errno) => {
            if errno == Errno::ENOSYS {
                WAY.store(NONE, Relaxed);
            }
            None
        }
    }
}

#[cold]
fn find_way() -> u8 {
    IDS.find();
    let has_pointer = IDS.of_this_thread() != Ids::NONE;
    let wiped = make_table(0).is_some();
    let way = match WAY.load(Relaxed) {
        // Somebody else has come first, or `make_table` has found that memory cannot be wiped.
        UNKNOWN if has_pointer && wiped => BY_POINTER,
        UNKNOWN => BY_NUMBER,
        way => return way,
    };
    WAY.store(way, Relaxed);
    way
}

#[inline(always)]
fn first_table() -> Option<&'static [Record]> {
    table(0)
}

#[inline(always)]
fn table(index: usize) -> Option<&'static [Record]> {
    let start = NonNull::new(TABLES[index].load(Acquire))?;
    // SAFETY: mapped by `make_table` for so many.
    Some(unsafe { record::table(start, FIRST << index) })
}

/// Maps a table, unless somebody else does.
#[cold]
fn make_table(index: usize) -> Option<&'static [Record]> {
    let len = size_of::<Record>() * (FIRST << index);
    let start = match record::map(len, Advice::WIPEONFORK) {
        Err(Errno::EINVAL) => {
            // A kernel before 4.14: the copy that a child gets is no use to it, and found out by the kernel's answers.
            WAY.store(BY_NUMBER, Relaxed);
            record::map(len, Advice::NORMAL).ok()?
        }
        mapped => mapped.ok()?,
    };
    let new = start.as_ptr().cast();
    if TABLES[index].compare_exchange(ptr::null_mut(), new, AcqRel, Acquire).is_err() {
        // SAFETY: nobody else knows of this one.
        let _ = unsafe { sys::munmap(start.as_ptr(), len) };
    }
    table(index)
}

/// The places in which a record with this key may be.
fn probes(records: &'static [Record], key: usize) -> impl Iterator<Item = &'static Record> {
    let start = hash(key);
    (0..PROBES).map(move |step| &records[(start + step) % records.len()])
}

/// Spreads keys, whose lowest bits are much alike (Knuth's multiplicative hash).
#[inline(always)]
fn hash(key: usize) -> usize {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}
