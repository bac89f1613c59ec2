//! System calls that this process may not make any more.

use baremap::sys;
use linux_raw_sys::prctl::{PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP};
use linux_raw_sys::ptrace::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_MODE_FILTER, SECCOMP_RET_ALLOW,
    SECCOMP_RET_ERRNO, sock_filter, sock_fprog,
};

/// Makes the kernel answer these calls with an error number, for good (seccomp(2)). QEMU's user mode cannot.
pub(crate) fn deny<const N: usize>(calls: [u32; N], errno: baremap::Errno) {
    /// The most instructions: the load, two a call, the end.
    const MOST: usize = 16;
    let filter = |code: u32, jf: u8, k: u32| sock_filter { code: code as u16, jt: 0, jf, k };
    // The number is the first of what a filter sees.
    let mut program = [filter(BPF_LD | BPF_W | BPF_ABS, 0, 0); MOST];
    let mut len = 1;
    for call in calls {
        program[len] = filter(BPF_JMP | BPF_JEQ | BPF_K, 1, call);
        program[len + 1] = filter(BPF_RET | BPF_K, 0, SECCOMP_RET_ERRNO | errno.raw_os_error() as u32);
        len += 2;
    }
    program[len] = filter(BPF_RET | BPF_K, 0, SECCOMP_RET_ALLOW);
    let program = sock_fprog { len: len as u16 + 1, filter: program.as_mut_ptr() };
    let address = (&raw const program).expose_provenance();
    // SAFETY: only forbids; the kernel copies the program.
    unsafe {
        sys::prctl(PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]).expect("every kernel can");
        sys::prctl(PR_SET_SECCOMP, [SECCOMP_MODE_FILTER as usize, address, 0, 0])
            .expect("a kernel with seccomp");
    }
}
