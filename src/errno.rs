//! The kernel's error numbers.

use core::fmt;
use core::num::NonZero;
use linux_raw_sys::errno;

/// An error number of the kernel.
///
/// [`Display`](fmt::Display) gives the sentence, [`Debug`] the name; see errno(3).
///
/// ```
/// use baremap::Errno;
///
/// assert_eq!(Errno::ENOENT.raw_os_error(), 2);
/// assert_eq!(Errno::ENOENT.name(), Some("ENOENT"));
/// assert_eq!(Errno::ENOENT.to_string(), "No such file or directory");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Errno(NonZero<i32>);

/// The largest error number: system calls return the negated number, -4095 to -1.
const MAX: usize = 4095;

impl Errno {
    /// Same as `EAGAIN`.
    pub const EWOULDBLOCK: Errno = Errno::EAGAIN;
    /// Same as `EDEADLK`.
    pub const EDEADLOCK: Errno = Errno::EDEADLK;

    /// The error of that number, if it is one: 1 to 4095.
    #[inline]
    #[must_use]
    pub const fn from_raw_os_error(number: i32) -> Option<Errno> {
        match NonZero::new(number) {
            Some(number) if number.get() > 0 && number.get() as usize <= MAX => Some(Errno(number)),
            _ => None,
        }
    }

    /// The number.
    #[inline]
    #[must_use]
    pub const fn raw_os_error(self) -> i32 {
        self.0.get()
    }

    /// What a system call returned: its value, or the error that the last 4,095 values of the range stand for.
    #[inline(always)]
    pub(crate) fn check(result: usize) -> Result<usize, Errno> {
        if result <= usize::MAX - MAX {
            return Ok(result);
        }
        // SAFETY: result is between -4095 and -1.
        Err(Errno(unsafe { NonZero::new_unchecked((result as i32).wrapping_neg()) }))
    }
}

/// Calls again what a signal interrupted.
#[inline(always)]
pub(crate) fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

macro_rules! errnos {
    ($($name:ident = $sentence:literal,)*) => {
        impl Errno {
            $(
                #[doc = $sentence]
                pub const $name: Errno = Errno::from_raw_os_error(errno::$name as i32).unwrap();
            )*
        }

        /// The numbers in the order of the two lists.
        const NUMBERS: &[u32] = &[$(errno::$name),*];
        /// All names, and all sentences, each with an end of line. One text of each in place of a table of slices: what
        /// prints an error carries all of them, and the smallest programs are half the size.
        const NAMES: &str = concat!($(stringify!($name), "\n"),*);
        const SENTENCES: &str = concat!($($sentence, "\n"),*);
    };
}

impl Errno {
    /// The constant's name, such as `"EINVAL"`, if the number has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.line_of(NAMES)
    }

    /// The sentence that says what the number means, as strerror(3) has it in the C locale.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.line_of(SENTENCES).unwrap_or("Unknown error")
    }

    /// This number's line of a list that has a line for each of [`NUMBERS`].
    fn line_of(self, list: &'static str) -> Option<&'static str> {
        let mut lines = list.split_terminator('\n');
        let mut next = FIRST;
        // The numbers ascend by one, but for the gaps.
        while next < self.0.get() {
            if !GAPS.contains(&next) {
                lines.next()?;
            }
            next += 1;
        }
        if GAPS.contains(&next) { None } else { lines.next() }
    }
}

/// The number of the first line, and those that no line has.
const FIRST: i32 = 1;
const GAPS: [i32; 2] = [41, 58];

const _: () = {
    let (mut index, mut number) = (0, FIRST);
    while index < NUMBERS.len() {
        while number == GAPS[0] || number == GAPS[1] {
            number += 1;
        }
        assert!(NUMBERS[index] == number as u32, "the list has every number but the gaps, in order");
        (index, number) = (index + 1, number + 1);
    }
};

