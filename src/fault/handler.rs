//! The handler that mends the faults of this crate's copies.

use crate::Errno;
use crate::arch;
use crate::error::{Error, Operation, Result};
use crate::sys::{self, InfoHandler, Sigaction, SigactionFlags, Signal, SignalInfo, SignalSet};
use core::ffi::c_void;
use core::hint::black_box;
use core::mem;
use core::sync::atomic::{
    AtomicBool, AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use linux_raw_sys::general::{BUS_MCEERR_AO, SEGV_MTEAERR, SI_KERNEL};

const SIGBUS: i32 = Signal::BUS.as_raw();

/// What copies go by.
static STATE: AtomicU8 = AtomicU8::new(UNDECIDED);
/// Nobody has copied yet, nobody has installed or declined.
const UNDECIDED: u8 = 0;
/// The handler is there.
const READY: u8 = 1;
/// The kernel copies.
const KERNEL: u8 = 2;

/// The signals that a missing page raises, and what they did before.
static BEFORE: [Before; 2] = [Before::new(Signal::BUS), Before::new(Signal::SEGV)];

/// What a signal did before: the words of a [`Sigaction`], which a handler may read at any moment. No lock: two threads
/// that install at once find the same, and a forked child inherits no lock that nobody gives back.
struct Before {
    signal: Signal,
    /// Whether the handler was put in, and not taken out again. It may be under another's by now.
    is_put_in: AtomicBool,
    words: [AtomicUsize; Sigaction::WORDS],
}

impl Before {
    const fn new(signal: Signal) -> Self {
        Self {
            signal,
            is_put_in: AtomicBool::new(false),
            words: [const { AtomicUsize::new(0) }; Sigaction::WORDS],
        }
    }

    fn set(&self, action: &Sigaction) {
        for (word, new) in self.words.iter().zip(action.to_words()) {
            word.store(new, Relaxed);
        }
    }

    fn get(&self) -> Sigaction {
        Sigaction::from_words(self.words.each_ref().map(|word| word.load(Relaxed)))
    }
}

/// Whether copies may rely on the handler.
#[inline(always)]
pub(crate) fn is_ready() -> bool {
    match STATE.load(Acquire) {
        READY => true,
        KERNEL => false,
        _ => decide(),
    }
}

/// The first copy of all: a program that this crate started owns its signals, any other is asked to say so.
#[cold]
fn decide() -> bool {
    if started_here() && install().is_ok() {
        return true;
    }
    decline();
    STATE.load(Acquire) == READY
}

#[cfg(feature = "start")]
fn started_here() -> bool {
    crate::rt::env().is_some()
}

#[cfg(not(feature = "start"))]
fn started_here() -> bool {
    false
}

/// Puts the handler in for SIGBUS and SIGSEGV, for all threads. Once more is no error.
///
/// A handler that somebody installs later goes before it, and must hand on what is not its own, as this one does.
///
/// # Errors
/// `EBUSY` (it is in already, and somebody has put another handler over it); what a sandbox says that forbids
/// rt_sigaction(2).
pub fn install() -> Result<()> {
    arch::copy::prepare();
    for before in &BEFORE {
        put_in(before).map_err(|errno| Error::new(Operation::InstallHandler, errno))?;
    }
    STATE.store(READY, Release);
    Ok(())
}

fn put_in(before: &Before) -> core::result::Result<(), Errno> {
    let old = action_of(before.signal)?;
    if is_ours(&old) {
        return Ok(());
    }
    if before.is_put_in.load(Acquire) && old.is_handler() {
        // It was put over ours and may call ours: ours calling it would never end.
        return Err(Errno::EBUSY);
    }
    // Before the handler can run, it must know whom to hand a fault to.
    before.set(&old);
    // What the handler before it asked for holds while it runs: its stack, its mask. The two signals themselves are not
    // held back, since that handler may copy from maps as well.
    let (kept, mask) = match old.is_handler() {
        true => (old.flags() & (SigactionFlags::ONSTACK | SigactionFlags::RESTART), old.mask()),
        // A signal that was ignored interrupted no call.
        false => (SigactionFlags::ONSTACK | SigactionFlags::RESTART, SignalSet::EMPTY),
    };
    let mask = mask.without(Signal::BUS).without(Signal::SEGV);
    let new = Sigaction::handler(handle, kept | SigactionFlags::NODEFER, mask);
    // SAFETY: the handler is sound at any instruction: it reads atomics and changes nothing but its own context.
    let replaced = unsafe { sys::rt_sigaction(before.signal, Some(&new)) }?;
    if !is_ours(&replaced) {
        // As a rule what was there a moment ago; else what somebody has put there since.
        before.set(&replaced);
    }
    before.is_put_in.store(true, Release);
    Ok(())
}

fn action_of(signal: Signal) -> core::result::Result<Sigaction, Errno> {
    // SAFETY: only asks.
    unsafe { sys::rt_sigaction(signal, None) }
}

fn is_ours(action: &Sigaction) -> bool {
    action.address() == handle as *const () as usize
}

/// Whether the handler is in for both signals, with nobody over it.
#[must_use]
pub fn is_installed() -> bool {
    BEFORE.iter().all(|before| action_of(before.signal).is_ok_and(|action| is_ours(&action)))
}

/// Takes the handler out and puts back what was there. From then on the kernel copies.
///
/// # Safety
/// No other thread is in one of this crate's copies: one that meets a fault now would end the process.
///
/// # Errors
/// `ENOENT` (it is not in), `EBUSY` (somebody put a handler over it, which may count on it). Nothing has changed then.
pub unsafe fn uninstall() -> Result<()> {
    let fail = |errno| Error::new(Operation::UninstallHandler, errno);
    if STATE.load(Acquire) != READY {
        return Err(fail(Errno::ENOENT));
    }
    if !is_installed() {
        return Err(fail(Errno::EBUSY));
    }
    STATE.store(KERNEL, Release);
    for before in &BEFORE {
        // SAFETY: what was there is put back as it was.
        unsafe { sys::rt_sigaction(before.signal, Some(&before.get())) }.map_err(fail)?;
        before.is_put_in.store(false, Release);
    }
    Ok(())
}

/// Says that the kernel shall copy: for a program that began by [`entry!`](crate::entry) and wants SIGBUS and SIGSEGV for
/// itself. It counts before the first copy; after it, [`uninstall`] is the way.
pub fn decline() {
    let _ = STATE.compare_exchange(UNDECIDED, KERNEL, Release, Relaxed);
}

/// What the kernel tells a handler. QEMU 7 calls one on x86_64 with a stack that is off by eight bytes, and the first
/// aligned store to it would be a fault: something of a larger alignment makes the compiler align the stack itself.
#[repr(align(32))]
struct Event {
    signal: i32,
    info: *mut SignalInfo,
    context: *mut c_void,
}

/// The handler.
unsafe extern "C" fn handle(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    // SAFETY: passed on.
    unsafe { answer(black_box(&Event { signal, info, context })) }
}

/// Lets a copy of this crate's go on at its landing pad; hands every other fault to what was there before.
///
/// # Safety
/// The event is the kernel's.
#[inline(never)]
unsafe fn answer(&Event { signal, info, context }: &Event) {
    // SAFETY: the kernel made both, for this handler.
    let (code, pc) = unsafe { ((*info).code(), arch::signal::program_counter(context)) };
    // A code of 0 or less is a signal that some process sent, and two others tell of something that happened some time
    // ago: not a fault of the instruction, wherever this thread happens to be.
    let is_late = match signal {
        SIGBUS => code == BUS_MCEERR_AO as i32,
        _ => code == SEGV_MTEAERR as i32,
    };
    let is_fault = code > 0 && !is_late;
    if is_fault {
        // SAFETY: the saved program counter, which the kernel restores when this returns.
        unsafe {
            if let Some(landing) = arch::copy::landing(*pc) {
                *pc = landing;
                return;
            }
        }
    }
    if let Some(before) = BEFORE.iter().find(|before| before.signal.as_raw() == signal) {
        // SAFETY: the arguments are the kernel's.
        unsafe { hand_on(before, is_fault, info, context) };
    }
}

/// Does what the signal did before.
///
/// # Safety
/// The arguments are those of a handler.
unsafe fn hand_on(before: &Before, is_fault: bool, info: *mut SignalInfo, context: *mut c_void) {
    let action = before.get();
    if action.is_handler() {
        if action.flags().contains(SigactionFlags::RESETHAND) {
            before.set(&Sigaction::DEFAULT);
        }
        // SAFETY: an address that somebody gave the kernel as a handler. One without SA_SIGINFO ignores two arguments.
        unsafe {
            let handler: InfoHandler = mem::transmute(action.address());
            handler(before.signal.as_raw(), info, context);
        }
        return;
    }
    // The kernel does not let a fault be ignored.
    if action.address() == Sigaction::IGNORE.address() && !is_fault {
        return;
    }
    // SAFETY: the process is about to end by this signal.
    let _ = unsafe { sys::rt_sigaction(before.signal, Some(&Sigaction::DEFAULT)) };
    // The instruction of a fault comes again when this returns; a signal that was sent must be sent again, and so must
    // one that the kernel itself sent, say because a handler had left its stack in disorder.
    // SAFETY: the kernel's, for this handler.
    if !is_fault || unsafe { (*info).code() } == SI_KERNEL as i32 {
        let _ = sys::tgkill(sys::getpid(), sys::gettid(), Some(before.signal));
    }
}
