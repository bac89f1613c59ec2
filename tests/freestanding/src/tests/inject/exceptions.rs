//! Where an operation does not report the error of a call as it is, and why that is right.

use baremap::Errno as E;
use baremap::arch::process::FORK;
use baremap::page;
use core::fmt;
use linux_raw_sys::general as nr;

use self::Outcome::{Error, Success};
use super::calls::named;
use crate::support::inject::Failure;

/// What an operation comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Error(E),
}

/// A row of the table.
pub(super) struct Exception {
    /// The beginning of the operation's name.
    operation: &'static str,
    /// The numbers of the calls.
    calls: &'static [u32],
    /// Which of them; 0 is any.
    nth: u32,
    /// The errors; none means any.
    errnos: &'static [E],
    outcome: Outcome,
    why: &'static str,
    /// The pages below which nothing comes to it.
    page_size: usize,
}

const fn row(
    operation: &'static str,
    calls: &'static [u32],
    errnos: &'static [E],
    outcome: Outcome,
    why: &'static str,
) -> Exception {
    Exception { operation, calls, nth: 0, errnos, outcome, why, page_size: 0 }
}

impl Exception {
    const fn nth(self, nth: u32) -> Self {
        Self { nth, ..self }
    }

    const fn on_pages_from(self, page_size: usize) -> Self {
        Self { page_size, ..self }
    }

    /// Whether something comes to it on this machine.
    pub(super) fn is_needed(&self) -> bool {
        page::size() >= self.page_size
    }
}

/// Calls of which a failure leaves something behind that nobody can take away: the kernel has been told to keep it.
const LEAKS: &[(&str, u32)] = &[
    // The addresses stay taken; their memory goes all the same (see `Mapping::drop`).
    ("", nr::__NR_munmap),
    // The true call closes even where it reports an error. The injected one does not reach the kernel.
    ("", nr::__NR_close),
    // The kernel may have unmapped the place before it failed, so that it is another's by now (see `Mapping::move_over`).
    ("AnonMap::map_file", nr::__NR_mremap),
];

const ANY: &[E] = &[];

