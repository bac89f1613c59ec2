//! The kernel's numbers, for programs without a libc's headers.
//!
//! cbindgen writes what stands here into the header, and does not compute: so the values are written out, and held against the
//! kernel's own headers while compiling.

use core::ffi::c_int;
use linux_raw_sys::{errno, general};

/// Holds what stands above against the kernel's headers.
macro_rules! as_the_kernel_has_them {
    ($module:ident: $($ours:ident = $theirs:ident)*) => {
        $(const _: () = assert!($ours as u32 == $module::$theirs as u32);)*
    };
}

/// What the pages of a map may be used for.
pub const BM_PROT_NONE: c_int = 0;
pub const BM_PROT_READ: c_int = 1;
pub const BM_PROT_WRITE: c_int = 2;
pub const BM_PROT_EXEC: c_int = 4;

/// How to map.
pub const BM_MAP_SHARED: c_int = 1;
pub const BM_MAP_PRIVATE: c_int = 2;
pub const BM_MAP_SHARED_VALIDATE: c_int = 3;
pub const BM_MAP_FIXED: c_int = 0x10;
pub const BM_MAP_ANONYMOUS: c_int = 0x20;
pub const BM_MAP_GROWSDOWN: c_int = 0x100;
pub const BM_MAP_LOCKED: c_int = 0x2000;
pub const BM_MAP_NORESERVE: c_int = 0x4000;
pub const BM_MAP_POPULATE: c_int = 0x8000;
pub const BM_MAP_STACK: c_int = 0x20000;
pub const BM_MAP_HUGETLB: c_int = 0x40000;
pub const BM_MAP_SYNC: c_int = 0x80000;
pub const BM_MAP_FIXED_NOREPLACE: c_int = 0x100000;
pub const BM_MAP_HUGE_2MB: c_int = 0x54000000;
pub const BM_MAP_HUGE_1GB: c_int = 0x78000000;

/// How to resize a map.
pub const BM_MREMAP_MAYMOVE: c_int = 1;
pub const BM_MREMAP_FIXED: c_int = 2;
pub const BM_MREMAP_DONTUNMAP: c_int = 4;

/// How to write back.
pub const BM_MS_ASYNC: c_int = 1;
pub const BM_MS_INVALIDATE: c_int = 2;
pub const BM_MS_SYNC: c_int = 4;

/// Advice about a range of pages.
pub const BM_MADV_NORMAL: c_int = 0;
pub const BM_MADV_RANDOM: c_int = 1;
pub const BM_MADV_SEQUENTIAL: c_int = 2;
pub const BM_MADV_WILLNEED: c_int = 3;
pub const BM_MADV_DONTNEED: c_int = 4;
pub const BM_MADV_FREE: c_int = 8;
pub const BM_MADV_REMOVE: c_int = 9;
pub const BM_MADV_DONTFORK: c_int = 0xa;
pub const BM_MADV_DOFORK: c_int = 0xb;
pub const BM_MADV_MERGEABLE: c_int = 0xc;
pub const BM_MADV_UNMERGEABLE: c_int = 0xd;
pub const BM_MADV_HUGEPAGE: c_int = 0xe;
pub const BM_MADV_NOHUGEPAGE: c_int = 0xf;
pub const BM_MADV_DONTDUMP: c_int = 0x10;
pub const BM_MADV_DODUMP: c_int = 0x11;
pub const BM_MADV_WIPEONFORK: c_int = 0x12;
pub const BM_MADV_KEEPONFORK: c_int = 0x13;
pub const BM_MADV_COLD: c_int = 0x14;
pub const BM_MADV_PAGEOUT: c_int = 0x15;
pub const BM_MADV_POPULATE_READ: c_int = 0x16;
pub const BM_MADV_POPULATE_WRITE: c_int = 0x17;
pub const BM_MADV_DONTNEED_LOCKED: c_int = 0x18;
pub const BM_MADV_COLLAPSE: c_int = 0x19;

/// How to lock memory.
pub const BM_MLOCK_ONFAULT: c_int = 1;
pub const BM_MCL_CURRENT: c_int = 1;
pub const BM_MCL_FUTURE: c_int = 2;
pub const BM_MCL_ONFAULT: c_int = 4;

