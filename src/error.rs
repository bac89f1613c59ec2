//! What an operation of this crate reports when it fails.

use crate::Errno;
use crate::sys::{FileKind, WaitStatus};
use core::fmt;

/// An operation that failed: which one, the kernel's error number, and the reason where it is known.
///
/// It is `Copy`, allocates nothing, and prints itself as a sentence that says what to mend:
///
/// ```
/// use baremap::{AnonMap, Errno, Operation};
///
/// let error = AnonMap::new(usize::MAX).unwrap_err();
/// assert_eq!((error.operation(), error.errno()), (Operation::Mmap, Errno::ENOMEM));
/// assert_eq!(
///     error.to_string(),
///     "mmap: a length of 18446744073709551615 bytes is more than a process can map (ENOMEM)",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
// In this order the compiler does not glue operation and number together, only to take them apart again where no more
// than the number is used: 30 bytes of the smallest program.
#[repr(C)]
pub struct Error {
    operation: Operation,
    reason: Reason,
    errno: Errno,
}

/// A [`Result`](core::result::Result) with this crate's [`Error`].
pub type Result<T> = core::result::Result<T, Error>;

/// Why an operation failed, as far as this crate knows more than the error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing but what the error number says.
    Kernel,
    /// A range of a map that is not within it.
    OutOfBounds {
        /// First byte of the range.
        offset: usize,
        /// Bytes in the range.
        len: usize,
        /// Bytes in the map.
        size: usize,
    },
    /// A range of a file that ends after the file does.
    PastEnd {
        /// First byte of the range.
        offset: u64,
        /// Bytes in the range.
        len: u64,
        /// Bytes in the file.
        size: u64,
    },
    /// A length that no address space holds.
    TooLong {
        /// Bytes.
        len: u64,
    },
    /// An address that is not a multiple of the size of the value there.
    Misaligned {
        /// The offset in the map.
        offset: usize,
        /// What the address has to be a multiple of.
        align: usize,
    },
    /// An offset for a map that has no file.
    OffsetWithoutFile,
    /// An object that cannot be mapped, or has no length.
    Kind(FileKind),
    /// A descriptor that is not open for reading.
    NotReadable,
    /// A descriptor that is not open for writing.
    NotWritable,
    /// The end of the file before the buffer was full.
    UnexpectedEnd,
    /// A page that is not there, or not to be touched like that: the file has shrunk, say.
    Fault {
        /// Bytes that were copied before it.
        copied: usize,
    },
    /// A buffer of no bytes, by which nothing gets on.
    NoBuffer,
    /// An address to map at that is 0 or not a multiple of the page size.
    BadAddress {
        /// The address.
        address: usize,
        /// What it has to be a multiple of.
        align: usize,
    },
    /// A length that has to be another.
    WrongLength {
        /// The length that was given.
        len: usize,
        /// The one that fits.
        expected: usize,
    },
    /// Two maps of which the second does not begin where the first ends.
    NotAdjacent,
    /// A private map, whose stores reach no file.
    PrivateMap,
    /// A shared map, whose stores reach the file.
    SharedMap,
    /// Another file than the one that is mapped.
    OtherFile,
    /// A flush of this map that failed before.
    EarlierFlush,
    /// Neither a handler nor a call by which the kernel copies.
    NoCopy,
    /// A line that does not describe a region of memory.
    BadRegion,
    /// A device without the handler by which its faults are errors.
    NoHandler,
    /// A file that whoever has it may change or shorten.
    Unsealed,
    /// Neither slot of a durable cell holds a whole value.
    NoValue,
    /// A durable cell of another capacity.
    OtherCapacity {
        /// The capacity that was asked for.
        asked: usize,
        /// The cell's own.
        found: u64,
    },
    /// A value for which there is not enough room.
    TooLarge {
        /// Bytes in the value.
        len: usize,
        /// Bytes that there is room for.
        most: usize,
    },
    /// A value at the start of a map, where its offset would stand for none.
    AtStart,
    /// A block that has to be aligned to more than what every map of the same bytes is aligned to.
    OverAligned {
        /// What its address would have to be a multiple of.
        align: usize,
        /// The most that works.
        most: usize,
    },
    /// Bytes that do not begin as a shared arena does.
    NoArena,
    /// A file that does not begin as a shared object does, or is too short for what it says.
    NoObject,
    /// Values of another type, by its [layout](crate::share::Shared::LAYOUT).
    OtherLayout {
        /// The layout that was found.
        found: u64,
        /// The one that was asked for.
        expected: u64,
    },
    /// A shared arena, object or ring of another version of this crate, which lays it out in another way.
    OtherVersion {
        /// The version of the layout that was found.
        found: u8,
        /// The one that this crate knows.
        expected: u8,
    },
    /// A block for which there is not enough room in an arena.
    NoRoom {
        /// Bytes in the block.
        len: usize,
        /// What its address has to be a multiple of.
        align: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// Bytes that do not begin as a ring does.
    NoRing,
    /// A ring of bytes where one of messages is wanted, or the other way round.
    OtherRing,
    /// Fewer bytes than the smallest ring takes.
    SmallRing {
        /// Bytes.
        len: usize,
        /// The fewest that do.
        least: usize,
    },
    /// A ring whose numbers cannot be: somebody else has written there.
    BrokenRing,
    /// A child that has ended, and not with a result.
    Ended {
        /// How.
        status: WaitStatus,
    },
    /// More children than a group has places for.
    NoPlace {
        /// How many it has.
        most: usize,
    },
    /// A number that is negative or given twice, where a descriptor is to go.
    BadNumber {
        /// The number.
        number: i32,
    },
    /// More descriptors or fewer than there is room for.
    Descriptors {
        /// How many there are.
        found: usize,
        /// How many there may be, or have to be.
        expected: usize,
    },
    /// A connection of which the other end is closed.
    Closed,
    /// A name that is empty, `.` or `..`.
    NoName,
    /// A name with a slash or a null in it.
    BadName,
    /// A name of more bytes than a directory holds.
    LongName {
        /// Bytes in the name.
        len: usize,
        /// The most that it may have.
        most: usize,
    },
}

