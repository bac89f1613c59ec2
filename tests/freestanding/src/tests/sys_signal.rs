use crate::harness::tests;
use crate::support::fds;
use crate::support::memory::Pages;
use crate::support::{child, user};
use baremap::{Errno, page, process};
use baremap::fd::{AsFd, AsRawFd, BorrowedFd};
use baremap::sys::{
    self, MapFlags, MaskHow, Pid, ProtFlags, Sigaction, SigactionFlags, Signal, SignalInfo,
    SignalSet, SignalStack, WaitFlags, WaitFor,
};
use core::ffi::c_void;
use core::hint::black_box;
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};
use core::ptr;
use core::time::Duration;
use linux_raw_sys::general::{BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SI_TKILL, SI_USER};

type Result = core::result::Result<(), Errno>;

/// What the last handler saw.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static ADDRESS: AtomicUsize = AtomicUsize::new(0);
static FRAME: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// What it does beside looking.
static PAGE: AtomicUsize = AtomicUsize::new(0);

tests! {
    fn signals_have_numbers_and_names() {
        assert_eq!(Signal::from_raw(0), None);
        assert_eq!(Signal::from_raw(65), None);
        assert_eq!(Signal::from_raw(64).map(Signal::as_raw), Some(64));
        assert_eq!((Signal::BUS.as_raw(), Signal::BUS.name()), (7, Some("SIGBUS")));
        assert_eq!(Signal::from_raw(40).and_then(Signal::name), None);
    }

    fn sets_hold_signals() {
        let set = SignalSet::EMPTY.with(Signal::HUP).with(Signal::from_raw(64).expect("the last"));
        assert!(set.contains(Signal::HUP) && !set.contains(Signal::INT));
        assert!(set.contains(Signal::from_raw(64).expect("the last")));
        assert!(SignalSet::ALL.contains(Signal::KILL));
    }

    fn a_handler_learns_who_sent_the_signal() -> Result {
        on(Signal::USR1, note, SigactionFlags::empty())?;
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert_eq!(SIGNAL.load(Relaxed), Signal::USR1.as_raw());
        assert_eq!(CODE.load(Relaxed), SI_USER as i32);
        sys::tgkill(sys::getpid(), sys::gettid(), Some(Signal::USR1))?;
        assert_eq!(CODE.load(Relaxed), SI_TKILL);
        assert_eq!(COUNT.load(Relaxed), 2);
        Ok(())
    }

    // A return that restores too little shows in what the compiler keeps in registers.
    fn a_handler_returns_with_every_register() -> Result {
        on(Signal::USR1, clobber, SigactionFlags::empty())?;
        let integers: [u64; 12] = core::array::from_fn(|index| black_box(index as u64 * 0x0101_0101));
        let floats: [f64; 12] = core::array::from_fn(|index| black_box(index as f64 * 1.5));
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        let integer: u64 = integers.iter().sum();
        let float: f64 = floats.iter().sum();
        assert_eq!((integer, float), (66 * 0x0101_0101, 99.0));
        assert_eq!(COUNT.load(Relaxed), 1);
        Ok(())
    }

    fn a_handler_learns_the_address_of_a_fault() -> Result {
        let pages = Pages::new(1);
        let place = pages.page(0).wrapping_add(123);
        PAGE.store(pages.page(0).expose_provenance(), Relaxed);
        on(Signal::SEGV, unprotect, SigactionFlags::empty())?;
        // SAFETY: the page is the test's own; the handler makes it writable, so that the write goes on.
        unsafe {
            sys::mprotect(pages.page(0), pages.len(), ProtFlags::empty())?;
            place.write_volatile(7);
            assert_eq!(place.read_volatile(), 7);
        }
        assert_eq!(SIGNAL.load(Relaxed), Signal::SEGV.as_raw());
        assert_eq!(CODE.load(Relaxed), SEGV_ACCERR as i32);
        assert_eq!(ADDRESS.load(Relaxed), place.addr());
        Ok(())
    }

    fn a_handler_tells_what_is_not_mapped_from_what_is_forbidden() -> Result {
        let pages = Pages::new(1);
        PAGE.store(pages.page(0).expose_provenance(), Relaxed);
        on(Signal::SEGV, map, SigactionFlags::empty())?;
        pages.unmap(0);
        // SAFETY: the handler maps the page, so that the write goes on.
        unsafe { pages.page(0).write_volatile(7) };
        assert_eq!(CODE.load(Relaxed), SEGV_MAPERR as i32);
        assert_eq!(ADDRESS.load(Relaxed), pages.page(0).addr());
        Ok(())
    }

    fn a_handler_learns_where_a_file_ended() -> Result {
        let page = page::size();
        let file = fds::file(b"");
        sys::ftruncate(file.as_fd(), page as u64)?;
        let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the kernel chooses the address.
        let start = unsafe { sys::mmap(ptr::null_mut(), page, prot, flags, file.as_fd(), 0) }?;
        PAGE.store(start.expose_provenance(), Relaxed);
        on(Signal::BUS, map, SigactionFlags::empty())?;
        sys::ftruncate(file.as_fd(), 0)?;
        // SAFETY: the handler maps memory there, so that the read goes on.
        assert_eq!(unsafe { start.wrapping_add(8).read_volatile() }, 0);
        assert_eq!(SIGNAL.load(Relaxed), Signal::BUS.as_raw());
        assert_eq!(CODE.load(Relaxed), BUS_ADRERR as i32);
        assert_eq!(ADDRESS.load(Relaxed), start.addr() + 8);
        // SAFETY: what the handler mapped is nobody's now.
        unsafe { sys::munmap(start, page) }
    }

    fn rt_sigaction_returns_what_was_before() -> Result {
        // SAFETY: the handler only stores numbers.
        let set = |new: Option<&Sigaction>| unsafe { sys::rt_sigaction(Signal::USR1, new) };
        let mask = SignalSet::EMPTY.with(Signal::USR2);
        let handler = Sigaction::handler(note, SigactionFlags::RESTART, mask);
        assert_eq!(set(Some(&handler))?.address(), 0);
        let seen = set(Some(&Sigaction::IGNORE))?;
        assert_eq!(seen.address(), note as *const () as usize);
        assert_eq!(seen.flags(), SigactionFlags::RESTART | SigactionFlags::SIGINFO);
        assert_eq!(set(None)?.address(), 1);
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert_eq!(COUNT.load(Relaxed), 0);
        Ok(())
    }

    fn rt_sigaction_leaves_kill_and_stop_alone() {
        for signal in [Signal::KILL, Signal::STOP] {
            // SAFETY: it fails.
            let result = unsafe { sys::rt_sigaction(signal, Some(&Sigaction::IGNORE)) };
            assert_eq!(result.map(|old| old.address()), Err(Errno::EINVAL));
        }
    }

    #[signal(SIGUSR1)]
    fn resethand_is_for_once() -> Result {
        on(Signal::USR1, note, SigactionFlags::RESETHAND)?;
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert_eq!(COUNT.load(Relaxed), 1);
        sys::kill(sys::getpid(), Some(Signal::USR1))
    }

    fn a_handler_blocks_its_signal_and_its_mask() -> Result {
        let mask = SignalSet::EMPTY.with(Signal::USR2);
        let action = Sigaction::handler(raise_again, SigactionFlags::empty(), mask);
        // SAFETY: the handlers only store numbers and send signals.
        unsafe { sys::rt_sigaction(Signal::USR1, Some(&action)) }?;
        on(Signal::USR2, note, SigactionFlags::empty())?;
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        // It ran, and then for each signal that had to wait.
        assert_eq!(COUNT.load(Relaxed), 3);
        Ok(())
    }

    fn sigaltstack_carries_handlers() -> Result {
        let pages = Pages::new(16);
        let stack = SignalStack::new(pages.page(0), pages.len());
        // SAFETY: the pages are for nothing else.
        assert!(unsafe { sys::sigaltstack(Some(&stack)) }?.is_disabled());
        on(Signal::USR1, note, SigactionFlags::ONSTACK)?;
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        let own = pages.page(0).addr()..pages.page(16).addr();
        assert!(own.contains(&FRAME.load(Relaxed)));
        // SAFETY: no handler is running.
        assert!(!unsafe { sys::sigaltstack(Some(&SignalStack::DISABLED)) }?.is_disabled());
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert!(!own.contains(&FRAME.load(Relaxed)));
        Ok(())
    }

    #[skip(qemu_user, "qemu-x86_64 calls handlers on a stack that is 8 bytes off what the ABI promises")]
    fn sigaltstack_says_what_is_wrong() -> Result {
        let pages = Pages::new(16);
        // SAFETY: it fails.
        let small = unsafe { sys::sigaltstack(Some(&SignalStack::new(pages.page(0), 16))) };
        assert_eq!(small.map(drop), Err(Errno::ENOMEM));
        let stack = SignalStack::new(pages.page(0), pages.len());
        // SAFETY: the pages are for nothing else.
        unsafe { sys::sigaltstack(Some(&stack)) }?;
        on(Signal::USR1, disable_stack, SigactionFlags::ONSTACK)?;
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert_eq!(CODE.load(Relaxed), Errno::EPERM.raw_os_error());
        // SAFETY: no handler is running.
        unsafe { sys::sigaltstack(Some(&SignalStack::DISABLED)) }.map(drop)
    }

    fn rt_sigprocmask_holds_signals_back() -> Result {
        on(Signal::USR1, note, SigactionFlags::empty())?;
        let set = SignalSet::EMPTY.with(Signal::USR1);
        let old = sys::rt_sigprocmask(MaskHow::Block, Some(set))?;
        assert!(!old.contains(Signal::USR1));
        sys::kill(sys::getpid(), Some(Signal::USR1))?;
        assert_eq!(COUNT.load(Relaxed), 0);
        assert!(sys::rt_sigprocmask(MaskHow::Block, None)?.contains(Signal::USR1));
        sys::rt_sigprocmask(MaskHow::Unblock, Some(set))?;
        assert_eq!(COUNT.load(Relaxed), 1);
        sys::rt_sigprocmask(MaskHow::Set, Some(set.with(Signal::USR2)))?;
        let now = sys::rt_sigprocmask(MaskHow::Set, Some(old))?;
        assert_eq!(now, set.with(Signal::USR2));
        Ok(())
    }

    #[signal(SIGKILL)]
    fn kill_kills() {
        let _ = sys::kill(sys::getpid(), Some(Signal::KILL));
    }

    // The kernel takes -1 for all processes.
    fn kill_group_of_group_1_is_einval() {
        let one = sys::Pid::from_raw(1).expect("a number");
        assert_eq!(sys::kill_group(one, None), Err(Errno::EINVAL));
    }

    fn kill_group_reaches_every_member() -> Result {
        // In the harness, a test leads its group.
        let member = child_that(|| {})?;
        on(Signal::TERM, note, SigactionFlags::empty())?;
        sys::kill_group(sys::getpid(), Some(Signal::TERM))?;
        assert_eq!(COUNT.load(Relaxed), 1);
        let (_, status) = sys::wait4(WaitFor::Pid(member), WaitFlags::empty())?.expect("it waits");
        assert_eq!(status.signal(), Some(Signal::TERM));
        Ok(())
    }

    fn signals_to_nobody_are_esrch() {
        let nobody = Pid::from_raw(i32::MAX).expect("a number");
        assert_eq!(sys::kill(nobody, None), Err(Errno::ESRCH));
        assert_eq!(sys::kill_group(nobody, Some(Signal::TERM)), Err(Errno::ESRCH));
        assert_eq!(sys::tgkill(nobody, nobody, Some(Signal::TERM)), Err(Errno::ESRCH));
        assert_eq!(sys::tgkill(sys::getpid(), nobody, None), Err(Errno::ESRCH));
        assert_eq!(sys::kill(sys::getpid(), None), Ok(()));
    }

    // The test itself is another user's to a child without privileges. Without any to drop, process 1 is; it may be of this
    // session, and SIGCONT is allowed within one (kill(2)), so that is no signal to try on it.
    fn signals_to_another_user_are_eperm() {
        let test = sys::getpid();
        child::check(|| {
            let other = if user::drop_privileges() { test } else { Pid::from_raw(1).expect("a number") };
            assert_eq!(sys::kill(other, None), Err(Errno::EPERM));
            assert_eq!(sys::kill(other, Some(Signal::WINCH)), Err(Errno::EPERM));
            assert_eq!(sys::tgkill(other, other, None), Err(Errno::EPERM));
        });
    }

    fn sigcont_is_allowed_within_the_session() {
        let test = sys::getpid();
        child::check_as_nobody(|| assert_eq!(sys::kill(test, Some(Signal::CONT)), Ok(())));
    }

    fn interrupted_calls_go_on_with_restart_only() -> Result {
        let (reading, writing) = fds::pipe();
        let read = || sys::read(reading.as_fd(), &mut [0; 1]);
        on(Signal::USR1, note, SigactionFlags::empty())?;
        let pest = child_that(|| {
            let _ = sys::kill(sys::getppid().expect("the test"), Some(Signal::USR1));
        })?;
        assert_eq!(read(), Err(Errno::EINTR));
        end(pest)?;
        on(Signal::USR1, write_a_byte, SigactionFlags::RESTART)?;
        PAGE.store(writing.as_raw_fd() as usize, Relaxed);
        let pest = child_that(|| {
            let _ = sys::kill(sys::getppid().expect("the test"), Some(Signal::USR1));
        })?;
        assert_eq!(read(), Ok(1));
        end(pest)
    }
}