/// How to open a file.
pub const BM_O_RDONLY: c_int = 0;
pub const BM_O_WRONLY: c_int = 1;
pub const BM_O_RDWR: c_int = 2;
pub const BM_O_ACCMODE: c_int = 3;
pub const BM_O_CREAT: c_int = 0x40;
pub const BM_O_EXCL: c_int = 0x80;
pub const BM_O_NOCTTY: c_int = 0x100;
pub const BM_O_TRUNC: c_int = 0x200;
pub const BM_O_APPEND: c_int = 0x400;
pub const BM_O_NONBLOCK: c_int = 0x800;
pub const BM_O_DSYNC: c_int = 0x1000;
#[cfg(target_arch = "x86_64")]
pub const BM_O_DIRECT: c_int = 0x4000;
#[cfg(target_arch = "aarch64")]
pub const BM_O_DIRECT: c_int = 0x10000;
#[cfg(target_arch = "x86_64")]
pub const BM_O_DIRECTORY: c_int = 0x10000;
#[cfg(target_arch = "aarch64")]
pub const BM_O_DIRECTORY: c_int = 0x4000;
#[cfg(target_arch = "x86_64")]
pub const BM_O_NOFOLLOW: c_int = 0x20000;
#[cfg(target_arch = "aarch64")]
pub const BM_O_NOFOLLOW: c_int = 0x8000;
pub const BM_O_NOATIME: c_int = 0x40000;
pub const BM_O_CLOEXEC: c_int = 0x80000;
pub const BM_O_SYNC: c_int = 0x101000;
pub const BM_O_PATH: c_int = 0x200000;
#[cfg(target_arch = "x86_64")]
pub const BM_O_TMPFILE: c_int = 0x410000;
#[cfg(target_arch = "aarch64")]
pub const BM_O_TMPFILE: c_int = 0x404000;

/// How to find a file.
pub const BM_AT_FDCWD: c_int = -100;
pub const BM_AT_SYMLINK_NOFOLLOW: c_int = 0x100;
pub const BM_AT_SYMLINK_FOLLOW: c_int = 0x400;
pub const BM_AT_REMOVEDIR: c_int = 0x200;

/// How to rename.
pub const BM_RENAME_NOREPLACE: c_int = 1;
pub const BM_RENAME_EXCHANGE: c_int = 2;

/// What a position is counted from.
pub const BM_SEEK_SET: c_int = 0;
pub const BM_SEEK_CUR: c_int = 1;
pub const BM_SEEK_END: c_int = 2;
pub const BM_SEEK_DATA: c_int = 3;
pub const BM_SEEK_HOLE: c_int = 4;

/// What else fallocate(2) does.
pub const BM_FALLOC_FL_KEEP_SIZE: c_int = 1;
pub const BM_FALLOC_FL_PUNCH_HOLE: c_int = 2;
pub const BM_FALLOC_FL_COLLAPSE_RANGE: c_int = 8;
pub const BM_FALLOC_FL_ZERO_RANGE: c_int = 0x10;
pub const BM_FALLOC_FL_INSERT_RANGE: c_int = 0x20;

/// Files in memory.
pub const BM_MFD_CLOEXEC: c_int = 1;
pub const BM_MFD_ALLOW_SEALING: c_int = 2;
pub const BM_MFD_HUGETLB: c_int = 4;
pub const BM_MFD_NOEXEC_SEAL: c_int = 8;
pub const BM_MFD_EXEC: c_int = 0x10;

/// What fcntl(2) does.
pub const BM_F_GETFD: c_int = 1;
pub const BM_F_SETFD: c_int = 2;
pub const BM_FD_CLOEXEC: c_int = 1;
pub const BM_F_GETFL: c_int = 3;
pub const BM_F_SETFL: c_int = 4;
pub const BM_F_DUPFD_CLOEXEC: c_int = 0x406;
pub const BM_F_OFD_GETLK: c_int = 0x24;
pub const BM_F_OFD_SETLK: c_int = 0x25;
pub const BM_F_OFD_SETLKW: c_int = 0x26;
pub const BM_F_ADD_SEALS: c_int = 0x409;
pub const BM_F_GET_SEALS: c_int = 0x40a;

/// What a sealed file in memory cannot do any more.
pub const BM_F_SEAL_SEAL: c_int = 1;
pub const BM_F_SEAL_SHRINK: c_int = 2;
pub const BM_F_SEAL_GROW: c_int = 4;
pub const BM_F_SEAL_WRITE: c_int = 8;
pub const BM_F_SEAL_FUTURE_WRITE: c_int = 0x10;

/// How to wait for a child.
pub const BM_WNOHANG: c_int = 1;
pub const BM_WUNTRACED: c_int = 2;
pub const BM_WCONTINUED: c_int = 8;

