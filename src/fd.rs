//! Descriptors, owned and borrowed.
//!
//! Without `std` these are this crate's own types, with the names and the meaning of the standard library's; with the
//! feature `std` they are the standard library's.
//!
//! [`send`] and [`receive`] hand descriptors to another process, a memfd for instance, by a UNIX socket that both have;
//! [`take_from`] fetches one from a process. A child has those of its parent anyway: under the same numbers, and closed by
//! execve(2).

#[cfg(feature = "std")]
pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

#[cfg(not(feature = "std"))]
pub use own::*;

mod pass;

pub use pass::{MAX_PASSED, receive, send, take_from};

/// The process's standard input.
pub const STDIN: BorrowedFd<'static> = standard(0);
/// The process's standard output.
pub const STDOUT: BorrowedFd<'static> = standard(1);
/// The process's standard error.
pub const STDERR: BorrowedFd<'static> = standard(2);

const fn standard(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: the three exist for the life of a process: the standard library and this crate's `rt` open what is missing
    // when it starts.
    unsafe { BorrowedFd::borrow_raw(number) }
}

#[cfg(not(feature = "std"))]
mod own {
    use core::marker::PhantomData;
    use core::mem;

    /// The number of a descriptor.
    pub type RawFd = i32;

    /// A descriptor that is closed when this is dropped.
    ///
    /// An error of close(2) on drop is ignored: call [`sys::close`](crate::sys::close) where it matters.
    #[derive(Debug)]
    #[repr(transparent)]
    pub struct OwnedFd(RawFd);

    /// A descriptor that somebody else owns, for as long as `'fd`.
    #[derive(Clone, Copy, Debug)]
    #[repr(transparent)]
    pub struct BorrowedFd<'fd>(RawFd, PhantomData<&'fd OwnedFd>);

    impl BorrowedFd<'_> {
        /// Borrows a descriptor by number.
        ///
        /// # Safety
        /// The descriptor stays open for the lifetime of what is returned.
        #[inline(always)]
        #[must_use]
        pub const unsafe fn borrow_raw(fd: RawFd) -> Self {
            Self(fd, PhantomData)
        }
    }

    /// Lends its descriptor.
    pub trait AsFd {
        /// The descriptor.
        fn as_fd(&self) -> BorrowedFd<'_>;
    }

    /// Knows its descriptor's number.
    pub trait AsRawFd {
        /// The number.
        fn as_raw_fd(&self) -> RawFd;
    }

    /// Gives its descriptor away.
    pub trait IntoRawFd {
        /// The number; closing it is the caller's now.
        fn into_raw_fd(self) -> RawFd;
    }

    /// Takes a descriptor over.
    pub trait FromRawFd {
        /// The owner of the descriptor with that number.
        ///
        /// # Safety
        /// The descriptor is open and nobody else closes it.
        unsafe fn from_raw_fd(fd: RawFd) -> Self;
    }

    impl AsFd for OwnedFd {
        #[inline(always)]
        fn as_fd(&self) -> BorrowedFd<'_> {
            BorrowedFd(self.0, PhantomData)
        }
    }

    impl AsFd for BorrowedFd<'_> {
        #[inline(always)]
        fn as_fd(&self) -> BorrowedFd<'_> {
            *self
        }
    }

    impl<T: AsFd + ?Sized> AsFd for &T {
        #[inline(always)]
        fn as_fd(&self) -> BorrowedFd<'_> {
            T::as_fd(self)
        }
    }

    impl AsRawFd for OwnedFd {
        #[inline(always)]
        fn as_raw_fd(&self) -> RawFd {
            self.0
        }
    }

    impl AsRawFd for BorrowedFd<'_> {
        #[inline(always)]
        fn as_raw_fd(&self) -> RawFd {
            self.0
        }
    }

    impl IntoRawFd for OwnedFd {
        #[inline(always)]
        fn into_raw_fd(self) -> RawFd {
            let fd = self.0;
            mem::forget(self);
            fd
        }
    }

    impl FromRawFd for OwnedFd {
        #[inline(always)]
        unsafe fn from_raw_fd(fd: RawFd) -> Self {
            Self(fd)
        }
    }

    impl Drop for OwnedFd {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: the owner goes away, and with it the last user of the number.
            let _ = unsafe { crate::sys::close_raw(self.0) };
        }
    }
}
