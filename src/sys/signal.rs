//! Signals.

use crate::Errno;
use crate::arch;
use crate::arch::syscall::{syscall2, syscall3, syscall4};
use bitflags::bitflags;
use core::ffi::c_void;
use core::fmt;
use core::mem::{MaybeUninit, offset_of};
use core::num::NonZero;
use core::ptr;
use linux_raw_sys::general as raw;
use sc::nr;
use static_assertions::{assert_eq_size, const_assert_eq};

use super::{Pid, done};

/// A signal: 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Signal(NonZero<i32>);

impl Signal {
    /// The signal of that number, if it is one: 1 to 64.
    #[inline]
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Signal> {
        match NonZero::new(number) {
            Some(number) if number.get() > 0 && number.get() as u32 <= raw::_NSIG => Some(Signal(number)),
            _ => None,
        }
    }

    /// The number.
    #[inline(always)]
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0.get()
    }
}

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $raw:ident,)*) => {
        impl Signal {
            $($(#[$doc])* pub const $name: Signal = Signal::from_raw(raw::$raw as i32).unwrap();)*

            /// The name, such as `"SIGBUS"`, if the number has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Signal::$name => Some(stringify!($raw)),)*
                    _ => None,
                }
            }
        }
    };
}

signals! {
    /// The terminal is gone.
    HUP = SIGHUP,
    /// Interrupt from the keyboard.
    INT = SIGINT,
    /// Quit from the keyboard.
    QUIT = SIGQUIT,
    /// Illegal instruction.
    ILL = SIGILL,
    /// Breakpoint.
    TRAP = SIGTRAP,
    /// Abort.
    ABRT = SIGABRT,
    /// A map has no memory below it: past the end of its file, or the disk is full.
    BUS = SIGBUS,
    /// Arithmetic error.
    FPE = SIGFPE,
    /// Kill; cannot be caught.
    KILL = SIGKILL,
    /// For the user.
    USR1 = SIGUSR1,
    /// Nothing is mapped there, or its protection forbids the access.
    SEGV = SIGSEGV,
    /// For the user.
    USR2 = SIGUSR2,
    /// A pipe without a reader.
    PIPE = SIGPIPE,
    /// Timer.
    ALRM = SIGALRM,
    /// Please end.
    TERM = SIGTERM,
    /// Not used by Linux.
    STKFLT = SIGSTKFLT,
    /// A child ended or stopped.
    CHLD = SIGCHLD,
    /// Go on.
    CONT = SIGCONT,
    /// Stop; cannot be caught.
    STOP = SIGSTOP,
    /// Stop from the keyboard.
    TSTP = SIGTSTP,
    /// Reading the terminal from the background.
    TTIN = SIGTTIN,
    /// Writing the terminal from the background.
    TTOU = SIGTTOU,
    /// Urgent data on a socket.
    URG = SIGURG,
    /// Too much processor time.
    XCPU = SIGXCPU,
    /// A file would grow too large.
    XFSZ = SIGXFSZ,
    /// Timer of processor time.
    VTALRM = SIGVTALRM,
    /// Timer for profiling.
    PROF = SIGPROF,
    /// The terminal's size changed.
    WINCH = SIGWINCH,
    /// A descriptor is ready.
    IO = SIGIO,
    /// Power fails.
    PWR = SIGPWR,
    /// A system call that is not allowed.
    SYS = SIGSYS,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of signals, as the kernel has it: 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SignalSet(u64);

assert_eq_size!(SignalSet, raw::kernel_sigset_t);

impl SignalSet {
    /// The highest number of a signal.
    pub(crate) const BITS: i32 = raw::_NSIG as i32;
    /// No signal.
    pub const EMPTY: SignalSet = SignalSet(0);
    /// Every signal.
    pub const ALL: SignalSet = SignalSet(!0);

    /// The set with one signal more.
    #[must_use]
    pub const fn with(self, signal: Signal) -> SignalSet {
        SignalSet(self.0 | 1 << (signal.as_raw() - 1))
    }

    /// The set with one signal less.
    #[must_use]
    pub const fn without(self, signal: Signal) -> SignalSet {
        SignalSet(self.0 & !(1 << (signal.as_raw() - 1)))
    }

    /// Whether the signal is in the set.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & 1 << (signal.as_raw() - 1) != 0
    }
}