/// Sets a handler.
fn on(signal: Signal, handler: sys::InfoHandler, flags: SigactionFlags) -> Result {
    let action = Sigaction::handler(handler, flags, SignalSet::EMPTY);
    // SAFETY: the handlers below only store numbers and make system calls.
    unsafe { sys::rt_sigaction(signal, Some(&action)) }.map(drop)
}

/// A child that does something again and again until it is killed, so that no moment can be missed.
fn child_that(act: impl Fn()) -> core::result::Result<Pid, Errno> {
    // SAFETY: the child only sends signals.
    let child = unsafe {
        process::spawn::<()>(|| {
            loop {
                process::sleep(Duration::from_millis(1));
                act();
            }
        })
    };
    child.map(|child| child.pid()).map_err(Errno::from)
}

fn end(child: Pid) -> Result {
    sys::kill(child, Some(Signal::KILL))?;
    while sys::wait4(WaitFor::Pid(child), WaitFlags::empty()) == Err(Errno::EINTR) {}
    Ok(())
}

unsafe extern "C" fn note(signal: i32, info: *mut SignalInfo, _: *mut c_void) {
    // SAFETY: the kernel passes the information of this signal.
    let info = unsafe { &*info };
    assert_eq!(info.signal(), signal);
    let here = 0_u8;
    SIGNAL.store(signal, Relaxed);
    CODE.store(info.code(), Relaxed);
    ADDRESS.store(info.address(), Relaxed);
    FRAME.store((&raw const here).addr(), Relaxed);
    COUNT.fetch_add(1, Relaxed);
}