impl Error {
    /// An error of which only the number is known.
    #[inline(always)]
    pub(crate) const fn new(operation: Operation, errno: Errno) -> Self {
        Self { operation, errno, reason: Reason::Kernel }
    }

    /// An error whose reason is known.
    #[inline(always)]
    pub(crate) const fn because(operation: Operation, errno: Errno, reason: Reason) -> Self {
        Self { operation, errno, reason }
    }

    /// What was tried.
    #[inline]
    #[must_use]
    pub const fn operation(self) -> Operation {
        self.operation
    }

    /// The kernel's error number, or the one that it would have given.
    #[inline]
    #[must_use]
    pub const fn errno(self) -> Errno {
        self.errno
    }

    /// Why, as far as it is known.
    #[inline]
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }

    /// What is known of a pair of call and error number, and not of every such number.
    const fn hint(self) -> &'static str {
        use Operation::{Allocate, Fork, MapCode, MapDevice, Mmap, Msync, Seal, Secret};
        match (self.operation, self.errno) {
            (Operation::MapAt, Errno::EEXIST) => ": something is mapped there already",
            (Operation::MapAt, Errno::EPERM) => {
                ": the address is below vm.mmap_min_addr, or the file is sealed"
            }
            (Operation::MapAt, Errno::ENOMEM) => ": no memory, or beyond the addresses of a process",
            (Operation::MapHuge, Errno::ENOMEM) => {
                ": not so many huge pages of this size are set aside: write to nr_hugepages below /sys/kernel/mm/hugepages"
            }
            (Operation::MapHuge, Errno::EINVAL) => ": this kernel has no huge pages of this size",
            (Operation::MakeMut, Errno::EACCES) => {
                ": the file was mapped by a descriptor not open for writing, or is sealed"
            }
            (Operation::MakeExec, Errno::EACCES | Errno::EPERM) => {
                ": the file system is mounted noexec, or a policy forbids to execute what was written"
            }
            (
                Operation::MakeReadOnly | Operation::MakeMut | Operation::MakeExec | Operation::MakeNone,
                Errno::ENOMEM,
            ) => ": no memory, or more maps than vm.max_map_count",
            (Operation::Resize, Errno::EFAULT) => {
                ": advice, a lock on a part or a join has left the map in pieces, which cannot be resized as one"
            }
            (Operation::Resize, Errno::EINVAL) => ": huge pages cannot be added",
            (Operation::Resize, Errno::ENOMEM) => {
                ": no memory, more maps than vm.max_map_count, or more address space than RLIMIT_AS"
            }
            (Operation::Resize, Errno::EAGAIN) => ": more locked memory than RLIMIT_MEMLOCK",
            (Operation::Advise, Errno::EINVAL) => {
                ": this kernel does not know the advice, or not for such a map"
            }
            (Operation::Advise, Errno::EAGAIN) => ": more maps than vm.max_map_count",
            (Operation::Discard, Errno::EINVAL) => ": the pages are locked",
            (Operation::PunchHole, Errno::EOPNOTSUPP) => ": the file system makes no holes",
            (Operation::Prefault, Errno::EINVAL) => ": it takes Linux 5.14",
            (Operation::Prefault, Errno::EFAULT) => {
                ": a page is not there: the file has shrunk, or its disk is full"
            }
            (Operation::Collapse, Errno::EINVAL) => {
                ": it takes Linux 6.1, and a huge page's room in the range"
            }
            (Operation::Lock, Errno::ENOMEM | Errno::EPERM | Errno::EAGAIN) => {
                ": more locked memory than RLIMIT_MEMLOCK, or more maps than vm.max_map_count"
            }
            (Operation::Lock, Errno::ENOSYS) => {
                ": lock_on_fault takes Linux 4.4, and QEMU's user mode lacks it"
            }
            (Operation::SealMap, Errno::ENOSYS) => ": it takes Linux 6.10",
            (Mmap, Errno::ENOMEM) => {
                ": no memory, more maps than vm.max_map_count, or more address space than RLIMIT_AS"
            }
            (Mmap, Errno::EAGAIN) => ": more locked memory than RLIMIT_MEMLOCK",
            (Mmap, Errno::EPERM) => ": the file is sealed against writing",
            (MapCode, Errno::EACCES | Errno::EPERM) => ": this system forbids code that is made at run time",
            (MapDevice, Errno::EPERM) => ": the kernel keeps this range to itself (CONFIG_STRICT_DEVMEM)",
            (Seal, Errno::EBUSY) => ": a shared map of the file is still there, by which it may be written",
            (Seal, Errno::EINVAL) => ": only files in memory take seals, such as File::unnamed()",
            (Seal, Errno::EPERM) => ": sealed against more seals, or not open for writing",
            (Secret, Errno::ENOSYS) => {
                ": it takes Linux 5.14, and before 6.5 the boot parameter secretmem.enable=1"
            }
            (Msync, Errno::EIO) => ": data may be lost, and a second try would not say so",
            (Allocate, Errno::EOPNOTSUPP) => ": the file system cannot set room aside",
            (Operation::Shm, Errno::EEXIST) => {
                ": something of this name is there, which open() takes if it is an object"
            }
            (Operation::Shm, Errno::EBUSY) => {
                ": another process keeps the object locked, as if it were about to remove it"
            }
            (Operation::Arena, Errno::EEXIST) => ": there is an arena here, which open() takes",
            (Operation::Attach, Errno::EBUSY) => ": somebody who is alive is at this end of the ring",
            (Operation::Send, Errno::EPIPE) => ": the other end was dropped",
            (Operation::Send | Operation::Receive, Errno::EOWNERDEAD) => ": the other end was killed",
            (Operation::Send, Errno::EAGAIN) => ": there is no room now",
            (Operation::Receive, Errno::EAGAIN) => ": there is nothing to receive now",
            (Operation::Barrier, Errno::EINVAL) => {
                ": it is for 1 to 65535 participants, and zeros are one for nobody"
            }
            (Operation::Barrier, Errno::ECANCELED) => {
                ": somebody did not wait to the end; reset() mends the barrier"
            }
            (Operation::Barrier, Errno::EBUSY) => ": somebody waits at it, and it is not broken",
            (Operation::Condvar, Errno::EPERM) => ": the guard came by a fork, and the lock is the parent's",
            (Operation::Mutex, Errno::EBUSY) => ": somebody has the lock",
            (Operation::Mutex, Errno::EDEADLK) => ": this thread has the lock already",
            (Operation::Mutex, Errno::EOWNERDEAD) => {
                ": the value may be half changed, and the lock is lost now"
            }
            (Operation::Mutex, Errno::ENOTRECOVERABLE) => {
                ": an owner died, and the next one did not mark the value consistent"
            }
            (Operation::Semaphore, Errno::EOVERFLOW) => ": more permits than Semaphore::MAX",
            (Operation::Exec, Errno::ENOENT) => {
                ": the program is not there, or the interpreter that it names"
            }
            (Operation::Exec, Errno::EACCES) => {
                ": the file is not executable, or a directory on the way is closed, or mounted noexec"
            }
            (Operation::Exec, Errno::ENOEXEC) => {
                ": no program for this machine, nor a script that begins with #!"
            }
            (Operation::Exec, Errno::E2BIG) => ": arguments and environment, or one of them, are too long",
            (Operation::SetGroup, Errno::EPERM) => ": no such group in this session",
            (Operation::Wait, Errno::ETIMEDOUT) => ": the deadline came before the end of a child",
            (Operation::Run, Errno::ETIMEDOUT) => {
                ": the deadline came before a result, and the child was killed"
            }
            (Fork, Errno::EAGAIN) => ": more processes than RLIMIT_NPROC or the control group allows",
            _ => "",
        }
    }
}

