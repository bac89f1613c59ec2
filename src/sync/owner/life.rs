//! Whether a thread of some process still lives, for owners whose death the kernel does not mark.

use crate::Errno;
use crate::fd::AsFd;
use crate::sys::{self, Clock, Mode, OFlags, Pid, PollFd, PollFlags, Timespec};
use core::ffi::CStr;
use core::fmt::{self, Write};

use super::word::THREAD;

/// A thread's number, and when it took a lock. Numbers are used again: a thread that was started later is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(pub(super) u64);

/// The bits of the number.
const NUMBER_BITS: u32 = THREAD.count_ones();
/// In a second, in /proc: `USER_HZ`, which is 100 on both architectures.
const TICKS: i64 = 100;

impl Identity {
    /// This thread, now.
    pub(super) fn now(thread: u32) -> Self {
        let time = sys::clock_gettime(Clock::Boottime).unwrap_or_default();
        let ticks = time.seconds * TICKS + time.nanoseconds / (1_000_000_000 / TICKS);
        Self(u64::from(thread) | (ticks as u64) << NUMBER_BITS)
    }

    /// Ticks from the start of the machine, if it is this thread's identity.
    fn ticks_of(self, thread: u32) -> Option<u64> {
        (self.0 & u64::from(THREAD) == u64::from(thread)).then_some(self.0 >> NUMBER_BITS)
    }
}

/// Whether the thread of that number, which had this identity if it had come to store it, has ended.
pub(super) fn is_over(thread: u32, identity: Identity) -> bool {
    find(thread).is_none_or(|started| {
        // It may be a later thread's number.
        matches!((started, identity.ticks_of(thread)), (Some(started), Some(taken)) if started > taken)
    })
}

/// Whether there is no thread of that number.
pub(super) fn is_gone(thread: u32) -> bool {
    find(thread).is_none()
}

/// When the thread of that number was started, in ticks, as far as /proc says so; `None` if there is none, or it has ended.
fn find(thread: u32) -> Option<Option<u64>> {
    let pid = Pid::from_raw(thread as i32)?;
    if sys::kill(pid, None) == Err(Errno::ESRCH) || is_readable(pid) {
        return None;
    }
    match status(pid) {
        Some(Status { ended: true, .. }) => None,
        Some(Status { started, .. }) => Some(Some(started)),
        None => Some(None),
    }
}

/// Whether a descriptor of the process says that it has ended, a zombie's too: where there are such, and for threads that processes
/// began with.
fn is_readable(process: Pid) -> bool {
    let Ok(process) = sys::pidfd_open(process) else { return false };
    let mut fds = [PollFd::new(process.as_fd(), PollFlags::IN)];
    sys::ppoll(&mut fds, Some(Timespec::default()), None) == Ok(1)
}

struct Status {
    /// It is a zombie, or about to be gone.
    ended: bool,
    /// In ticks.
    started: u64,
}

/// What /proc says of a thread.
fn status(thread: Pid) -> Option<Status> {
    let mut path = Path { bytes: [0; 32], len: 0 };
    write!(path, "/proc/{thread}/stat").ok()?;
    let path = CStr::from_bytes_until_nul(&path.bytes).ok()?;
    let file = sys::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut line = [0; 512];
    let len = sys::read(file.as_fd(), &mut line).ok()?;
    parse(line.get(..len)?)
}

/// The line of proc_pid_stat(5): the name in brackets may have spaces and brackets in it.
fn parse(line: &[u8]) -> Option<Status> {
    let end_of_name = line.iter().rposition(|&byte| byte == b')')?;
    let mut fields = line.get(end_of_name + 2..)?.split(|&byte| byte == b' ');
    let ended = matches!(fields.next()?, b"Z" | b"X" | b"x");
    // The state is field 3, the start field 22.
    let started = str::from_utf8(fields.nth(18)?).ok()?.parse().ok()?;
    Some(Status { ended, started })
}

/// A path, in the making.
struct Path {
    bytes: [u8; 32],
    len: usize,
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        // The last byte stays null.
        let room = self.bytes.get_mut(self.len..end).filter(|_| end < 32).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
