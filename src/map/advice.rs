//! Advice to the kernel, by what it does to bytes that are borrowed.

use crate::error::{Operation, Result};
use crate::sys::{self, Advice as Raw};

use super::{Pages, Protection};

macro_rules! advice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $raw:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            const fn raw(self) -> Raw {
                match self {
                    $($name::$variant => Raw::$raw,)*
                }
            }
        }
    };
}

advice! {
    /// Advice that leaves every byte as it is; see [`Pages::advise`].
    Advice {
        /// None.
        Normal = NORMAL,
        /// Accesses come in no order: reading ahead is of no use.
        Random = RANDOM,
        /// Accesses go from the start to the end: read far ahead, drop soon after.
        Sequential = SEQUENTIAL,
        /// Accesses come soon: read in.
        WillNeed = WILLNEED,
        /// Accesses come late: the first pages to go when memory runs short (Linux 5.4).
        Cold = COLD,
        /// Accesses come very late: put the pages out now (Linux 5.4).
        PageOut = PAGEOUT,
        /// Equal pages of private memory may become one.
        Mergeable = MERGEABLE,
        /// They may not; those that did become several again.
        Unmergeable = UNMERGEABLE,
        /// Use transparent huge pages.
        HugePage = HUGEPAGE,
        /// Use none.
        NoHugePage = NOHUGEPAGE,
        /// Leave the pages out of a core dump.
        DontDump = DONTDUMP,
        /// Put them in.
        DoDump = DODUMP,
        /// Undoes [`UncheckedAdvice::DontFork`].
        DoFork = DOFORK,
        /// Undoes [`UncheckedAdvice::WipeOnFork`].
        KeepOnFork = KEEPONFORK,
    }
}

advice! {
    /// Advice that changes bytes, or what may be done with them; see [`Pages::unchecked_advise`].
    UncheckedAdvice {
        /// Throws the pages away now: anonymous memory is zero then, a file's shows the file. (Safe as
        /// [`AnonMap::discard`](crate::AnonMap::discard).)
        DontNeed = DONTNEED,
        /// The same for locked pages too (Linux 5.18).
        DontNeedLocked = DONTNEED_LOCKED,
        /// The pages may be thrown away at any moment until they are written: a byte that is read before may be zero the
        /// one time and not the next, and the other way round.
        Free = FREE,
        /// Makes a hole in the object. (Safe as [`SharedMap::punch_hole`](crate::SharedMap::punch_hole).)
        Remove = REMOVE,
        /// A forked child does not have the pages. It must neither touch nor drop the map: the addresses may be another's
        /// there.
        DontFork = DONTFORK,
        /// A forked child finds zeros: no reference to the bytes may live across the fork there.
        WipeOnFork = WIPEONFORK,
        /// Every touch raises SIGSEGV (Linux 6.13). (Safe as [`GuardedMap`](super::GuardedMap).)
        GuardInstall = GUARD_INSTALL,
        /// Undoes [`UncheckedAdvice::GuardInstall`]; what was there is lost.
        GuardRemove = GUARD_REMOVE,
    }
}

impl<P: Protection> Pages<'_, P> {
    /// Says how the pages will be used.
    ///
    /// # Errors
    /// `EINVAL` (this kernel does not know the advice, or not for such a map), `EAGAIN` (it would cut the map in pieces and
    /// there are too many maps), `EBADF` (not for a file), `EIO`, `ENOMEM`, `EPERM`.
    #[inline]
    pub fn advise(&self, advice: Advice) -> Result<()> {
        // SAFETY: no byte changes.
        self.call(Operation::Advise, |start, len| unsafe { sys::madvise(start, len, advice.raw()) })
    }

    /// Changes whole pages as the advice says.
    ///
    /// Some kernels and QEMU's user mode say yes and do nothing.
    ///
    /// # Safety
    /// Nothing that is borrowed from the map, or will be, relies on what the advice takes away or changes. In particular
    /// no slice of an [`AnonMap`](crate::AnonMap) sees bytes of its pages change.
    ///
    /// # Errors
    /// As [`Pages::advise`]; `EINVAL` (not whole pages but for the last of the map).
    #[inline]
    pub unsafe fn unchecked_advise(&self, advice: UncheckedAdvice) -> Result<()> {
        self.whole(Operation::Advise)?;
        // SAFETY: passed on to the caller.
        self.call(Operation::Advise, |start, len| unsafe { sys::madvise(start, len, advice.raw()) })
    }

    /// Makes transparent huge pages of the pages now (`MADV_COLLAPSE`, Linux 6.1), as far as whole ones fit.
    ///
    /// # Errors
    /// `EINVAL` (the kernel cannot, or no huge page fits), `EAGAIN` and `EBUSY` (not at this moment), `ENOMEM`.
    #[inline]
    pub fn collapse(&self) -> Result<()> {
        // SAFETY: no byte changes.
        self.call(Operation::Collapse, |start, len| unsafe { sys::madvise(start, len, Raw::COLLAPSE) })
    }
}
