//! What the child does before it becomes a program.
//!
//! It has its parent's memory, or a copy of it, and nobody to answer to but the parent: it makes system calls, stores in what was
//! made for it, and does nothing that may panic.

use crate::Errno;
use crate::errno::uninterrupted;
use crate::fd::{AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use crate::process::{die_with_parent, exit};
use crate::sys::{self, FdFlags, MaskHow, OFlags, Pid, Sigaction, Signal, SignalSet};
use core::ffi::{c_char, c_void};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Release},
};
use linux_raw_sys::general::RLIMIT_NOFILE;

use super::{Group, Program, Room, What};

/// What is to be done, and what has come of it.
pub(super) struct Order<'a> {
    program: &'a Program<'a>,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    /// From where each of the program's descriptors comes.
    numbers: *mut RawFd,
    /// The highest number that the program gets.
    highest: Option<RawFd>,
    /// Where to report an error, should the parent not see this memory.
    pipe: Option<RawFd>,
    /// What the program begins with.
    mask: SignalSet,
    parent: Pid,
    /// Whether the child has begun, in this memory.
    begun: AtomicBool,
    /// The word of a step and its error; 0 is none.
    failure: AtomicU32,
    lent: PhantomData<&'a Room>,
}

/// What may fail.
#[repr(u8)]
#[derive(Clone, Copy)]
pub(super) enum Step {
    Signals = 1,
    Group,
    DieWithParent,
    Descriptors,
    Directory,
    Exec,
}

/// A failure, as it is reported.
type Failure = (Step, Errno);

/// What a shell exits with if there is no such program.
const NO_PROGRAM: u8 = 127;

/// The first descriptor that is not a standard one.
const FIRST: RawFd = 3;

impl<'a> Order<'a> {
    pub(super) fn new(
        program: &'a Program<'a>,
        room: &'a Room,
        highest: Option<RawFd>,
        pipe: Option<BorrowedFd<'a>>,
        mask: SignalSet,
    ) -> Self {
        Self {
            program,
            arguments: room.arguments(),
            environment: room.environment(),
            numbers: room.numbers(),
            highest,
            pipe: pipe.map(|pipe| pipe.as_raw_fd()),
            mask,
            parent: sys::getpid(),
            begun: AtomicBool::new(false),
            failure: AtomicU32::new(0),
            lent: PhantomData,
        }
    }

    /// For [`run`].
    pub(super) fn as_argument(&self) -> *const c_void {
        ptr::from_ref(self).cast()
    }

    /// Whether the child has used this memory.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Acquire)
    }

    /// What has failed there.
    pub(super) fn failure(&self) -> Option<Failure> {
        Step::from_word(self.failure.load(Acquire))
    }
}

impl Step {
    const ALL: [Step; 6] =
        [Step::Signals, Step::Group, Step::DieWithParent, Step::Descriptors, Step::Directory, Step::Exec];

    fn to_word(self, errno: Errno) -> u32 {
        (self as u32) << 16 | errno.raw_os_error() as u32
    }

    /// The failure that a word stands for; 0 is none.
    pub(super) fn from_word(word: u32) -> Option<Failure> {
        let step = Step::ALL.into_iter().find(|step| *step as u32 == word >> 16)?;
        Some((step, Errno::from_raw_os_error((word & 0xffff) as i32)?))
    }
}

