//! Another program, and how it is to begin.

mod child;
mod room;

use crate::Errno;
use crate::errno::uninterrupted;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
#[cfg(feature = "start")]
use crate::rt::Env;
use crate::sys::{self, CloneFlags, MaskHow, OFlags, Pid, Signal, SignalSet};
use child::{Order, Step};
use core::ffi::CStr;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use room::Room;

use super::Child;

/// Another program, to be started in a child.
///
/// The child is not forked: until it has become the program it borrows its parent's memory, and the calling thread stands still
/// (`CLONE_VM | CLONE_VFORK`, as in posix_spawn(3)). However much memory this process has, nothing of it is copied, and any number of
/// threads may be running.
///
/// ```
/// use baremap::fd::AsFd;
/// use baremap::process::Program;
/// use baremap::sys::{self, OFlags};
///
/// let (reader, writer) = sys::pipe2(OFlags::CLOEXEC)?;
/// let child = Program::new(c"/bin/sh")
///     .arguments(&[c"sh", c"-c", c"echo $GREETING >&3"])
///     .environment(&[c"GREETING=hello"])
///     .descriptors(&[(writer.as_fd(), 3)])
///     .start()?;
/// assert!(child.wait()?.success());
/// let mut bytes = [0; 10];
/// assert_eq!(sys::read(reader.as_fd(), &mut bytes)?, 6);
/// assert_eq!(&bytes[..6], b"hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What the program begins with
///
/// | what                 | unless it is said otherwise                                                            |
/// |----------------------|----------------------------------------------------------------------------------------|
/// | path                 | is taken as it is: no other directories are searched                                    |
/// | arguments            | the path alone                                                                         |
/// | environment          | empty                                                                                  |
/// | descriptors          | 0, 1 and 2 of this process; all others are closed                                       |
/// | working directory, process group, user, limits | this process's                                                |
/// | signal handlers      | the default; what is ignored stays ignored                                              |
/// | blocked signals      | those of the calling thread                                                            |
///
/// # How long it takes
///
/// A signal that comes meanwhile is handled when the start is over. If somebody stops the child before it has become the program, the
/// calling thread stands still until it goes on.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    what: What<'a>,
    arguments: Option<&'a [&'a CStr]>,
    environment: Environment<'a>,
    descriptors: &'a [(BorrowedFd<'a>, RawFd)],
    directory: Option<&'a CStr>,
    group: Option<Group>,
    die_with_parent: bool,
    mask: Option<SignalSet>,
    defaults: SignalSet,
}

/// Where the program is.
#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Path(&'a CStr),
    File(BorrowedFd<'a>),
}

/// What the program has for an environment.
#[derive(Clone, Copy)]
enum Environment<'a> {
    Strings(&'a [&'a CStr]),
    #[cfg(feature = "start")]
    Of(Env),
}

/// The process group of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// One of its own, which it leads.
    New,
    /// This one, of the same session.
    Of(Pid),
}

/// Whether children have been seen to use this memory, and not a copy as QEMU's user mode makes it: then the word of one that fails is
/// enough, and it takes no pipe.
static SHARES_MEMORY: AtomicBool = AtomicBool::new(false);

impl<'a> Program<'a> {
    /// The program of this path; one that does not begin with a slash begins at the working directory that the program gets.
    #[must_use]
    pub const fn new(path: &'a CStr) -> Self {
        Self::of(What::Path(path))
    }

    /// The program in an open file, which need not have a name. A script it cannot be.
    ///
    /// Its first argument is empty unless [`Program::arguments`] are given.
    #[must_use]
    pub const fn in_file(file: BorrowedFd<'a>) -> Self {
        Self::of(What::File(file))
    }

    const fn of(what: What<'a>) -> Self {
        Self {
            what,
            arguments: None,
            environment: Environment::Strings(&[]),
            descriptors: &[],
            directory: None,
            group: None,
            die_with_parent: false,
            mask: None,
            defaults: SignalSet::EMPTY,
        }
    }