errnos! {
    EPERM = "Operation not permitted",
    ENOENT = "No such file or directory",
    ESRCH = "No such process",
    EINTR = "Interrupted system call",
    EIO = "Input/output error",
    ENXIO = "No such device or address",
    E2BIG = "Argument list too long",
    ENOEXEC = "Exec format error",
    EBADF = "Bad file descriptor",
    ECHILD = "No child processes",
    EAGAIN = "Resource temporarily unavailable",
    ENOMEM = "Cannot allocate memory",
    EACCES = "Permission denied",
    EFAULT = "Bad address",
    ENOTBLK = "Block device required",
    EBUSY = "Device or resource busy",
    EEXIST = "File exists",
    EXDEV = "Invalid cross-device link",
    ENODEV = "No such device",
    ENOTDIR = "Not a directory",
    EISDIR = "Is a directory",
    EINVAL = "Invalid argument",
    ENFILE = "Too many open files in system",
    EMFILE = "Too many open files",
    ENOTTY = "Inappropriate ioctl for device",
    ETXTBSY = "Text file busy",
    EFBIG = "File too large",
    ENOSPC = "No space left on device",
    ESPIPE = "Illegal seek",
    EROFS = "Read-only file system",
    EMLINK = "Too many links",
    EPIPE = "Broken pipe",
    EDOM = "Numerical argument out of domain",
    ERANGE = "Numerical result out of range",
    EDEADLK = "Resource deadlock avoided",
    ENAMETOOLONG = "File name too long",
    ENOLCK = "No locks available",
    ENOSYS = "Function not implemented",
    ENOTEMPTY = "Directory not empty",
    ELOOP = "Too many levels of symbolic links",
    ENOMSG = "No message of desired type",
    EIDRM = "Identifier removed",
    ECHRNG = "Channel number out of range",
    EL2NSYNC = "Level 2 not synchronized",
    EL3HLT = "Level 3 halted",
    EL3RST = "Level 3 reset",
    ELNRNG = "Link number out of range",
    EUNATCH = "Protocol driver not attached",
    ENOCSI = "No CSI structure available",
    EL2HLT = "Level 2 halted",
    EBADE = "Invalid exchange",
    EBADR = "Invalid request descriptor",
    EXFULL = "Exchange full",
    ENOANO = "No anode",
    EBADRQC = "Invalid request code",
    EBADSLT = "Invalid slot",
    EBFONT = "Bad font file format",
    ENOSTR = "Device not a stream",
    ENODATA = "No data available",
    ETIME = "Timer expired",
    ENOSR = "Out of streams resources",
    ENONET = "Machine is not on the network",
    ENOPKG = "Package not installed",
    EREMOTE = "Object is remote",
    ENOLINK = "Link has been severed",
    EADV = "Advertise error",
    ESRMNT = "Srmount error",
    ECOMM = "Communication error on send",
    EPROTO = "Protocol error",
    EMULTIHOP = "Multihop attempted",
    EDOTDOT = "RFS specific error",
    EBADMSG = "Bad message",
    EOVERFLOW = "Value too large for defined data type",
    ENOTUNIQ = "Name not unique on network",
    EBADFD = "File descriptor in bad state",
    EREMCHG = "Remote address changed",
    ELIBACC = "Can not access a needed shared library",
    ELIBBAD = "Accessing a corrupted shared library",
    ELIBSCN = ".lib section in a.out corrupted",
    ELIBMAX = "Attempting to link in too many shared libraries",
    ELIBEXEC = "Cannot exec a shared library directly",
    EILSEQ = "Invalid or incomplete multibyte or wide character",
    ERESTART = "Interrupted system call should be restarted",
    ESTRPIPE = "Streams pipe error",
    EUSERS = "Too many users",
    ENOTSOCK = "Socket operation on non-socket",
    EDESTADDRREQ = "Destination address required",
    EMSGSIZE = "Message too long",
    EPROTOTYPE = "Protocol wrong type for socket",
    ENOPROTOOPT = "Protocol not available",
    EPROTONOSUPPORT = "Protocol not supported",
    ESOCKTNOSUPPORT = "Socket type not supported",
    EOPNOTSUPP = "Operation not supported",
    EPFNOSUPPORT = "Protocol family not supported",
    EAFNOSUPPORT = "Address family not supported by protocol",
    EADDRINUSE = "Address already in use",
    EADDRNOTAVAIL = "Cannot assign requested address",
    ENETDOWN = "Network is down",
    ENETUNREACH = "Network is unreachable",
    ENETRESET = "Network dropped connection on reset",
    ECONNABORTED = "Software caused connection abort",
    ECONNRESET = "Connection reset by peer",
    ENOBUFS = "No buffer space available",
    EISCONN = "Transport endpoint is already connected",
    ENOTCONN = "Transport endpoint is not connected",
    ESHUTDOWN = "Cannot send after transport endpoint shutdown",
    ETOOMANYREFS = "Too many references: cannot splice",
    ETIMEDOUT = "Connection timed out",
    ECONNREFUSED = "Connection refused",
    EHOSTDOWN = "Host is down",
    EHOSTUNREACH = "No route to host",
    EALREADY = "Operation already in progress",
    EINPROGRESS = "Operation now in progress",
    ESTALE = "Stale file handle",
    EUCLEAN = "Structure needs cleaning",
    ENOTNAM = "Not a XENIX named type file",
    ENAVAIL = "No XENIX semaphores available",
    EISNAM = "Is a named type file",
    EREMOTEIO = "Remote I/O error",
    EDQUOT = "Disk quota exceeded",
    ENOMEDIUM = "No medium found",
    EMEDIUMTYPE = "Wrong medium type",
    ECANCELED = "Operation canceled",
    ENOKEY = "Required key not available",
    EKEYEXPIRED = "Key has expired",
    EKEYREVOKED = "Key has been revoked",
    EKEYREJECTED = "Key was rejected by service",
    EOWNERDEAD = "Owner died",
    ENOTRECOVERABLE = "State not recoverable",
    ERFKILL = "Operation not possible due to RF-kill",
    EHWPOISON = "Memory page has hardware error",
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.0),
        }
    }
}

impl core::error::Error for Errno {}

#[cfg(feature = "std")]
impl From<Errno> for std::io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.raw_os_error())
    }
}