/// Limits of a process.
pub const BM_RLIMIT_DATA: c_int = 2;
pub const BM_RLIMIT_STACK: c_int = 3;
pub const BM_RLIMIT_NOFILE: c_int = 7;
pub const BM_RLIMIT_MEMLOCK: c_int = 8;
pub const BM_RLIMIT_AS: c_int = 9;
pub const BM_RLIMIT_FSIZE: c_int = 1;

/// What to wait for by a descriptor, and what has come.
pub const BM_POLLIN: c_int = 1;
pub const BM_POLLOUT: c_int = 4;
pub const BM_POLLERR: c_int = 8;
pub const BM_POLLHUP: c_int = 16;
pub const BM_POLLNVAL: c_int = 32;

/// Clocks.
pub const BM_CLOCK_REALTIME: c_int = 0;
pub const BM_CLOCK_MONOTONIC: c_int = 1;
pub const BM_CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
pub const BM_CLOCK_THREAD_CPUTIME_ID: c_int = 3;
pub const BM_CLOCK_BOOTTIME: c_int = 7;

/// Where random bytes come from.
pub const BM_GRND_NONBLOCK: c_int = 1;
pub const BM_GRND_RANDOM: c_int = 2;

/// How a handler runs, and how a mask changes.
pub const BM_SA_NOCLDSTOP: c_int = 1;
pub const BM_SA_NOCLDWAIT: c_int = 2;
pub const BM_SA_ONSTACK: c_int = 134217728;
pub const BM_SA_RESTART: c_int = 268435456;
pub const BM_SA_NODEFER: c_int = 1073741824;
pub const BM_SA_RESETHAND: c_int = -2147483648;
pub const BM_SIG_BLOCK: c_int = 0;
pub const BM_SIG_UNBLOCK: c_int = 1;
pub const BM_SIG_SETMASK: c_int = 2;

/// Signals.
pub const BM_SIGHUP: c_int = 1;
pub const BM_SIGINT: c_int = 2;
pub const BM_SIGQUIT: c_int = 3;
pub const BM_SIGILL: c_int = 4;
pub const BM_SIGTRAP: c_int = 5;
pub const BM_SIGABRT: c_int = 6;
pub const BM_SIGBUS: c_int = 7;
pub const BM_SIGFPE: c_int = 8;
pub const BM_SIGKILL: c_int = 9;
pub const BM_SIGUSR1: c_int = 10;
pub const BM_SIGSEGV: c_int = 11;
pub const BM_SIGUSR2: c_int = 12;
pub const BM_SIGPIPE: c_int = 13;
pub const BM_SIGALRM: c_int = 14;
pub const BM_SIGTERM: c_int = 15;
pub const BM_SIGCHLD: c_int = 17;
pub const BM_SIGCONT: c_int = 18;
pub const BM_SIGSTOP: c_int = 19;

/// Errors, which functions return negated.
pub const BM_EPERM: c_int = 1;
pub const BM_ENOENT: c_int = 2;
pub const BM_ESRCH: c_int = 3;
pub const BM_EINTR: c_int = 4;
pub const BM_EIO: c_int = 5;
pub const BM_ENXIO: c_int = 6;
pub const BM_E2BIG: c_int = 7;
pub const BM_ENOEXEC: c_int = 8;
pub const BM_EBADF: c_int = 9;
pub const BM_ECHILD: c_int = 10;
pub const BM_EAGAIN: c_int = 11;
pub const BM_ENOMEM: c_int = 12;
pub const BM_EACCES: c_int = 13;
pub const BM_EFAULT: c_int = 14;
pub const BM_EBUSY: c_int = 16;
pub const BM_EEXIST: c_int = 17;
pub const BM_EXDEV: c_int = 18;
pub const BM_ENODEV: c_int = 19;
pub const BM_ENOTDIR: c_int = 20;
pub const BM_EISDIR: c_int = 21;
pub const BM_EINVAL: c_int = 22;
pub const BM_ENFILE: c_int = 23;
pub const BM_EMFILE: c_int = 24;
pub const BM_ENOTTY: c_int = 25;
pub const BM_ETXTBSY: c_int = 26;
pub const BM_EFBIG: c_int = 27;
pub const BM_ENOSPC: c_int = 28;
pub const BM_ESPIPE: c_int = 29;
pub const BM_EROFS: c_int = 30;
pub const BM_EMLINK: c_int = 31;
pub const BM_EPIPE: c_int = 32;
pub const BM_ERANGE: c_int = 34;
pub const BM_EDEADLK: c_int = 35;
pub const BM_ENAMETOOLONG: c_int = 36;
pub const BM_ENOLCK: c_int = 37;
pub const BM_ENOSYS: c_int = 38;
pub const BM_ENOTEMPTY: c_int = 39;
pub const BM_ELOOP: c_int = 40;
pub const BM_ENODATA: c_int = 61;
pub const BM_EBADMSG: c_int = 74;
pub const BM_EOVERFLOW: c_int = 75;
pub const BM_ELIBBAD: c_int = 80;
pub const BM_ENOTSOCK: c_int = 88;
pub const BM_EMSGSIZE: c_int = 90;
pub const BM_EOPNOTSUPP: c_int = 95;
pub const BM_ECONNRESET: c_int = 104;
pub const BM_ETOOMANYREFS: c_int = 109;
pub const BM_ETIMEDOUT: c_int = 110;
pub const BM_EDQUOT: c_int = 122;
pub const BM_ECANCELED: c_int = 125;
pub const BM_EOWNERDEAD: c_int = 130;
pub const BM_ENOTRECOVERABLE: c_int = 131;

