//! Every named flag against the libc's constant of that name.

use baremap::sys::{
    Advice, AtFlags, CloneFlags, FallocateFlags, FdFlags, MapFlags, MemfdFlags, MlockFlags, Mode,
    MremapFlags, MsyncFlags, OFlags, ProtFlags, RenameFlags, SealFlags, SigactionFlags, WaitFlags,
};
use bitflags::Flags;

/// A test that every flag of a type has the bits of the libc's constant; one that is not listed fails it.
macro_rules! flags {
    ($test:ident: $type:ident { $($name:ident = $constant:ident,)* }) => {
        #[test]
        fn $test() {
            for flag in $type::FLAGS.iter().filter(|flag| !flag.name().is_empty()) {
                let expected = match flag.name() {
                    $(stringify!($name) => libc::$constant as u32,)*
                    name => panic!("{}::{name} is not compared with the libc's", stringify!($type)),
                };
                assert_eq!(flag.value().bits(), expected, "{}::{}", stringify!($type), flag.name());
            }
        }
    };
}

flags! { prot_flags: ProtFlags { READ = PROT_READ, WRITE = PROT_WRITE, EXEC = PROT_EXEC, } }

flags! { map_flags: MapFlags {
    SHARED = MAP_SHARED, SHARED_VALIDATE = MAP_SHARED_VALIDATE, PRIVATE = MAP_PRIVATE, FIXED = MAP_FIXED,
    FIXED_NOREPLACE = MAP_FIXED_NOREPLACE, ANONYMOUS = MAP_ANONYMOUS, GROWSDOWN = MAP_GROWSDOWN,
    HUGETLB = MAP_HUGETLB, HUGE_2MB = MAP_HUGE_2MB, HUGE_1GB = MAP_HUGE_1GB, LOCKED = MAP_LOCKED,
    NORESERVE = MAP_NORESERVE, POPULATE = MAP_POPULATE, STACK = MAP_STACK, SYNC = MAP_SYNC,
} }

flags! { mremap_flags: MremapFlags {
    MAYMOVE = MREMAP_MAYMOVE, FIXED = MREMAP_FIXED, DONTUNMAP = MREMAP_DONTUNMAP,
} }

flags! { msync_flags: MsyncFlags { ASYNC = MS_ASYNC, SYNC = MS_SYNC, INVALIDATE = MS_INVALIDATE, } }

flags! { mlock_flags: MlockFlags { ONFAULT = MLOCK_ONFAULT, } }

flags! { open_flags: OFlags {
    WRONLY = O_WRONLY, RDWR = O_RDWR, APPEND = O_APPEND, CLOEXEC = O_CLOEXEC, CREATE = O_CREAT, DIRECT = O_DIRECT,
    DIRECTORY = O_DIRECTORY, DSYNC = O_DSYNC, EXCL = O_EXCL, NOATIME = O_NOATIME, NOCTTY = O_NOCTTY,
    NOFOLLOW = O_NOFOLLOW, NONBLOCK = O_NONBLOCK, PATH = O_PATH, SYNC = O_SYNC, TMPFILE = O_TMPFILE, TRUNC = O_TRUNC,
} }

flags! { mode: Mode {
    RUSR = S_IRUSR, WUSR = S_IWUSR, XUSR = S_IXUSR, RGRP = S_IRGRP, WGRP = S_IWGRP, XGRP = S_IXGRP,
    ROTH = S_IROTH, WOTH = S_IWOTH, XOTH = S_IXOTH,
} }

flags! { at_flags: AtFlags {
    EMPTY_PATH = AT_EMPTY_PATH, SYMLINK_FOLLOW = AT_SYMLINK_FOLLOW, SYMLINK_NOFOLLOW = AT_SYMLINK_NOFOLLOW,
    REMOVEDIR = AT_REMOVEDIR,
} }

flags! { fallocate_flags: FallocateFlags {
    KEEP_SIZE = FALLOC_FL_KEEP_SIZE, PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE, COLLAPSE_RANGE = FALLOC_FL_COLLAPSE_RANGE,
    ZERO_RANGE = FALLOC_FL_ZERO_RANGE, INSERT_RANGE = FALLOC_FL_INSERT_RANGE,
    UNSHARE_RANGE = FALLOC_FL_UNSHARE_RANGE,
} }