/// Uses as many registers as it can.
unsafe extern "C" fn clobber(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    let integers: [u64; 12] = core::array::from_fn(|index| black_box(index as u64 + 1000));
    let floats: [f64; 12] = core::array::from_fn(|index| black_box(index as f64 + 1000.0));
    black_box((integers.iter().sum::<u64>(), floats.iter().sum::<f64>()));
    // SAFETY: what the kernel passed.
    unsafe { note(signal, info, context) };
}

/// Makes the page accessible.
unsafe extern "C" fn unprotect(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    let page = ptr::with_exposed_provenance_mut(PAGE.load(Relaxed));
    // SAFETY: the test waits for its page to be accessible; the rest is what the kernel passed.
    unsafe {
        note(signal, info, context);
        sys::mprotect(page, page::size(), ProtFlags::READ | ProtFlags::WRITE).expect("it is mapped");
    }
}

/// Maps memory over the page.
unsafe extern "C" fn map(signal: i32, info: *mut SignalInfo, context: *mut c_void) {
    let page = ptr::with_exposed_provenance_mut(PAGE.load(Relaxed));
    let (prot, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::FIXED);
    // SAFETY: the test waits for memory in its page; the rest is what the kernel passed.
    unsafe {
        note(signal, info, context);
        sys::mmap_anonymous(page, page::size(), prot, flags).expect("the page is the test's own");
    }
}

/// The first time, sends this signal again, and another: both have to wait until it is done.
unsafe extern "C" fn raise_again(_: i32, _: *mut SignalInfo, _: *mut c_void) {
    if COUNT.fetch_add(1, Relaxed) == 0 {
        for signal in [Signal::USR1, Signal::USR2] {
            sys::kill(sys::getpid(), Some(signal)).expect("a process may signal itself");
        }
        assert_eq!(COUNT.load(Relaxed), 1, "a blocked signal came");
    }
}

/// Tries to take away the stack that it runs on.
unsafe extern "C" fn disable_stack(_: i32, _: *mut SignalInfo, _: *mut c_void) {
    // SAFETY: it fails.
    let result = unsafe { sys::sigaltstack(Some(&SignalStack::DISABLED)) };
    CODE.store(result.map_or_else(Errno::raw_os_error, |_| 0), Relaxed);
}

/// Gives the call that was interrupted something to read.
unsafe extern "C" fn write_a_byte(_: i32, _: *mut SignalInfo, _: *mut c_void) {
    // SAFETY: the test keeps the descriptor open while signals come.
    let fd = unsafe { BorrowedFd::borrow_raw(PAGE.load(Relaxed) as i32) };
    let _ = sys::write(fd, b"x");
}
