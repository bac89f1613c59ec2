//! System calls, always inlined.
//!
//! | what        | where                                                   |
//! |-------------|---------------------------------------------------------|
//! | instruction | `svc 0`                                                 |
//! | number      | `x8`                                                    |
//! | arguments   | `x0`, `x1`, `x2`, `x3`, `x4`, `x5`                      |
//! | result      | `x0`; -4095 to -1 is a negated errno                    |
//! | lost        | `x0`, and `x8`, which the stub loads; of the vector     |
//! |             | registers all beyond 128 bits, of SVE the predicates    |
//! | kept        | every other register, the flags and the stack           |
//!
//! The number is a constant of the template: as an operand it costs a register move that the compiler places badly.
//! A stub that were a function of its own would cost a call and a return that buy nothing.

use core::arch::asm;

macro_rules! stub {
    ($(#[$doc:meta])* $name:ident($($argument:ident in $register:tt),*) $($option:ident)*) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The kernel does what the call says to the memory and the resources that its arguments name.
        #[inline(always)]
        pub unsafe fn $name<const NUMBER: usize>($($argument: usize),*) -> usize {
            #[cfg(baremap_inject)]
            if let Some(failed) = crate::inject::answer(NUMBER) {
                return failed;
            }
            let result;
            // SAFETY: the clobbers are those of the table above; for the rest the caller answers.
            #[cfg(not(target_feature = "sve"))]
            unsafe {
                asm!(
                    "mov x8, {number}",
                    "svc 0",
                    number = const NUMBER,
                    $(in($register) $argument,)*
                    lateout("x0") result,
                    out("x8") _,
                    options(nostack, preserves_flags $(, $option)*),
                );
            }
            // SAFETY: as above. Code for SVE keeps more than 128 bits in a register, and loses them here.
            #[cfg(target_feature = "sve")]
            unsafe {
                asm!(
                    "mov x8, {number}",
                    "svc 0",
                    number = const NUMBER,
                    $(in($register) $argument,)*
                    lateout("x0") result,
                    out("x8") _,
                    out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _,
                    out("v6") _, out("v7") _, out("v8") _, out("v9") _, out("v10") _, out("v11") _,
                    out("v12") _, out("v13") _, out("v14") _, out("v15") _, out("v16") _, out("v17") _,
                    out("v18") _, out("v19") _, out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                    out("v24") _, out("v25") _, out("v26") _, out("v27") _, out("v28") _, out("v29") _,
                    out("v30") _, out("v31") _, out("p0") _, out("p1") _, out("p2") _, out("p3") _,
                    out("p4") _, out("p5") _, out("p6") _, out("p7") _, out("p8") _, out("p9") _,
                    out("p10") _, out("p11") _, out("p12") _, out("p13") _, out("p14") _, out("p15") _,
                    options(nostack, preserves_flags $(, $option)*),
                );
            }
            result
        }
    };
}

stub! {
    /// A system call with no argument.
    syscall0()
}
stub! {
    /// A system call with one argument.
    syscall1(a0 in "x0")
}
stub! {
    /// A system call with two arguments.
    syscall2(a0 in "x0", a1 in "x1")
}
stub! {
    /// A system call with three arguments.
    syscall3(a0 in "x0", a1 in "x1", a2 in "x2")
}
stub! {
    /// A system call with four arguments.
    syscall4(a0 in "x0", a1 in "x1", a2 in "x2", a3 in "x3")
}
stub! {
    /// A system call with five arguments.
    syscall5(a0 in "x0", a1 in "x1", a2 in "x2", a3 in "x3", a4 in "x4")
}
stub! {
    /// A system call with six arguments.
    syscall6(a0 in "x0", a1 in "x1", a2 in "x2", a3 in "x3", a4 in "x4", a5 in "x5")
}
stub! {
    /// A system call with no argument that neither reads nor writes memory.
    syscall0_nomem() nomem
}
stub! {
    /// A system call with three arguments that only asks: where nobody uses the answer, the call is left out.
    syscall3_pure(a0 in "x0", a1 in "x1", a2 in "x2") pure readonly
}
/// A system call with one argument that never returns.
///
/// # Safety
/// What the call ends must be allowed to end here, without its destructors.
#[inline(always)]
pub unsafe fn syscall1_noreturn<const NUMBER: usize>(a0: usize) -> ! {
    // SAFETY: the caller answers; should the kernel return all the same, the trap ends the process.
    unsafe {
        asm!(
            "mov x8, {number}",
            "svc 0",
            "brk 1",
            number = const NUMBER,
            in("x0") a0,
            options(nostack, noreturn),
        );
    }
}