/// The rows, of which the first that fits counts.
pub(super) const EXCEPTIONS: &[Exception] = &[
    // Everywhere.
    row(
        "SealedMap::build",
        &[nr::__NR_munmap],
        ANY,
        Error(E::EBUSY),
        "what is still mapped may still be written",
    ),
    row("", &[nr::__NR_munmap, nr::__NR_close], ANY, Success, "what is dropped has nobody to tell"),
    row("", INTERRUPTIBLE, &[E::EINTR], Success, "it is made again"),
    // A block of so many bytes may be a huge page.
    row("", &[nr::__NR_fstatfs], ANY, Success, "what does not say is taken for ordinary pages")
        .on_pages_from(64 << 10),
    // Wishes.
    row("AnonMap, transparent", WISHES, ANY, Success, "ordinary pages do as well"),
    row("AnonMap, huge or transparent", WISHES, ANY, Success, "the same"),
    row("AnonMap, huge or transparent", &[nr::__NR_mmap], ANY, Success, "the fallback that was asked for")
        .nth(1),
    row("AnonMap, huge or small", &[nr::__NR_mmap], ANY, Success, "the same").nth(1),
    row("AnonMap, huge or small", &[nr::__NR_openat, nr::__NR_read], ANY, Success, "the same"),
    row("FileMap, a part of the file", &[nr::__NR_madvise], ANY, Success, "ordinary pages do as well"),
    row(
        "transparent_huge_size",
        &[nr::__NR_openat, nr::__NR_read],
        ANY,
        Success,
        "none that anybody knows of",
    ),
    row(
        "HugePage::size",
        &[nr::__NR_openat, nr::__NR_read],
        &[E::EINVAL],
        Success,
        "what a kernel without says too",
    ),
    row("HugePage::free", &[nr::__NR_openat], &[E::ENOENT], Success, "what a kernel without says too"),
    row("AnonMap, huge or nothing", &[nr::__NR_mmap], &[E::ENOMEM, E::EINVAL], Success, "the same"),
    row("GuardedMap::new, the first", PROBES, ANY, Success, "a protection guards as well").nth(2),
    row("GuardedMap::new", &[nr::__NR_madvise, nr::__NR_pipe2, nr::__NR_write], ANY, Success, "the same"),
    row(
        "Pages::prefault_read",
        &[nr::__NR_madvise],
        &[E::EINVAL],
        Success,
        "before Linux 5.14 each page is touched",
    ),
    row("Caps::", PROBES, ANY, Success, "what cannot be found out does not work"),
    // What an error means.
    row("AnonMap::resize", &[nr::__NR_mremap, nr::__NR_mmap], &[E::EINVAL], Error(E::ENOMEM), "too long"),
    row("FileMap::remap, longer", &[nr::__NR_mremap], &[E::EINVAL], Error(E::ENOMEM), "too long"),
    row("FileMap::set_len", &[nr::__NR_mremap], &[E::EINVAL], Error(E::ENOMEM), "too long"),
    row("FileMap::remap, longer", &[nr::__NR_mremap], &[E::EFAULT], Success, "in pieces, it is mapped anew"),
    row("FileMap::set_len", &[nr::__NR_mremap], &[E::EFAULT], Success, "in pieces, it is mapped anew"),
    row("FileMap::remap, shorter", &[nr::__NR_mremap], ANY, Success, "what stays mapped is not lent"),
    row("AnonMap::decommit", &[nr::__NR_madvise], ANY, Success, "pages may be locked: they are unlocked")
        .nth(1),
    row("GrowMap::shrink_to", &[nr::__NR_madvise], ANY, Success, "pages may be locked: they are unlocked")
        .nth(1),
    row("SealedMap", &[nr::__NR_memfd_create], ANY, Success, "before Linux 6.3 without NOEXEC_SEAL").nth(1),
    row("SealedMap::build", &[nr::__NR_mmap], &[E::EPERM], Success, "before Linux 6.7 it is mapped private")
        .nth(2),
    row("SealedMap::snapshot_of", &[nr::__NR_mmap], &[E::EPERM], Success, "the same").nth(2),
    row("SealedMap::new", &[nr::__NR_mmap], &[E::EPERM], Success, "the same"),
    row("SealedMap::seal", &[nr::__NR_mmap], &[E::EPERM], Success, "the same"),
    row("SealedMap::open", &[nr::__NR_mmap], &[E::EPERM], Success, "the same"),
    row("SealedMap::snapshot_of", &[nr::__NR_pread64], &[E::ESPIPE], Success, "a pipe has no offsets").nth(1),
    row("SealedMap::new", &[nr::__NR_fcntl], &[E::EINVAL], Error(E::EPERM), "no file in memory").nth(3),
    row("SealedMap::build", &[nr::__NR_fcntl], &[E::EINVAL], Error(E::EPERM), "the same").nth(3),
    row("SealedMap::seal", &[nr::__NR_fcntl], &[E::EINVAL], Error(E::EPERM), "the same").nth(3),
    row("SealedMap::snapshot_of", &[nr::__NR_fcntl], &[E::EINVAL], Error(E::EPERM), "the same").nth(4),
    row("SealedMap::open", &[nr::__NR_fcntl], &[E::EINVAL], Error(E::EPERM), "the same").nth(2),
    // Ways to copy.
    row("fault::uninstall", &[nr::__NR_rt_sigaction], ANY, Error(E::EBUSY), "whose it is, it cannot know")
        .nth(1),
    row("fault::uninstall", &[nr::__NR_rt_sigaction], ANY, Error(E::EBUSY), "whose it is, it cannot know")
        .nth(2),
    row("the first copy of a process", &[nr::__NR_rt_sigaction], ANY, Success, "then the kernel copies"),
    row("a copy by the kernel", COPIES, ANY, Success, "another way is open"),
    row("a long copy by the kernel", COPIES, ANY, Success, "another way is open"),
    row("a load and a store by the kernel", COPIES, ANY, Success, "another way is open"),
    // Files.
    row(
        "DurableCell::create",
        &[nr::__NR_fallocate],
        &[E::EOPNOTSUPP],
        Success,
        "a full disk fails a write, then",
    ),
    row("replace_file", &[nr::__NR_statx], &[E::ENOENT], Success, "there is no old file"),
    row("replace_file", &[nr::__NR_openat], &[E::EISDIR, E::EOPNOTSUPP], Success, "the draft gets a name")
        .nth(2),
    row("replace_file", &[nr::__NR_linkat], &[E::ENOENT], Success, "without /proc, by the descriptor"),
    row("replace_file", &[nr::__NR_linkat], &[E::EEXIST], Success, "another name"),
    row("replace_file", &[nr::__NR_fsync], &[E::EINVAL], Success, "a directory that cannot be synced").nth(2),
    // Processes.
    row("Child::wait_until", ASKING, ANY, Success, "it asks again and again"),
    row("Children::wait_any", ASKING, ANY, Success, "it asks again and again"),
    row("Children::", &[nr::__NR_pidfd_open], ANY, Success, "then it asks again and again"),
    row("Children::", &[nr::__NR_setpgid], ANY, Success, "both processes do it"),
    row("Children::end", ENDING, ANY, Success, "there is nobody to tell"),
    row("process::run", &[nr::__NR_nanosleep], ANY, Success, "a duration is always valid"),
    row("Program::start", &[nr::__NR_close_range], ANY, Success, "each is closed by itself"),
    row(
        "Program::start",
        &[nr::__NR_execve],
        &[E::ENOENT, E::ENOEXEC],
        Success,
        "what it says without a failure",
    ),
    row("Program::start", &[nr::__NR_execveat], &[E::ENOENT, E::ENOEXEC, E::ENOSYS], Success, "the same"),
    row("Program::start", &[nr::__NR_rt_sigprocmask], ANY, Success, "it has worked before").nth(3),
    row("Program::start", &[nr::__NR_wait4], ANY, Success, "why the child ends goes first"),
    row("Program::start", &[nr::__NR_write], ANY, Success, "the parent sees the memory, or an end"),
    // Objects.
    row("shm::create_or_open", &[nr::__NR_openat], &[E::ENOENT], Success, "then it is made").nth(1),
    row("shm::create_or_open", &[nr::__NR_openat], &[E::EEXIST], Success, "then it is opened").nth(2),
    row("Object", &[nr::__NR_get_robust_list], ANY, Success, "then owners are checked for"),
    row("Object::open", &[nr::__NR_fcntl], &[E::EAGAIN], Success, "who removes it is waited for"),
    row("Object", &[nr::__NR_fcntl], &[E::EAGAIN], Error(E::EBUSY), "who locks it may remove it"),
    row("Object::create", &[nr::__NR_openat], DRAFT, Success, "the draft gets a name").nth(2),
    row("Object, opened or created", &[nr::__NR_openat], &[E::ENOENT], Success, "then it is made").nth(1),
    row("Object, opened or created", &[nr::__NR_openat], DRAFT, Success, "the draft gets a name").nth(3),
    row("Object, opened or created", &[nr::__NR_linkat], &[E::EEXIST], Success, "then it is opened"),
    row("Object", &[nr::__NR_linkat], &[E::ENOENT], Success, "without /proc, by the descriptor"),
    row("OwnedObject, dropped", &[nr::__NR_statx, nr::__NR_unlinkat], ANY, Success, "there is nobody to tell"),
    row("shm::remove_unused", &[nr::__NR_fcntl], &[E::EAGAIN], Success, "it is in use"),
    row("shm::remove_unused", &[nr::__NR_statx], &[E::ENOENT], Success, "another was faster, maybe").nth(2),
    row("shm::remove_all_unused", &[nr::__NR_openat], OF_ONE, Success, "one cannot be removed").nth(2),
    row("shm::remove_all_unused", &[nr::__NR_fcntl], &[E::EAGAIN], Success, "it is in use"),
    row(
        "shm::remove_all_unused",
        &[nr::__NR_pread64, nr::__NR_fcntl, nr::__NR_statx, nr::__NR_unlinkat],
        OF_ONE,
        Success,
        "one cannot be removed",
    ),
    // Nobody to tell.
    row("sys::execve", &[nr::__NR_execve], &[E::ENOENT], Success, "what it says without a failure"),
    row("sys::execveat", &[nr::__NR_execveat], &[E::ENOEXEC, E::ENOSYS], Success, "the same"),
    row("process::sleep", &[nr::__NR_nanosleep], ANY, Success, "a duration is always valid"),
    row("eprintln", &[nr::__NR_write], ANY, Success, "there is nobody left to tell"),
];