    /// Its arguments, of which the first is its name by custom.
    #[must_use]
    pub const fn arguments(self, arguments: &'a [&'a CStr]) -> Self {
        Self { arguments: Some(arguments), ..self }
    }

    /// Its environment, each variable as `NAME=value`.
    #[must_use]
    pub const fn environment(self, variables: &'a [&'a CStr]) -> Self {
        Self { environment: Environment::Strings(variables), ..self }
    }

    /// The environment that this program has been started with.
    #[cfg(feature = "start")]
    #[must_use]
    pub const fn environment_of(self, env: Env) -> Self {
        Self { environment: Environment::Of(env), ..self }
    }

    /// Which descriptors it gets, under which numbers. They are given at once, as if no number overwrote another: two may change
    /// places. What is not among them is closed, but for 0, 1 and 2: by one call, and before Linux 5.11 by one for each number up to
    /// the limit of this process (`RLIMIT_NOFILE`), which takes its time where that is high.
    #[must_use]
    pub const fn descriptors(self, descriptors: &'a [(BorrowedFd<'a>, RawFd)]) -> Self {
        Self { descriptors, ..self }
    }

    /// Its working directory.
    #[must_use]
    pub const fn directory(self, path: &'a CStr) -> Self {
        Self { directory: Some(path), ..self }
    }

    /// Its process group.
    #[must_use]
    pub const fn group(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }

    /// It dies with the thread that starts it; see [`die_with_parent`](super::die_with_parent).
    #[must_use]
    pub const fn die_with_parent(self) -> Self {
        Self { die_with_parent: true, ..self }
    }

    /// The signals that are blocked when it begins.
    #[must_use]
    pub const fn blocked_signals(self, mask: SignalSet) -> Self {
        Self { mask: Some(mask), ..self }
    }

    /// Signals that do what they do by default when it begins, even if this process ignores them. The standard library ignores
    /// SIGPIPE, say, which most programs do not expect.
    #[must_use]
    pub const fn default_signals(self, signals: SignalSet) -> Self {
        Self { defaults: signals, ..self }
    }

    /// Starts it: the child has become the program when this returns. Otherwise the error says what failed, and nothing is
    /// left of the child.
    ///
    /// # Errors
    /// - Of execve(2): `ENOENT`, `EACCES`, `ENOEXEC`, `E2BIG` and others of [`sys::execve`].
    /// - Of what comes before it: `EBADF` (a negative number for a descriptor, one beyond the limit, or a number that was given twice),
    ///   `ENOENT`, `ENOTDIR` and others of the working directory, `EPERM` of the group.
    /// - `EAGAIN` (too many processes), `ENOMEM`; `EMFILE`, where it takes a pipe to learn of an error: the first time, and in QEMU's user
    ///   mode.
    pub fn start(&self) -> Result<Child> {
        let highest = self.check()?;
        let room = Room::new(self)?;
        let pipe = if SHARES_MEMORY.load(Relaxed) { None } else { Some(pipe()?) };
        let blocked = Blocked::all()?;
        let writer = pipe.as_ref().map(|(_, writer)| writer.as_fd());
        let order = Order::new(self, &room, highest, writer, self.mask.unwrap_or(blocked.before));
        let flags = CloneFlags::VM | CloneFlags::VFORK;
        // SAFETY: the child calls what is made for it, on a stack that nobody else uses; this thread goes on when the child has ended
        // or is a program, and if it goes on before, the child has a copy of all.
        let pid = unsafe {
            sys::clone_call(flags, Some(Signal::CHLD), room.stack(), child::run, order.as_argument())
        };
        let mut child = Child::new(pid.map_err(|errno| Error::new(Operation::Fork, errno))?);
        let failure = match pipe {
            _ if order.has_begun() => {
                SHARES_MEMORY.store(true, Relaxed);
                Ok(order.failure())
            }
            Some((reader, writer)) => {
                drop(writer);
                failure_from(reader)
            }
            // It was killed before its first step.
            None => Ok(None),
        };
        let result = match failure {
            Ok(None) => Ok(child),
            Ok(Some((step, errno))) => {
                // It is about to end, or has.
                let _ = child.wait_here();
                Err(Error::new(step.operation(), errno))
            }
            Err(errno) => {
                child.end();
                Err(Error::new(Operation::Read, errno))
            }
        };
        drop(blocked);
        result
    }

    /// Checks the descriptors' numbers; the highest, if there is one.
    fn check(&self) -> Result<Option<RawFd>> {
        let refuse =
            |number| Err(Error::because(Operation::Duplicate, Errno::EBADF, Reason::BadNumber { number }));
        for (index, &(_, number)) in self.descriptors.iter().enumerate() {
            let is_twice = self.descriptors[..index].iter().any(|&(_, other)| other == number);
            if !(0..RawFd::MAX).contains(&number) || is_twice {
                return refuse(number);
            }
        }
        Ok(self.descriptors.iter().map(|&(_, number)| number).max())
    }
}

impl Step {
    /// The operation in whose name it is reported.
    const fn operation(self) -> Operation {
        match self {
            Step::Signals => Operation::Signals,
            Step::Group => Operation::SetGroup,
            Step::DieWithParent => Operation::DieWithParent,
            Step::Descriptors => Operation::Duplicate,
            Step::Directory => Operation::ChangeDirectory,
            Step::Exec => Operation::Exec,
        }
    }
}

fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    sys::pipe2(OFlags::CLOEXEC).map_err(|errno| Error::new(Operation::Pipe, errno))
}

/// What a child that has a copy of the memory says: nothing, when execve(2) closes the pipe.
fn failure_from(reader: OwnedFd) -> core::result::Result<Option<(Step, Errno)>, Errno> {
    let mut word = [0; size_of::<u32>()];
    // So few bytes come at once.
    uninterrupted(|| sys::read(reader.as_fd(), &mut word))?;
    Ok(Step::from_word(u32::from_ne_bytes(word)))
}

/// All signals, held back in this thread until this is dropped: the child has its parent's memory, but must not run its handlers.
struct Blocked {
    before: SignalSet,
}

impl Blocked {
    fn all() -> Result<Self> {
        let before = sys::rt_sigprocmask(MaskHow::Set, Some(SignalSet::ALL));
        Ok(Self { before: before.map_err(|errno| Error::new(Operation::Signals, errno))? })
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It cannot fail where it worked before.
        let _ = sys::rt_sigprocmask(MaskHow::Set, Some(self.before));
    }
}

impl fmt::Debug for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut program = f.debug_struct("Program");
        match self.what {
            What::Path(path) => program.field("path", &path),
            What::File(file) => program.field("file", &file.as_raw_fd()),
        };
        program.field("arguments", &self.arguments.unwrap_or_default()).finish_non_exhaustive()
    }
}