as_the_kernel_has_them! {
    general:
    BM_PROT_NONE = PROT_NONE
    BM_PROT_READ = PROT_READ
    BM_PROT_WRITE = PROT_WRITE
    BM_PROT_EXEC = PROT_EXEC
    BM_MAP_SHARED = MAP_SHARED
    BM_MAP_PRIVATE = MAP_PRIVATE
    BM_MAP_SHARED_VALIDATE = MAP_SHARED_VALIDATE
    BM_MAP_FIXED = MAP_FIXED
    BM_MAP_ANONYMOUS = MAP_ANONYMOUS
    BM_MAP_GROWSDOWN = MAP_GROWSDOWN
    BM_MAP_LOCKED = MAP_LOCKED
    BM_MAP_NORESERVE = MAP_NORESERVE
    BM_MAP_POPULATE = MAP_POPULATE
    BM_MAP_STACK = MAP_STACK
    BM_MAP_HUGETLB = MAP_HUGETLB
    BM_MAP_SYNC = MAP_SYNC
    BM_MAP_FIXED_NOREPLACE = MAP_FIXED_NOREPLACE
    BM_MAP_HUGE_2MB = MAP_HUGE_2MB
    BM_MAP_HUGE_1GB = MAP_HUGE_1GB
    BM_MREMAP_MAYMOVE = MREMAP_MAYMOVE
    BM_MREMAP_FIXED = MREMAP_FIXED
    BM_MREMAP_DONTUNMAP = MREMAP_DONTUNMAP
    BM_MS_ASYNC = MS_ASYNC
    BM_MS_INVALIDATE = MS_INVALIDATE
    BM_MS_SYNC = MS_SYNC
    BM_MADV_NORMAL = MADV_NORMAL
    BM_MADV_RANDOM = MADV_RANDOM
    BM_MADV_SEQUENTIAL = MADV_SEQUENTIAL
    BM_MADV_WILLNEED = MADV_WILLNEED
    BM_MADV_DONTNEED = MADV_DONTNEED
    BM_MADV_FREE = MADV_FREE
    BM_MADV_REMOVE = MADV_REMOVE
    BM_MADV_DONTFORK = MADV_DONTFORK
    BM_MADV_DOFORK = MADV_DOFORK
    BM_MADV_MERGEABLE = MADV_MERGEABLE
    BM_MADV_UNMERGEABLE = MADV_UNMERGEABLE
    BM_MADV_HUGEPAGE = MADV_HUGEPAGE
    BM_MADV_NOHUGEPAGE = MADV_NOHUGEPAGE
    BM_MADV_DONTDUMP = MADV_DONTDUMP
    BM_MADV_DODUMP = MADV_DODUMP
    BM_MADV_WIPEONFORK = MADV_WIPEONFORK
    BM_MADV_KEEPONFORK = MADV_KEEPONFORK
    BM_MADV_COLD = MADV_COLD
    BM_MADV_PAGEOUT = MADV_PAGEOUT
    BM_MADV_POPULATE_READ = MADV_POPULATE_READ
    BM_MADV_POPULATE_WRITE = MADV_POPULATE_WRITE
    BM_MADV_DONTNEED_LOCKED = MADV_DONTNEED_LOCKED
    BM_MADV_COLLAPSE = MADV_COLLAPSE
    BM_MLOCK_ONFAULT = MLOCK_ONFAULT
    BM_MCL_CURRENT = MCL_CURRENT
    BM_MCL_FUTURE = MCL_FUTURE
    BM_MCL_ONFAULT = MCL_ONFAULT
    BM_O_RDONLY = O_RDONLY
    BM_O_WRONLY = O_WRONLY
    BM_O_RDWR = O_RDWR
    BM_O_ACCMODE = O_ACCMODE
    BM_O_CREAT = O_CREAT
    BM_O_EXCL = O_EXCL
    BM_O_NOCTTY = O_NOCTTY
    BM_O_TRUNC = O_TRUNC
    BM_O_APPEND = O_APPEND
    BM_O_NONBLOCK = O_NONBLOCK
    BM_O_DSYNC = O_DSYNC
    BM_O_DIRECT = O_DIRECT
    BM_O_DIRECTORY = O_DIRECTORY
    BM_O_NOFOLLOW = O_NOFOLLOW
    BM_O_NOATIME = O_NOATIME
    BM_O_CLOEXEC = O_CLOEXEC
    BM_O_SYNC = O_SYNC
    BM_O_PATH = O_PATH
    BM_O_TMPFILE = O_TMPFILE
    BM_AT_FDCWD = AT_FDCWD
    BM_AT_SYMLINK_NOFOLLOW = AT_SYMLINK_NOFOLLOW
    BM_AT_SYMLINK_FOLLOW = AT_SYMLINK_FOLLOW
    BM_RENAME_NOREPLACE = RENAME_NOREPLACE
    BM_RENAME_EXCHANGE = RENAME_EXCHANGE
    BM_RLIMIT_DATA = RLIMIT_DATA
    BM_RLIMIT_STACK = RLIMIT_STACK
    BM_RLIMIT_NOFILE = RLIMIT_NOFILE
    BM_RLIMIT_MEMLOCK = RLIMIT_MEMLOCK
    BM_RLIMIT_AS = RLIMIT_AS
    BM_RLIMIT_FSIZE = RLIMIT_FSIZE
    BM_POLLIN = POLLIN
    BM_POLLOUT = POLLOUT
    BM_POLLERR = POLLERR
    BM_POLLHUP = POLLHUP
    BM_POLLNVAL = POLLNVAL
    BM_AT_REMOVEDIR = AT_REMOVEDIR
    BM_SEEK_SET = SEEK_SET
    BM_SEEK_CUR = SEEK_CUR
    BM_SEEK_END = SEEK_END
    BM_SEEK_DATA = SEEK_DATA
    BM_SEEK_HOLE = SEEK_HOLE
    BM_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE
    BM_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE
    BM_FALLOC_FL_COLLAPSE_RANGE = FALLOC_FL_COLLAPSE_RANGE
    BM_FALLOC_FL_ZERO_RANGE = FALLOC_FL_ZERO_RANGE
    BM_FALLOC_FL_INSERT_RANGE = FALLOC_FL_INSERT_RANGE
    BM_MFD_CLOEXEC = MFD_CLOEXEC
    BM_MFD_ALLOW_SEALING = MFD_ALLOW_SEALING
    BM_MFD_HUGETLB = MFD_HUGETLB
    BM_MFD_NOEXEC_SEAL = MFD_NOEXEC_SEAL
    BM_MFD_EXEC = MFD_EXEC
    BM_F_GETFD = F_GETFD
    BM_F_SETFD = F_SETFD
    BM_FD_CLOEXEC = FD_CLOEXEC
    BM_F_GETFL = F_GETFL
    BM_F_SETFL = F_SETFL
    BM_F_DUPFD_CLOEXEC = F_DUPFD_CLOEXEC
    BM_F_OFD_GETLK = F_OFD_GETLK
    BM_F_OFD_SETLK = F_OFD_SETLK
    BM_F_OFD_SETLKW = F_OFD_SETLKW
    BM_F_ADD_SEALS = F_ADD_SEALS
    BM_F_GET_SEALS = F_GET_SEALS
    BM_F_SEAL_SEAL = F_SEAL_SEAL
    BM_F_SEAL_SHRINK = F_SEAL_SHRINK
    BM_F_SEAL_GROW = F_SEAL_GROW
    BM_F_SEAL_WRITE = F_SEAL_WRITE
    BM_F_SEAL_FUTURE_WRITE = F_SEAL_FUTURE_WRITE
    BM_WNOHANG = WNOHANG
    BM_WUNTRACED = WUNTRACED
    BM_WCONTINUED = WCONTINUED
    BM_CLOCK_REALTIME = CLOCK_REALTIME
    BM_CLOCK_MONOTONIC = CLOCK_MONOTONIC
    BM_CLOCK_PROCESS_CPUTIME_ID = CLOCK_PROCESS_CPUTIME_ID
    BM_CLOCK_THREAD_CPUTIME_ID = CLOCK_THREAD_CPUTIME_ID
    BM_CLOCK_BOOTTIME = CLOCK_BOOTTIME
    BM_GRND_NONBLOCK = GRND_NONBLOCK
    BM_GRND_RANDOM = GRND_RANDOM
    BM_SA_NOCLDSTOP = SA_NOCLDSTOP
    BM_SA_NOCLDWAIT = SA_NOCLDWAIT
    BM_SA_ONSTACK = SA_ONSTACK
    BM_SA_RESTART = SA_RESTART
    BM_SA_NODEFER = SA_NODEFER
    BM_SA_RESETHAND = SA_RESETHAND
    BM_SIG_BLOCK = SIG_BLOCK
    BM_SIG_UNBLOCK = SIG_UNBLOCK
    BM_SIG_SETMASK = SIG_SETMASK
    BM_SIGHUP = SIGHUP
    BM_SIGINT = SIGINT
    BM_SIGQUIT = SIGQUIT
    BM_SIGILL = SIGILL
    BM_SIGTRAP = SIGTRAP
    BM_SIGABRT = SIGABRT
    BM_SIGBUS = SIGBUS
    BM_SIGFPE = SIGFPE
    BM_SIGKILL = SIGKILL
    BM_SIGUSR1 = SIGUSR1
    BM_SIGSEGV = SIGSEGV
    BM_SIGUSR2 = SIGUSR2
    BM_SIGPIPE = SIGPIPE
    BM_SIGALRM = SIGALRM
    BM_SIGTERM = SIGTERM
    BM_SIGCHLD = SIGCHLD
    BM_SIGCONT = SIGCONT
    BM_SIGSTOP = SIGSTOP
}