/// What says that a file system has no files without names.
const DRAFT: &[E] = &[E::EISDIR, E::EOPNOTSUPP];

/// What is wrong with one object and not with all.
const OF_ONE: &[E] =
    &[E::ENOENT, E::EACCES, E::EPERM, E::ELOOP, E::ENXIO, E::EINVAL, E::ETXTBSY, E::EBUSY];

const WISHES: &[u32] = &[nr::__NR_madvise, nr::__NR_openat, nr::__NR_read];

/// Calls by which [`Caps`](baremap::Caps) asks.
const PROBES: &[u32] = &[
    FORK as u32,
    nr::__NR_clone,
    nr::__NR_fcntl,
    nr::__NR_ftruncate,
    nr::__NR_madvise,
    nr::__NR_memfd_create,
    nr::__NR_memfd_secret,
    nr::__NR_mincore,
    nr::__NR_mlock2,
    nr::__NR_mmap,
    nr::__NR_mseal,
    nr::__NR_openat,
    nr::__NR_pipe2,
    nr::__NR_prlimit64,
    nr::__NR_process_vm_readv,
    nr::__NR_pwrite64,
    nr::__NR_read,
    nr::__NR_set_robust_list,
    nr::__NR_statx,
    nr::__NR_wait4,
    nr::__NR_write,
];

