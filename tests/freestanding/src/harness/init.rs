//! `--init`: the harness as the first process of a kernel, which has nothing but the file of this program.

use crate::support::raw;
use baremap::arch::syscall::{syscall3, syscall4, syscall5};
use baremap::fd::{AsRawFd, STDOUT};
use baremap::process;
use baremap::sys::{self, Mode, WaitFlags, WaitFor, WaitStatus};
use baremap::{Errno, Result, eprintln, println};
use core::ffi::CStr;
use linux_raw_sys::general::{
    __NR_ioctl, __NR_mount, __NR_reboot, LINUX_REBOOT_CMD_POWER_OFF, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
};
use linux_raw_sys::ioctl::TCSBRK;

use super::USAGE;

/// What tests need: where, and what kind of file system. Those further down lie in those further up.
const MOUNTS: [(&CStr, &CStr); 5] = [
    (c"/proc", c"proc"),
    (c"/sys", c"sysfs"),
    (c"/dev", c"devtmpfs"),
    (c"/dev/shm", c"tmpfs"),
    (c"/tmp", c"tmpfs"),
];

/// Makes the machine ready, does the work in a child, prints how it ended, and switches the machine off. Returns only
/// where this is not the first process.
pub(super) fn run(work: impl FnOnce() -> u8) -> u8 {
    if sys::getpid().as_raw() != 1 {
        eprintln!("error: `--init` is for the first process of a kernel\n\nTry `--help`.");
        return USAGE;
    }
    if mount_all() {
        match supervise(work) {
            Ok(status) => println!("init: {status}"),
            Err(error) => println!("init: {error}"),
        }
    }
    power_off()
}

/// Whether all that tests need is there; what is not is reported.
fn mount_all() -> bool {
    MOUNTS.into_iter().all(|(directory, kind)| {
        // Some are there already, others not; where one is missing in the end, mount(2) says so.
        let _ = sys::mkdir(directory, Mode::from_bits_retain(0o755));
        match mount(directory, kind) {
            // The kernel has mounted it itself (CONFIG_DEVTMPFS_MOUNT).
            Ok(()) | Err(Errno::EBUSY) => true,
            Err(errno) => {
                println!("init: mount {kind:?} on {directory:?}: {errno}");
                false
            }
        }
    })
}

/// Does the work in a child, for which signals and orphans are those of any process, and waits until it has ended.
fn supervise(work: impl FnOnce() -> u8) -> Result<WaitStatus> {
    // SAFETY: there is one thread, and it holds no lock.
    let child = unsafe { process::spawn(work) }?.pid();
    loop {
        // Every orphan of the machine becomes this process's child.
        if let Ok(Some((pid, status))) = sys::wait4(WaitFor::Any, WaitFlags::empty())
            && pid == child
        {
            return Ok(status);
        }
    }
}

/// mount(2), without options.
fn mount(directory: &CStr, kind: &CStr) -> core::result::Result<(), Errno> {
    let (directory, kind) = (directory.as_ptr().expose_provenance(), kind.as_ptr().expose_provenance());
    // SAFETY: the kernel reads the names up to their nulls; there are no options.
    raw::done(unsafe { syscall5::<{ __NR_mount as usize }>(kind, directory, kind, 0, 0) })
}

/// reboot(2), once all that was printed is on its way.
fn power_off() -> ! {
    const DRAIN: usize = 1;
    // SAFETY: tcdrain(3): no memory is named.
    unsafe { syscall3::<{ __NR_ioctl as usize }>(STDOUT.as_raw_fd() as usize, TCSBRK as usize, DRAIN) };
    let [magic1, magic2] = [LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2].map(|magic| magic as usize);
    // SAFETY: no memory is named.
    unsafe {
        syscall4::<{ __NR_reboot as usize }>(magic1, magic2, LINUX_REBOOT_CMD_POWER_OFF as usize, 0);
    }
    // The kernel panics when its first process ends, which is the next best.
    process::exit(1)
}
