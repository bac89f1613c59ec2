//! System calls that fail though this kernel has them; see
//! [seccomp(2)](https://man7.org/linux/man-pages/man2/seccomp.2.html).

use baremap::Errno;
use baremap::sys;
use linux_raw_sys::prctl::{PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP};

/// An instruction of the filter: code, how far to jump if so and if not, operand.
#[repr(C)]
struct Instruction(u16, u8, u8, u32);

#[repr(C)]
struct Program {
    len: u16,
    instructions: *const Instruction,
}

const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;
const ALLOW: u32 = 0x7fff_0000;
const FAIL: u32 = 0x0005_0000;
const MODE_FILTER: usize = 2;

/// Makes a call fail in this process from now on, if any of `bits` is set in its argument of that index.
pub(crate) fn refuse(number: usize, argument: u32, bits: u32, errno: Errno) {
    filter(number, argument, bits, errno.raw_os_error() as u32);
}

/// Makes a call do nothing and say that it did, under the same conditions.
pub(crate) fn pretend(number: usize, argument: u32, bits: u32) {
    filter(number, argument, bits, 0);
}

fn filter(number: usize, argument: u32, bits: u32, errno: u32) {
    // The number is at the start of what a filter sees, the arguments from byte 16 on, the lower half of each first.
    let filter = [
        Instruction(LOAD, 0, 0, 0),
        Instruction(JUMP_IF_EQUAL, 0, 3, number as u32),
        Instruction(LOAD, 0, 0, 16 + 8 * argument),
        Instruction(JUMP_IF_ANY_BIT, 0, 1, bits),
        Instruction(RETURN, 0, 0, FAIL | errno),
        Instruction(RETURN, 0, 0, ALLOW),
    ];
    let program = Program { len: filter.len() as u16, instructions: filter.as_ptr() };
    let address = (&raw const program).expose_provenance();
    // SAFETY: the kernel copies the filter; it changes what calls return, which every caller has to expect.
    unsafe {
        sys::prctl(PR_SET_NO_NEW_PRIVS, [1, 0, 0, 0]).expect("anybody may");
        sys::prctl(PR_SET_SECCOMP, [MODE_FILTER, address, 0, 0]).expect("the filter is right");
    }
}