/// Calls by which the kernel copies, and by which it makes the room for that.
const COPIES: &[u32] = &[
    nr::__NR_fallocate,
    nr::__NR_fcntl,
    nr::__NR_ftruncate,
    nr::__NR_madvise,
    nr::__NR_memfd_create,
    nr::__NR_mmap,
    nr::__NR_pread64,
    nr::__NR_prlimit64,
    nr::__NR_process_vm_readv,
    nr::__NR_pwrite64,
];

/// Calls by which the end of a child is noticed early, and what the child does meanwhile.
const ASKING: &[u32] = &[nr::__NR_clock_gettime, nr::__NR_nanosleep, nr::__NR_pidfd_open, nr::__NR_ppoll];

/// Calls by which children end.
const ENDING: &[u32] = &[nr::__NR_nanosleep, nr::__NR_pidfd_send_signal, nr::__NR_wait4, nr::__NR_waitid];

/// Calls that a signal may interrupt.
const INTERRUPTIBLE: &[u32] = &[
    nr::__NR_dup3,
    nr::__NR_fallocate,
    nr::__NR_fchmod,
    nr::__NR_fcntl,
    nr::__NR_fdatasync,
    nr::__NR_fstatfs,
    nr::__NR_fsync,
    nr::__NR_ftruncate,
    nr::__NR_linkat,
    nr::__NR_msync,
    nr::__NR_nanosleep,
    nr::__NR_openat,
    nr::__NR_pread64,
    nr::__NR_pwrite64,
    nr::__NR_read,
    nr::__NR_recvmsg,
    nr::__NR_renameat2,
    nr::__NR_sendmsg,
    nr::__NR_statx,
    nr::__NR_unlinkat,
    nr::__NR_wait4,
    nr::__NR_write,
];

/// What comes of a failure, and the number of the row that says so, where it is not the call's own error.
pub(super) fn of(operation: &str, failure: Failure) -> Option<(usize, Outcome)> {
    let row = EXCEPTIONS.iter().position(|row| row.is_of(operation, failure))?;
    Some((row, EXCEPTIONS[row].outcome))
}

/// Whether such a failure may leave something behind.
pub(super) fn leaks(operation: &str, call: usize) -> bool {
    LEAKS.iter().any(|&(name, number)| operation.starts_with(name) && number as usize == call)
}

impl Exception {
    fn is_of(&self, operation: &str, failure: Failure) -> bool {
        // The functions of `sys` hand on what the kernel says, whatever others make of it.
        operation.starts_with(self.operation)
            && operation.starts_with("sys::") == self.operation.starts_with("sys::")
            && self.calls.contains(&(failure.call as u32))
            && (self.nth == 0 || failure.nth == 0 || self.nth == failure.nth)
            && (self.errnos.is_empty() || self.errnos.contains(&failure.errno))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.calls.first().map_or("", |&call| named(call as usize));
        write!(f, "{}, {call}: {}", self.operation, self.why)
    }
}
