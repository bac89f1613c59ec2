//! What an operation of this crate reports when it fails.

use crate::Errno;
use crate::sys::FileKind;
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
        use Operation::{Allocate, Fork, Mmap, Msync};
        match (self.operation, self.errno) {
            (Mmap, Errno::ENOMEM) => {
                ": no memory, more maps than vm.max_map_count, or more address space than RLIMIT_AS"
            }
            (Mmap, Errno::EAGAIN) => ": more locked memory than RLIMIT_MEMLOCK",
            (Mmap, Errno::EPERM) => ": the file is sealed against writing",
            (Msync, Errno::EIO) => ": data may be lost, and a second try would not say so",
            (Allocate, Errno::EOPNOTSUPP) => ": the file system cannot set room aside",
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
    Allocate = "fallocate",
    Atomic = "atomic",
    Duplicate = "dup",
    Flush = "flush",
    Fork = "fork",
    Kill = "kill",
    Mmap = "mmap",
    Msync = "msync",
    Open = "open",
    Range = "range",
    Read = "read",
    ReadAt = "read_at",
    SetLen = "ftruncate",
    Shm = "shm",
    Stat = "statx",
    Sync = "fsync",
    Unlink = "unlink",
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

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    /// Keeps the sentence, and the kind that the standard library gives the error number.
    fn from(error: Error) -> Self {
        let kind = Self::from_raw_os_error(error.errno.raw_os_error()).kind();
        Self::new(kind, error)
    }
}
