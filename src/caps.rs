//! What this kernel really does.

use crate::Errno;
use bitflags::bitflags;
use core::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

mod child;
mod probe;

bitflags! {
    /// What some kernels can do and others cannot, found out by trying and not by return codes: an emulator or a sandbox may
    /// say that it has done what it has not.
    ///
    /// Each is tried when it is first asked for, and remembered. Nothing is left behind: what cannot be undone is tried in
    /// a child of which nobody hears.
    ///
    /// ```
    /// use baremap::Caps;
    ///
    /// if Caps::GUARD_PAGES.work() {
    ///     println!("a guard page takes no map of its own");
    /// }
    /// println!("this kernel has {:?}", Caps::all().probe());
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Caps: u32 {
        /// [`Advice::GUARD_INSTALL`](crate::sys::Advice::GUARD_INSTALL) makes every touch a fault (Linux 6.13).
        const GUARD_PAGES = 1 << 0;
        /// After [`Advice::WIPEONFORK`](crate::sys::Advice::WIPEONFORK) a child reads zeros (Linux 4.14).
        const WIPE_ON_FORK = 1 << 1;
        /// After [`Advice::DONTFORK`](crate::sys::Advice::DONTFORK) a child does not have the pages.
        const DONT_FORK = 1 << 2;
        /// [`MapFlags::FIXED_NOREPLACE`](crate::sys::MapFlags::FIXED_NOREPLACE) is refused where something is mapped (Linux
        /// 4.17).
        const FIXED_NOREPLACE = 1 << 3;
        /// [`Advice::POPULATE_READ`](crate::sys::Advice::POPULATE_READ) reports a page that cannot be read in (Linux 5.14).
        const POPULATE = 1 << 4;
        /// A memfd that is sealed against writing cannot be written.
        const MEMFD_SEALS = 1 << 5;
        /// [`process_vm_readv`](crate::sys::process_vm_readv) reads this process's own memory.
        const PROCESS_VM = 1 << 6;
        /// A futex on the list of [`set_robust_list`](crate::sys::set_robust_list) is marked when its owner dies.
        const ROBUST_LISTS = 1 << 7;
        /// What [`mseal`](crate::sys::mseal) has sealed cannot be unmapped (Linux 6.10).
        const MSEAL = 1 << 8;
        /// [`memfd_secret`](crate::sys::memfd_secret) gives memory (Linux 5.14, if it was started so).
        const MEMFD_SECRET = 1 << 9;
        /// [`mlock2`](crate::sys::mlock2) can wait with locking a page until it is touched (Linux 4.4).
        const LOCK_ON_FAULT = 1 << 10;
        /// There are huge pages of the default size in the pool. That there are none is not remembered: there may be some
        /// later.
        const HUGETLB = 1 << 11;
        /// Memory that asks for transparent huge pages gets one. It takes one for a moment, and is asked again if there was
        /// none.
        const TRANSPARENT_HUGE_PAGES = 1 << 12;
    }
}

/// Those that have been tried.
static KNOWN: AtomicU32 = AtomicU32::new(0);
/// Those among them that work.
static WORKING: AtomicU32 = AtomicU32::new(0);

impl Caps {
    /// Those of these that work here.
    #[must_use]
    pub fn probe(self) -> Caps {
        let known = Caps::from_bits_truncate(KNOWN.load(Acquire));
        let mut working = Caps::from_bits_truncate(WORKING.load(Relaxed)) & known & self;
        for &(cap, probe) in probe::ALL.iter().filter(|(cap, _)| (self - known).contains(*cap)) {
            match probe() {
                Ok(works) => {
                    let bits = if works { cap.bits() } else { 0 };
                    working |= Caps::from_bits_truncate(bits);
                    WORKING.fetch_or(bits, Relaxed);
                    KNOWN.fetch_or(cap.bits(), Release);
                }
                // Something was short that has nothing to do with it, or may not be short next time.
                // And a child that somebody else has waited for has not answered.
                Err(
                    Errno::EAGAIN
                    | Errno::ECHILD
                    | Errno::EINTR
                    | Errno::EMFILE
                    | Errno::ENFILE
                    | Errno::ENOMEM,
                ) => {}
                Err(_) => {
                    KNOWN.fetch_or(cap.bits(), Release);
                }
            }
        }
        working
    }

    /// Whether all of these work here.
    #[inline]
    #[must_use]
    pub fn work(self) -> bool {
        self.probe() == self
    }
}
