//! The numbers of `sc`, which the stubs use, held against the kernel's own headers while compiling.

use linux_raw_sys::general;
use static_assertions::const_assert_eq;

macro_rules! same_number {
    ($($name:ident = $header:ident,)*) => {
        $(const_assert_eq!(sc::nr::$name, general::$header as usize);)*
    };
}

same_number! {
    CLOCK_GETTIME = __NR_clock_gettime,
    CLONE = __NR_clone,
    CLOSE = __NR_close,
    DUP3 = __NR_dup3,
    EXECVE = __NR_execve,
    EXIT_GROUP = __NR_exit_group,
    FALLOCATE = __NR_fallocate,
    FCNTL = __NR_fcntl,
    FDATASYNC = __NR_fdatasync,
    FSYNC = __NR_fsync,
    FTRUNCATE = __NR_ftruncate,
    FUTEX = __NR_futex,
    GETPID = __NR_getpid,
    GETPPID = __NR_getppid,
    GETRANDOM = __NR_getrandom,
    GETTID = __NR_gettid,
    GET_ROBUST_LIST = __NR_get_robust_list,
    KILL = __NR_kill,
    LINKAT = __NR_linkat,
    LSEEK = __NR_lseek,
    MADVISE = __NR_madvise,
    MEMFD_CREATE = __NR_memfd_create,
    MINCORE = __NR_mincore,
    MKDIRAT = __NR_mkdirat,
    MLOCK = __NR_mlock,
    MLOCK2 = __NR_mlock2,
    MMAP = __NR_mmap,
    MPROTECT = __NR_mprotect,
    MREMAP = __NR_mremap,
    MSYNC = __NR_msync,
    MUNLOCK = __NR_munlock,
    MUNMAP = __NR_munmap,
    NANOSLEEP = __NR_nanosleep,
    OPENAT = __NR_openat,
    PIDFD_OPEN = __NR_pidfd_open,
    PIPE2 = __NR_pipe2,
    PRCTL = __NR_prctl,
    PREAD64 = __NR_pread64,
    PROCESS_VM_READV = __NR_process_vm_readv,
    PROCESS_VM_WRITEV = __NR_process_vm_writev,
    PWRITE64 = __NR_pwrite64,
    READ = __NR_read,
    RENAMEAT2 = __NR_renameat2,
    RT_SIGACTION = __NR_rt_sigaction,
    RT_SIGPROCMASK = __NR_rt_sigprocmask,
    RT_SIGRETURN = __NR_rt_sigreturn,
    SETPGID = __NR_setpgid,
    SET_ROBUST_LIST = __NR_set_robust_list,
    SIGALTSTACK = __NR_sigaltstack,
    STATX = __NR_statx,
    TGKILL = __NR_tgkill,
    UNLINKAT = __NR_unlinkat,
    WAIT4 = __NR_wait4,
    WAITID = __NR_waitid,
    WRITE = __NR_write,
}
