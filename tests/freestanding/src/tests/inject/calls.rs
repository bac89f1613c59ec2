//! Every system call that the crate makes, and every error that its manual page lists.

use baremap::Errno;
use baremap::arch::process::FORK;
use linux_raw_sys::general as nr;

/// A system call and its errors.
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) number: usize,
    pub(super) errnos: &'static [Errno],
}

macro_rules! calls {
    ($($name:ident = $number:expr, $($errno:ident)*;)*) => {
        /// All of them.
        pub(super) const CALLS: &[Call] = &[$(
            Call { name: stringify!($name), number: $number as usize, errnos: &[$(Errno::$errno),*] },
        )*];

        /// Their numbers.
        pub(super) const NUMBERS: &[usize] = &[$($number as usize),*];
    };
}

// The sections ERRORS of the Linux man-pages 6.9. Beyond these: what mseal.rst says of mseal; the errors of fsync(2) for
// msync, which ends in the same function of the file system; EINTR of what a file system of a network or in user space does
// (fuse(4)); ENOSYS of every call that is younger than Linux 4.11, or that
// kernels may be built without, or that sandboxes forbid like that (statx).
calls! {
    accept4 = nr::__NR_accept4, EAGAIN EBADF ECONNABORTED EFAULT EINTR EINVAL EMFILE ENFILE ENOBUFS ENOMEM ENOTSOCK EOPNOTSUPP EPERM
        EPROTO;
    bind = nr::__NR_bind, EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSOCK
        EROFS;
    clock_gettime = nr::__NR_clock_gettime, EACCES EFAULT EINVAL ENODEV EOPNOTSUPP EPERM;
    chdir = nr::__NR_chdir, EACCES EFAULT EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR;
    close = nr::__NR_close, EBADF EINTR EIO ENOSPC EDQUOT;
    close_range = nr::__NR_close_range, EINVAL EMFILE ENOMEM ENOSYS;
    connect = nr::__NR_connect, EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EFAULT EINPROGRESS
        EINTR EISCONN ENETUNREACH ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT;
    dup3 = nr::__NR_dup3, EBADF EBUSY EINTR EINVAL EMFILE ENOMEM;
    execve = nr::__NR_execve, E2BIG EACCES EAGAIN EFAULT EINVAL EIO EISDIR ELIBBAD ELOOP EMFILE ENAMETOOLONG ENFILE
        ENOENT ENOEXEC ENOMEM ENOTDIR EPERM ETXTBSY;
    execveat = nr::__NR_execveat, E2BIG EACCES EAGAIN EBADF EFAULT EINVAL EIO EISDIR ELIBBAD ELOOP EMFILE ENAMETOOLONG ENFILE
        ENOENT ENOEXEC ENOMEM ENOTDIR EPERM ETXTBSY ENOSYS;
    fallocate = nr::__NR_fallocate, EBADF EFBIG EINTR EINVAL EIO ENODEV ENOSPC ENOSYS EOPNOTSUPP EPERM ESPIPE ETXTBSY;
    fchmod = nr::__NR_fchmod, EBADF EINTR EIO EPERM EROFS;
    fcntl = nr::__NR_fcntl, EACCES EAGAIN EBADF EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK EPERM;
    fdatasync = nr::__NR_fdatasync, EBADF EINTR EIO ENOSPC EROFS EINVAL EDQUOT;
    fork = FORK, EAGAIN ENOMEM ENOSYS;
    clone = nr::__NR_clone, EACCES EAGAIN EBUSY EEXIST EINVAL ENOMEM ENOSPC EOPNOTSUPP EPERM EUSERS;
    fstatfs = nr::__NR_fstatfs, EBADF EFAULT EINTR EIO ENOMEM ENOSYS EOVERFLOW;
    fsync = nr::__NR_fsync, EBADF EINTR EIO ENOSPC EROFS EINVAL EDQUOT;
    ftruncate = nr::__NR_ftruncate, EACCES EBADF EFBIG EINTR EINVAL EIO EPERM EROFS ETXTBSY;
    futex = nr::__NR_futex, EACCES EAGAIN EDEADLK EFAULT EINTR EINVAL ENFILE ENOMEM ENOSYS EPERM ESRCH ETIMEDOUT;
    getdents64 = nr::__NR_getdents64, EBADF EFAULT EINVAL ENOENT ENOTDIR;
    get_robust_list = nr::__NR_get_robust_list, EFAULT EPERM ESRCH ENOSYS;
    getrandom = nr::__NR_getrandom, EAGAIN EFAULT EINTR EINVAL ENOSYS;
    kill = nr::__NR_kill, EINVAL EPERM ESRCH;
    linkat = nr::__NR_linkat, EACCES EBADF EDQUOT EEXIST EFAULT EINTR EINVAL EIO ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC
        ENOTDIR EPERM EROFS EXDEV;
    listen = nr::__NR_listen, EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP;
    lseek = nr::__NR_lseek, EBADF EINVAL ENXIO EOVERFLOW ESPIPE;
    madvise = nr::__NR_madvise, EACCES EAGAIN EBADF EBUSY EFAULT EHWPOISON EINVAL EIO ENOMEM EPERM;
    memfd_create = nr::__NR_memfd_create, EFAULT EINVAL EMFILE ENFILE ENOMEM EPERM;
    memfd_secret = nr::__NR_memfd_secret, EINVAL EMFILE ENFILE ENOMEM ENOSYS;
    mincore = nr::__NR_mincore, EAGAIN EFAULT EINVAL ENOMEM;
    mkdirat = nr::__NR_mkdirat, EACCES EBADF EDQUOT EEXIST EFAULT EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC
        ENOTDIR EPERM EROFS;
    mlock = nr::__NR_mlock, EAGAIN EINVAL ENOMEM EPERM;
    mlock2 = nr::__NR_mlock2, EAGAIN EINVAL ENOMEM EPERM ENOSYS;
    mmap = nr::__NR_mmap, EACCES EAGAIN EBADF EEXIST EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM ETXTBSY;
    mprotect = nr::__NR_mprotect, EACCES EINVAL ENOMEM;
    mremap = nr::__NR_mremap, EAGAIN EFAULT EINVAL ENOMEM;
    mseal = nr::__NR_mseal, EINVAL ENOMEM EPERM ENOSYS;
    msync = nr::__NR_msync, EBUSY EINVAL ENOMEM EINTR EIO ENOSPC EROFS EDQUOT;
    munlock = nr::__NR_munlock, EAGAIN EINVAL ENOMEM EPERM;
    munmap = nr::__NR_munmap, EINVAL ENOMEM;
    nanosleep = nr::__NR_nanosleep, EFAULT EINTR EINVAL;
    openat = nr::__NR_openat, EACCES EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG
        ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY EWOULDBLOCK;
    pidfd_getfd = nr::__NR_pidfd_getfd, EBADF EINVAL EMFILE ENFILE EPERM ESRCH ENOSYS;
    pidfd_open = nr::__NR_pidfd_open, EINVAL EMFILE ENFILE ENODEV ENOMEM ESRCH ENOSYS;
    pidfd_send_signal = nr::__NR_pidfd_send_signal, EBADF EINVAL EPERM ESRCH ENOSYS;
    pipe2 = nr::__NR_pipe2, EFAULT EINVAL EMFILE ENFILE ENOPKG;
    ppoll = nr::__NR_ppoll, EFAULT EINTR EINVAL ENOMEM ENOSYS;
    prctl = nr::__NR_prctl, EACCES EBADF EBUSY EFAULT EINVAL ENODEV ENXIO EOPNOTSUPP EPERM;
    pread64 = nr::__NR_pread64, EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR ENXIO EOVERFLOW ESPIPE;
    prlimit64 = nr::__NR_prlimit64, EFAULT EINVAL EPERM ESRCH;
    process_vm_readv = nr::__NR_process_vm_readv, EFAULT EINVAL ENOMEM EPERM ESRCH ENOSYS;
    process_vm_writev = nr::__NR_process_vm_writev, EFAULT EINVAL ENOMEM EPERM ESRCH ENOSYS;
    pwrite64 = nr::__NR_pwrite64, EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC ENXIO EOVERFLOW EPERM
        EPIPE ESPIPE;
    read = nr::__NR_read, EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR;
    recvmsg = nr::__NR_recvmsg, EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK;
    renameat2 = nr::__NR_renameat2, EACCES EBADF EBUSY EDQUOT EEXIST EFAULT EINTR EINVAL EISDIR ELOOP EMLINK ENAMETOOLONG ENOENT
        ENOMEM ENOSPC ENOTDIR ENOTEMPTY EPERM EROFS EXDEV;
    rt_sigaction = nr::__NR_rt_sigaction, EFAULT EINVAL;
    rt_sigprocmask = nr::__NR_rt_sigprocmask, EFAULT EINVAL;
    sendmsg = nr::__NR_sendmsg, EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EINTR EINVAL EISCONN EMSGSIZE ENOBUFS
        ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE ETOOMANYREFS;
    set_robust_list = nr::__NR_set_robust_list, EINVAL ENOSYS;
    setpgid = nr::__NR_setpgid, EACCES EINVAL EPERM ESRCH;
    sigaltstack = nr::__NR_sigaltstack, EFAULT EINVAL ENOMEM EPERM;
    socket = nr::__NR_socket, EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT;
    socketpair = nr::__NR_socketpair, EAFNOSUPPORT EFAULT EMFILE ENFILE EOPNOTSUPP EPROTONOSUPPORT;
    statx = nr::__NR_statx, EACCES EBADF EFAULT EINTR EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOSYS;
    tgkill = nr::__NR_tgkill, EAGAIN EINVAL EPERM ESRCH;
    unlinkat = nr::__NR_unlinkat, EACCES EBADF EBUSY EFAULT EINTR EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR
        ENOTEMPTY EPERM EROFS;
    wait4 = nr::__NR_wait4, ECHILD EINTR EINVAL ESRCH;
    waitid = nr::__NR_waitid, EAGAIN EBADF ECHILD EINTR EINVAL;
    write = nr::__NR_write, EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE;
    // They have no errors.
    exit_group = nr::__NR_exit_group,;
    getpid = nr::__NR_getpid,;
    getppid = nr::__NR_getppid,;
    gettid = nr::__NR_gettid,;
    sched_yield = nr::__NR_sched_yield,;
}

/// The call of that number.
pub(super) fn named(number: usize) -> &'static str {
    CALLS.iter().find(|call| call.number == number).map_or("an unknown call", |call| call.name)
}