bitflags! {
    /// How a handler runs.
    #[repr(transparent)]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct SigactionFlags: u32 {
        /// No SIGCHLD when a child stops.
        const NOCLDSTOP = raw::SA_NOCLDSTOP;
        /// Children leave nothing to wait for.
        const NOCLDWAIT = raw::SA_NOCLDWAIT;
        /// On the stack of [`sigaltstack`].
        const ONSTACK = raw::SA_ONSTACK;
        /// Interrupted calls go on.
        const RESTART = raw::SA_RESTART;
        /// The signal itself is not blocked meanwhile.
        const NODEFER = raw::SA_NODEFER;
        /// Once only.
        const RESETHAND = raw::SA_RESETHAND;
        /// The handler takes information and context.
        const SIGINFO = raw::SA_SIGINFO;
        /// Flags that this crate has no name for.
        const _ = !0;
    }
}

/// What the kernel tells a handler about its signal.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct SignalInfo(raw::siginfo_t);

impl SignalInfo {
    /// The signal's number.
    #[inline]
    #[must_use]
    pub fn signal(&self) -> i32 {
        // SAFETY: every kind of information begins with these fields.
        unsafe { self.0.__bindgen_anon_1.__bindgen_anon_1.si_signo }
    }

    /// Why it was sent, such as `BUS_ADRERR`.
    #[inline]
    #[must_use]
    pub fn code(&self) -> i32 {
        // SAFETY: every kind of information begins with these fields.
        unsafe { self.0.__bindgen_anon_1.__bindgen_anon_1.si_code }
    }

    /// For SIGBUS, SIGSEGV, SIGILL, SIGFPE and SIGTRAP: the address of the fault.
    #[inline]
    #[must_use]
    pub fn address(&self) -> usize {
        // SAFETY: 128 bytes of plain numbers; for other signals the number means something else.
        unsafe { self.0.__bindgen_anon_1.__bindgen_anon_1._sifields._sigfault._addr as usize }
    }
}

impl fmt::Debug for SignalInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalInfo")
            .field("signal", &self.signal())
            .field("code", &self.code())
            .field("address", &format_args!("{:#x}", self.address()))
            .finish()
    }
}

/// A handler that takes information and context (a `ucontext_t`).
pub type InfoHandler = unsafe extern "C" fn(signal: i32, info: *mut SignalInfo, context: *mut c_void);

/// What a process does on a signal, for [`rt_sigaction`].
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Sigaction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: SignalSet,
}

assert_eq_size!(Sigaction, raw::kernel_sigaction);
const_assert_eq!(offset_of!(Sigaction, handler), offset_of!(raw::kernel_sigaction, sa_handler_kernel));
const_assert_eq!(offset_of!(Sigaction, flags), offset_of!(raw::kernel_sigaction, sa_flags));
const_assert_eq!(offset_of!(Sigaction, restorer), offset_of!(raw::kernel_sigaction, sa_restorer));
const_assert_eq!(offset_of!(Sigaction, mask), offset_of!(raw::kernel_sigaction, sa_mask));

impl Sigaction {
    /// What the signal does by default.
    pub const DEFAULT: Sigaction = Sigaction { handler: 0, flags: 0, restorer: 0, mask: SignalSet::EMPTY };
    /// Nothing.
    pub const IGNORE: Sigaction = Sigaction { handler: 1, ..Sigaction::DEFAULT };