/// The whole of the child.
///
/// # Safety
/// `order` is an [`Order`], in memory that stays until the child has ended or has become the program, and the child has
/// descriptors, a directory and handlers of its own.
pub(super) unsafe extern "C" fn run(order: *const c_void) -> ! {
    // SAFETY: the caller's promise.
    let order = unsafe { &*order.cast::<Order<'_>>() };
    order.begun.store(true, Release);
    let mut pipe = order.pipe;
    // SAFETY: the child has its own, and ends if this fails.
    let (step, errno) = unsafe { become_program(order, &mut pipe) };
    let word = step.to_word(errno);
    order.failure.store(word, Release);
    if let Some(pipe) = pipe {
        // SAFETY: nobody closes it before the child ends.
        let pipe = unsafe { BorrowedFd::borrow_raw(pipe) };
        // A parent that is gone does not read it. The signal that says so is held back, or ends the child as well.
        let _ = uninterrupted(|| sys::write(pipe, &word.to_ne_bytes()));
    }
    exit(NO_PROGRAM)
}

/// Does all that is ordered; returns only what has failed.
///
/// # Safety
/// As [`run`].
unsafe fn become_program(order: &Order<'_>, pipe: &mut Option<RawFd>) -> Failure {
    let program = order.program;
    let mut prepare = || {
        // SAFETY: the caller's promise.
        unsafe { default_handlers(program.defaults) }.map_err(|errno| (Step::Signals, errno))?;
        match program.group {
            None => Ok(()),
            Some(Group::New) => sys::setpgid(None, None),
            Some(Group::Of(group)) => sys::setpgid(None, Some(group)),
        }
        .map_err(|errno| (Step::Group, errno))?;
        if program.die_with_parent {
            die_with_parent(order.parent).map_err(|error| (Step::DieWithParent, error.errno()))?;
        }
        // SAFETY: the caller's promise.
        let file = unsafe { descriptors(order, pipe) }.map_err(|errno| (Step::Descriptors, errno))?;
        if let Some(path) = program.directory {
            sys::chdir(path).map_err(|errno| (Step::Directory, errno))?;
        }
        // What was held back may end the child here, as it would have ended the program.
        sys::rt_sigprocmask(MaskHow::Set, Some(order.mask)).map_err(|errno| (Step::Signals, errno))?;
        Ok(file)
    };
    let file = match prepare() {
        Ok(file) => file,
        Err(failure) => return failure,
    };
    // SAFETY: the lists end with nulls, and are of strings.
    let errno = unsafe {
        match (program.what, file) {
            (What::Path(path), _) => sys::execve(path, order.arguments, order.environment),
            (What::File(_), Some(file)) => {
                sys::execveat(BorrowedFd::borrow_raw(file), order.arguments, order.environment)
            }
            (What::File(_), None) => Errno::EBADF,
        }
    };
    (Step::Exec, errno)
}

/// Takes the handlers back, which are not to run in the parent's memory.
///
/// # Safety
/// The child's handlers are its own.
unsafe fn default_handlers(also: SignalSet) -> Result<(), Errno> {
    for signal in (1..=SignalSet::BITS).filter_map(Signal::from_raw) {
        // SAFETY: asked, and nothing changed.
        let action = unsafe { sys::rt_sigaction(signal, None) }?;
        let is_ignored = !action.is_handler() && action.address() != Sigaction::DEFAULT.address();
        if action.is_handler() || is_ignored && also.contains(signal) {
            // SAFETY: no handler runs.
            unsafe { sys::rt_sigaction(signal, Some(&Sigaction::DEFAULT)) }?;
        }
    }
    Ok(())
}

/// Gives the program its descriptors, and closes the others when it begins; the number of its file, if it is in one.
///
/// # Safety
/// The child's table of descriptors is its own.
unsafe fn descriptors(order: &Order<'_>, pipe: &mut Option<RawFd>) -> Result<Option<RawFd>, Errno> {
    let list = order.program.descriptors;
    close_others()?;
    // First, whatever lies where something else is to go moves out of the way.
    let above = order.highest.map_or(0, |highest| highest + 1);
    let moved = |number: RawFd| {
        if !list.iter().any(|&(_, to)| to == number) {
            return Ok(number);
        }
        // SAFETY: it is open, or the call says that it is not.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        uninterrupted(|| sys::fcntl_dupfd_cloexec(fd, above)).map(IntoRawFd::into_raw_fd)
    };
    if let Some(pipe) = pipe {
        *pipe = moved(*pipe)?;
    }
    let file = match order.program.what {
        What::Path(_) => None,
        What::File(file) => Some(moved(file.as_raw_fd())?),
    };
    for (index, &(_, to)) in list.iter().enumerate() {
        // SAFETY: the room has a number for each, and nobody else touches it.
        let number = unsafe { &mut *order.numbers.add(index) };
        if *number != to {
            *number = moved(*number)?;
        }
    }
    for (index, &(_, to)) in list.iter().enumerate() {
        // SAFETY: as above; the numbers are open, or the calls say that they are not.
        let from = unsafe { BorrowedFd::borrow_raw(*order.numbers.add(index)) };
        if from.as_raw_fd() == to {
            uninterrupted(|| sys::fcntl_setfd(from, FdFlags::empty()))?;
        } else {
            // SAFETY: what was there is the child's own, and has moved if it is needed.
            uninterrupted(|| unsafe { sys::dup3(from, to, OFlags::empty()) })?;
        }
    }
    Ok(file)
}

/// Has all but the standard descriptors closed when the program begins.
fn close_others() -> Result<(), Errno> {
    if sys::cloexec_from(FIRST).is_ok() {
        return Ok(());
    }
    // Before Linux 5.11 one by one.
    let limit = sys::getrlimit(RLIMIT_NOFILE)?.soft;
    for number in FIRST..RawFd::try_from(limit).unwrap_or(RawFd::MAX) {
        // SAFETY: one that is not open says so.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        match sys::fcntl_setfd(fd, FdFlags::CLOEXEC) {
            Ok(()) | Err(Errno::EBADF) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