macro_rules! operations {
    ($($name:ident = $text:literal,)*) => {
        /// What was tried when an [`Error`] came about: the kernel's call, or this crate's operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = $text] $name,)*
        }

        impl Operation {
            /// The name, such as `"mmap"`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Operation::$name => $text,)*
                }
            }
        }
    };
}

operations! {
    Advise = "advise",
    Arena = "shared arena",
    Allocate = "fallocate",
    Atomic = "atomic",
    Attach = "attach",
    Channel = "channel",
    Barrier = "barrier",
    Collapse = "collapse",
    Condvar = "condition variable",
    Copy = "copy",
    Decommit = "decommit",
    Discard = "discard",
    Cell = "durable cell",
    ChangeDirectory = "chdir",
    DieWithParent = "prctl",
    Duplicate = "dup",
    Event = "event",
    Exec = "execve",
    Flush = "flush",
    Fork = "fork",
    Function = "function",
    Grow = "grow_to",
    InstallHandler = "rt_sigaction",
    Join = "join",
    Kill = "kill",
    Link = "link",
    List = "list",
    Load = "load",
    Lock = "lock",
    LockFile = "file lock",
    MakeCopyOnWrite = "make_copy_on_write",
    MakeExec = "make_exec",
    MakeMut = "make_mut",
    MakeNone = "make_none",
    MakeReadOnly = "make_read_only",
    MapAt = "mmap",
    MapCode = "mmap",
    MapDevice = "mmap",
    MapFile = "map_file",
    MapHuge = "mmap",
    Mmap = "mmap",
    Msync = "msync",
    Mutex = "mutex",
    Open = "open",
    Pipe = "pipe",
    Prefault = "prefault",
    PunchHole = "punch_hole",
    Range = "range",
    Read = "read",
    ReadAt = "read_at",
    Receive = "receive",
    Rename = "rename",
    Replace = "replace_file",
    Regions = "regions",
    Register = "register",
    Residency = "residency",
    Resize = "resize",
    Run = "run",
    Seal = "seal",
    SealMap = "mseal",
    Secret = "memfd_secret",
    Send = "send",
    Semaphore = "semaphore",
    SetGroup = "setpgid",
    SetLen = "ftruncate",
    SetMode = "fchmod",
    Shm = "shm",
    Signals = "signals",
    Split = "split_off",
    Stat = "statx",
    Store = "store",
    Sync = "fsync",
    SyncDirectory = "fsync of the directory",
    SystemCall = "system call",
    TakeFrom = "take_from",
    UninstallHandler = "rt_sigaction",
    Unlink = "unlink",
    Unlock = "unlock",
    Value = "value",
    Wait = "wait",
    Write = "write",
    WriteAt = "write_at",
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.name())?;
        f.write_str(": ")?;
        match self.reason {
            Reason::Kernel => f.write_str(self.errno.sentence()).and_then(|()| f.write_str(self.hint())),
            Reason::OutOfBounds { offset, len, size } => {
                write!(f, "{len} bytes from offset {offset} are not within the {size} bytes of the map")
            }
            Reason::PastEnd { offset, len, size } => {
                write!(f, "{len} bytes from offset {offset} end after the file's {size} bytes")
            }
            Reason::TooLong { len } => {
                write!(f, "a length of {len} bytes is more than a process can map")
            }
            Reason::Misaligned { offset, align } => {
                write!(f, "the address at offset {offset} is not a multiple of {align}")
            }
            Reason::OffsetWithoutFile => f.write_str("an offset is only for a map of a file"),
            Reason::Kind(kind) => write!(f, "{kind} cannot be mapped, only a regular file"),
            Reason::NotReadable => {
                f.write_str("the descriptor is not open for reading, which every map takes")
            }
            Reason::NotWritable => f.write_str("the descriptor is not open for reading and writing"),
            Reason::UnexpectedEnd => f.write_str("the file ends before the buffer is full"),
            Reason::Fault { copied } => {
                write!(f, "a page is gone after {copied} bytes: the file has shrunk, or a protection forbids the access")
            }
            Reason::NoBuffer => f.write_str("a buffer of no bytes cannot take any"),
            Reason::BadAddress { address, align } => {
                write!(f, "the address {address:#x} is not a multiple of {align}, or is 0")
            }
            Reason::WrongLength { len, expected } => write!(f, "the length is {len} where {expected} is wanted"),
            Reason::NotAdjacent => f.write_str("the second map does not begin where the first one ends"),
            Reason::PrivateMap => {
                f.write_str("the map is private, and its stores reach no file: make_copy_on_write makes it writable")
            }
            Reason::SharedMap => {
                f.write_str("the map is shared, and its stores reach the file: make_mut makes it writable")
            }
            Reason::OtherFile => f.write_str("this is not the file that is mapped"),
            Reason::EarlierFlush => f.write_str(
                "a flush of this map has failed before, and what it lost stays lost: store it again by a new map",
            ),
            Reason::NoCopy => f.write_str("no call that copies is allowed here; fault::install() needs none"),
            Reason::BadRegion => f.write_str("the line does not describe a region as /proc/PID/maps does"),
            Reason::NoHandler => f.write_str("a device without fault::install(): a page that it lacks would end the process"),
            Reason::Unsealed => {
                f.write_str("the file is not sealed, so that it may change; SealedMap::snapshot_of() copies it")
            }
            Reason::NoValue => f.write_str("there is no cell here, or one that was damaged or never finished"),
            Reason::OtherCapacity { asked, found } => {
                write!(f, "the cell has a capacity of {found} bytes, not of {asked}")
            }
            Reason::TooLarge { len, most } => {
                write!(f, "the value has {len} bytes, and there is room for {most}")
            }
            Reason::AtStart => {
                f.write_str("the value lies at the start of the map, and its offset 0 stands for none")
            }
            Reason::OverAligned { align, most } => {
                write!(f, "other processes have maps that are aligned to {most} bytes, not to {align}")
            }
            Reason::NoArena => {
                f.write_str("there is no arena here; create() makes one where all bytes are zero")
            }
            Reason::NoObject => {
                f.write_str("this is no shared object, which create() makes, or only a part of one")
            }
            Reason::OtherLayout { found, expected } => {
                write!(f, "the values have the layout {found:#018x}, and this program wants {expected:#018x}")
            }
            Reason::OtherVersion { found, expected } => {
                write!(f, "the layout is of version {found}, and this program knows version {expected}")
            }
            Reason::NoRoom { len, align, left } => {
                write!(f, "no room for {len} bytes at a multiple of {align}: {left} bytes are left")
            }
            Reason::NoRing => f.write_str("there is no ring here, and the bytes are not zero, of which one is made"),
            Reason::OtherRing => {
                f.write_str("the ring has messages where bytes are wanted, or bytes where messages are")
            }
            Reason::SmallRing { len, least } => {
                write!(f, "{len} bytes are too few for a ring, which takes {least}: see channel::size_for()")
            }
            Reason::BrokenRing => {
                f.write_str("the ring has numbers that cannot be: something else has written to its memory")
            }
            Reason::Ended { status } => write!(f, "the child gave no result: {status}"),
            Reason::NoPlace { most } => {
                write!(f, "there are {most} children already: wait for one before the next")
            }
            Reason::BadNumber { number } => {
                write!(f, "a program gets one descriptor by each number from 0 on, and {number} is negative or there twice")
            }
            Reason::Descriptors { found, expected } => {
                write!(f, "{found} descriptors where there is room for {expected}")
            }
            Reason::Closed => f.write_str("the other end of the connection is closed"),
            Reason::NoName => f.write_str("the name is empty, or only dots"),
            Reason::BadName => f.write_str("the name has a slash or a null in it"),
            Reason::LongName { len, most } => {
                write!(f, "the name has {len} bytes, more than {most}")
            }
        }?;
        write!(f, " ({:?})", self.errno)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl core::error::Error for Error {}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        error.errno
    }
}

impl From<Errno> for Error {
    /// For who mixes functions of [`sys`](crate::sys) with those above them: no more than the number is known.
    fn from(errno: Errno) -> Self {
        Self::new(Operation::SystemCall, errno)
    }
}

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    /// Keeps the sentence, and the kind that the standard library gives the error number.
    fn from(error: Error) -> Self {
        let kind = Self::from_raw_os_error(error.errno.raw_os_error()).kind();
        Self::new(kind, error)
    }
}