flags! { rename_flags: RenameFlags { NOREPLACE = RENAME_NOREPLACE, EXCHANGE = RENAME_EXCHANGE, } }

flags! { memfd_flags: MemfdFlags {
    CLOEXEC = MFD_CLOEXEC, ALLOW_SEALING = MFD_ALLOW_SEALING, HUGETLB = MFD_HUGETLB, NOEXEC_SEAL = MFD_NOEXEC_SEAL,
    EXEC = MFD_EXEC,
} }

flags! { fd_flags: FdFlags { CLOEXEC = FD_CLOEXEC, } }

flags! { seal_flags: SealFlags {
    SEAL = F_SEAL_SEAL, SHRINK = F_SEAL_SHRINK, GROW = F_SEAL_GROW, WRITE = F_SEAL_WRITE,
    FUTURE_WRITE = F_SEAL_FUTURE_WRITE, EXEC = F_SEAL_EXEC,
} }

flags! { sigaction_flags: SigactionFlags {
    NOCLDSTOP = SA_NOCLDSTOP, NOCLDWAIT = SA_NOCLDWAIT, ONSTACK = SA_ONSTACK, RESTART = SA_RESTART,
    NODEFER = SA_NODEFER, RESETHAND = SA_RESETHAND, SIGINFO = SA_SIGINFO,
} }

flags! { clone_flags: CloneFlags {
    FILES = CLONE_FILES, FS = CLONE_FS, PARENT = CLONE_PARENT, PARENT_SETTID = CLONE_PARENT_SETTID,
    CHILD_SETTID = CLONE_CHILD_SETTID, CHILD_CLEARTID = CLONE_CHILD_CLEARTID, PIDFD = CLONE_PIDFD,
    NEWPID = CLONE_NEWPID, NEWNS = CLONE_NEWNS, NEWUSER = CLONE_NEWUSER, VM = CLONE_VM, VFORK = CLONE_VFORK,
} }

flags! { wait_flags: WaitFlags {
    NOHANG = WNOHANG, UNTRACED = WUNTRACED, EXITED = WEXITED, CONTINUED = WCONTINUED, NOWAIT = WNOWAIT,
} }

#[test]
fn access_mode() {
    assert_eq!(OFlags::RDONLY.bits(), libc::O_RDONLY as u32);
    assert_eq!(OFlags::ACCMODE.bits(), libc::O_ACCMODE as u32);
}

#[test]
fn advice() {
    macro_rules! advice {
        ($($name:ident = $constant:ident,)*) => {
            [$((stringify!($name), Advice::$name, libc::$constant),)*]
        };
    }
    let all = advice! {
        NORMAL = MADV_NORMAL, RANDOM = MADV_RANDOM, SEQUENTIAL = MADV_SEQUENTIAL, WILLNEED = MADV_WILLNEED,
        DONTNEED = MADV_DONTNEED, FREE = MADV_FREE, REMOVE = MADV_REMOVE, DONTFORK = MADV_DONTFORK,
        DOFORK = MADV_DOFORK, MERGEABLE = MADV_MERGEABLE, UNMERGEABLE = MADV_UNMERGEABLE, HUGEPAGE = MADV_HUGEPAGE,
        NOHUGEPAGE = MADV_NOHUGEPAGE, DONTDUMP = MADV_DONTDUMP, DODUMP = MADV_DODUMP, WIPEONFORK = MADV_WIPEONFORK,
        KEEPONFORK = MADV_KEEPONFORK, COLD = MADV_COLD, PAGEOUT = MADV_PAGEOUT, POPULATE_READ = MADV_POPULATE_READ,
        POPULATE_WRITE = MADV_POPULATE_WRITE, DONTNEED_LOCKED = MADV_DONTNEED_LOCKED, COLLAPSE = MADV_COLLAPSE,
    };
    for (name, advice, constant) in all {
        assert_eq!(advice.0, constant as u32, "{name}");
    }
}