    /// Calls a function; `SIGINFO` is set, and the way back is the crate's own.
    #[must_use]
    pub fn handler(handler: InfoHandler, flags: SigactionFlags, mask: SignalSet) -> Sigaction {
        let flags = (flags | SigactionFlags::SIGINFO).bits() | raw::SA_RESTORER;
        Sigaction {
            handler: handler as *const () as usize,
            flags: flags as usize,
            restorer: arch::signal::restore as *const () as usize,
            mask,
        }
    }

    /// The flags, without the kernel's own.
    #[must_use]
    pub fn flags(&self) -> SigactionFlags {
        SigactionFlags::from_bits_retain(self.flags as u32 & !raw::SA_RESTORER)
    }

    /// The address of the handler; 0 is the default, 1 nothing.
    #[must_use]
    pub fn address(&self) -> usize {
        self.handler
    }

    /// Whether it is a handler, and neither the default nor nothing.
    #[must_use]
    pub fn is_handler(&self) -> bool {
        self.handler > Sigaction::IGNORE.handler
    }

    /// What is held back while the handler runs.
    #[must_use]
    pub fn mask(&self) -> SignalSet {
        self.mask
    }

    /// How many words it has.
    pub(crate) const WORDS: usize = 4;

    /// As words, to be kept where a signal's handler may read them.
    pub(crate) fn to_words(self) -> [usize; Self::WORDS] {
        [self.handler, self.flags, self.restorer, self.mask.0 as usize]
    }

    /// Out of words again.
    pub(crate) fn from_words([handler, flags, restorer, mask]: [usize; Self::WORDS]) -> Self {
        Self { handler, flags, restorer, mask: SignalSet(mask as u64) }
    }
}

impl fmt::Debug for Sigaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sigaction")
            .field("handler", &format_args!("{:#x}", self.handler))
            .field("flags", &self.flags())
            .field("mask", &self.mask)
            .finish()
    }
}

/// How [`rt_sigprocmask`] combines the sets.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaskHow {
    /// Adds to what is blocked.
    Block = raw::SIG_BLOCK,
    /// Takes from it.
    Unblock = raw::SIG_UNBLOCK,
    /// Replaces it.
    Set = raw::SIG_SETMASK,
}

/// A stack for handlers, for [`sigaltstack`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SignalStack {
    address: *mut u8,
    flags: i32,
    len: usize,
}

assert_eq_size!(SignalStack, raw::stack_t);
const_assert_eq!(offset_of!(SignalStack, flags), offset_of!(raw::stack_t, ss_flags));
const_assert_eq!(offset_of!(SignalStack, len), offset_of!(raw::stack_t, ss_size));

impl SignalStack {
    /// No stack of its own: handlers run on the stack that was interrupted.
    pub const DISABLED: SignalStack =
        SignalStack { address: ptr::null_mut(), flags: raw::SS_DISABLE as i32, len: 0 };

    /// `len` bytes from `address`.
    #[must_use]
    pub const fn new(address: *mut u8, len: usize) -> SignalStack {
        SignalStack { address, flags: 0, len }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.flags as u32 & raw::SS_DISABLE != 0
    }
}

/// [rt_sigaction(2)](https://man7.org/linux/man-pages/man2/sigaction.2.html): sets what a signal does, if `new` is
/// given, and returns what it did.
///
/// # Safety
/// The handler may run between any two instructions of any thread, and does only what is sound there.
///
/// # Errors
/// `EINVAL` (SIGKILL and SIGSTOP cannot be changed).
#[inline(always)]
pub unsafe fn rt_sigaction(signal: Signal, new: Option<&Sigaction>) -> Result<Sigaction, Errno> {
    let mut old = MaybeUninit::<Sigaction>::uninit();
    let new = new.map_or(ptr::null(), ptr::from_ref).expose_provenance();
    let (address, set_size) = (old.as_mut_ptr().expose_provenance(), size_of::<SignalSet>());
    // SAFETY: the kernel reads one structure and writes the other; for the handler the caller answers.
    done(unsafe { syscall4::<{ nr::RT_SIGACTION }>(signal.as_raw() as usize, new, address, set_size) })?;
    // SAFETY: after success all of it is written.
    Ok(unsafe { old.assume_init() })
}