as_the_kernel_has_them! {
    errno:
    BM_EPERM = EPERM
    BM_ENOENT = ENOENT
    BM_ESRCH = ESRCH
    BM_EINTR = EINTR
    BM_EIO = EIO
    BM_ENXIO = ENXIO
    BM_E2BIG = E2BIG
    BM_ENOEXEC = ENOEXEC
    BM_EBADF = EBADF
    BM_ECHILD = ECHILD
    BM_EAGAIN = EAGAIN
    BM_ENOMEM = ENOMEM
    BM_EACCES = EACCES
    BM_EFAULT = EFAULT
    BM_EBUSY = EBUSY
    BM_EEXIST = EEXIST
    BM_EXDEV = EXDEV
    BM_ENODEV = ENODEV
    BM_ENOTDIR = ENOTDIR
    BM_EISDIR = EISDIR
    BM_EINVAL = EINVAL
    BM_ENFILE = ENFILE
    BM_EMFILE = EMFILE
    BM_ENOTTY = ENOTTY
    BM_ETXTBSY = ETXTBSY
    BM_EFBIG = EFBIG
    BM_ENOSPC = ENOSPC
    BM_ESPIPE = ESPIPE
    BM_EROFS = EROFS
    BM_EMLINK = EMLINK
    BM_EPIPE = EPIPE
    BM_ERANGE = ERANGE
    BM_EDEADLK = EDEADLK
    BM_ENAMETOOLONG = ENAMETOOLONG
    BM_ENOLCK = ENOLCK
    BM_ENOSYS = ENOSYS
    BM_ENOTEMPTY = ENOTEMPTY
    BM_ELOOP = ELOOP
    BM_ENODATA = ENODATA
    BM_EBADMSG = EBADMSG
    BM_EOVERFLOW = EOVERFLOW
    BM_ELIBBAD = ELIBBAD
    BM_ENOTSOCK = ENOTSOCK
    BM_EMSGSIZE = EMSGSIZE
    BM_EOPNOTSUPP = EOPNOTSUPP
    BM_ECONNRESET = ECONNRESET
    BM_ETOOMANYREFS = ETOOMANYREFS
    BM_ETIMEDOUT = ETIMEDOUT
    BM_EDQUOT = EDQUOT
    BM_ECANCELED = ECANCELED
    BM_EOWNERDEAD = EOWNERDEAD
    BM_ENOTRECOVERABLE = ENOTRECOVERABLE
}
