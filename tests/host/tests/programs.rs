//! Programs that are started by a process with several threads.

use baremap::Errno;
use baremap::process::Program;
use baremap::sys::{self, MaskHow, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread;

/// Threads that start programs.
const THREADS: usize = 4;
/// How many each starts, of those that are there and of those that are not.
const EACH: usize = 50;

/// The process whose handler may run, and how often one ran in another.
static OWN: AtomicU32 = AtomicU32::new(0);
static ELSEWHERE: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn handler(_signal: i32, _info: *mut SignalInfo, _context: *mut c_void) {
    if sys::getpid().as_raw() as u32 != OWN.load(Relaxed) {
        ELSEWHERE.fetch_add(1, Relaxed);
    }
}

/// Each thread keeps its memory, its mask and its thread-local values, and no child runs a handler, while others start programs,
/// allocate, and signals come.
#[test]
fn several_threads_start_programs_at_once() {
    OWN.store(sys::getpid().as_raw() as u32, Relaxed);
    let action = Sigaction::handler(handler, SigactionFlags::RESTART, SignalSet::EMPTY);
    // SAFETY: the handler counts, and does nothing else.
    unsafe { sys::rt_sigaction(Signal::USR1, Some(&action)) }.expect("it can be caught");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                sys::kill(sys::getpid(), Some(Signal::USR1)).expect("this process");
                drop(std::hint::black_box(vec![1_u8; 100_000]));
            }
        });
        let starters: Vec<_> = (0..THREADS).map(|_| scope.spawn(start_many)).collect();
        let results: Vec<_> = starters.into_iter().map(|starter| starter.join()).collect();
        done.store(true, Relaxed);
        results.into_iter().for_each(|result| result.expect("a starter"));
    });
    assert_eq!(ELSEWHERE.load(Relaxed), 0);
}

fn start_many() {
    let before = sys::rt_sigprocmask(MaskHow::Block, None).expect("it can be asked");
    let id = thread::current().id();
    for _ in 0..EACH {
        let child = Program::new(c"/bin/sh").arguments(&[c"sh", c"-c", c"exit 7"]).start().expect("a shell");
        assert_eq!(child.wait().map(|status| status.code()), Ok(Some(7)));
        let error = Program::new(c"/nonexistent").start().unwrap_err();
        assert_eq!(error.errno(), Errno::ENOENT);
    }
    assert_eq!(sys::rt_sigprocmask(MaskHow::Block, None), Ok(before));
    // Its thread-local memory is its own still.
    assert_eq!(thread::current().id(), id);
}