/// [rt_sigprocmask(2)](https://man7.org/linux/man-pages/man2/sigprocmask.2.html): changes which signals this thread
/// holds back, if a set is given, and returns which it held back.
///
/// # Errors
/// None that a caller can bring about.
#[inline(always)]
pub fn rt_sigprocmask(how: MaskHow, set: Option<SignalSet>) -> Result<SignalSet, Errno> {
    let mut old = SignalSet::EMPTY;
    let set = set.as_ref().map_or(ptr::null(), ptr::from_ref).expose_provenance();
    let (address, set_size) = ((&raw mut old).expose_provenance(), size_of::<SignalSet>());
    // SAFETY: the kernel reads one set and writes the other.
    done(unsafe { syscall4::<{ nr::RT_SIGPROCMASK }>(how as usize, set, address, set_size) })?;
    Ok(old)
}

/// [sigaltstack(2)](https://man7.org/linux/man-pages/man2/sigaltstack.2.html): sets the stack on which handlers with
/// [`SigactionFlags::ONSTACK`] run, if one is given, and returns the former.
///
/// # Safety
/// The stack is the caller's, for nothing else, as long as it is set.
///
/// # Errors
/// `EINVAL` (flags), `ENOMEM` (too small), `EPERM` (a handler is running on the present one).
#[inline(always)]
pub unsafe fn sigaltstack(new: Option<&SignalStack>) -> Result<SignalStack, Errno> {
    let mut old = SignalStack::DISABLED;
    let new = new.map_or(ptr::null(), ptr::from_ref).expose_provenance();
    // SAFETY: the kernel reads one structure and writes the other; for the stack the caller answers.
    done(unsafe { syscall2::<{ nr::SIGALTSTACK }>(new, (&raw mut old).expose_provenance()) })?;
    Ok(old)
}

/// [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html): sends a signal to a process, or with `None` only
/// asks whether one could.
///
/// # Errors
/// `EPERM`, `ESRCH`.
#[inline(always)]
pub fn kill(pid: Pid, signal: Option<Signal>) -> Result<(), Errno> {
    send(pid.as_raw(), signal)
}

/// [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html) with a negative number: sends a signal to every
/// process of a group.
///
/// # Errors
/// `EINVAL` (group 1: the kernel takes -1 for all processes), `EPERM`, `ESRCH`.
#[inline(always)]
pub fn kill_group(group: Pid, signal: Option<Signal>) -> Result<(), Errno> {
    match group.as_raw() {
        1 => Err(Errno::EINVAL),
        group => send(-group, signal),
    }
}

#[inline(always)]
fn send(target: i32, signal: Option<Signal>) -> Result<(), Errno> {
    let signal = signal.map_or(0, Signal::as_raw);
    // SAFETY: no memory is named; what a handler does was justified when it was set.
    done(unsafe { syscall2::<{ nr::KILL }>(target as usize, signal as usize) })
}

/// [tgkill(2)](https://man7.org/linux/man-pages/man2/tgkill.2.html): sends a signal to one thread of a process.
///
/// # Errors
/// `EAGAIN`, `EPERM`, `ESRCH`.
#[inline(always)]
pub fn tgkill(process: Pid, thread: Pid, signal: Option<Signal>) -> Result<(), Errno> {
    let (process, thread) = (process.as_raw() as usize, thread.as_raw() as usize);
    let signal = signal.map_or(0, Signal::as_raw) as usize;
    // SAFETY: no memory is named; what a handler does was justified when it was set.
    done(unsafe { syscall3::<{ nr::TGKILL }>(process, thread, signal) })
}
