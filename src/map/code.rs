//! Code that is made at run time.
//!
//! | map                                     | written                                    | for code that                     |
//! |-----------------------------------------|--------------------------------------------|-----------------------------------|
//! | [`AnonMap::make_exec`], and back        | while it cannot be executed                | is made once                      |
//! | [`CodeMap`]                             | at any time, by another address            | is made while other code runs     |

use crate::arch;
use crate::error::{Error, Operation, Result};
use crate::fd::AsFd;
use crate::file::File;
use crate::sys::{MapFlags, ProtFlags};
use core::fmt;
use core::marker::PhantomData;
use core::mem;
use core::ops::Deref;
use static_assertions::assert_impl_all;

use super::bounds;
use super::mapping::Mapping;
use super::{AnonMap, Executable, FileMap, ReadWrite};

/// Memory for code, mapped twice: where it is written it cannot be executed, where it is executed it cannot be written.
///
/// ```text
///   write_at ──▶ readable, writable ┐
///                                   ├ one file in memory, without a name
///   function ──▶ readable, executable ┘
/// ```
///
/// No address is ever writable and executable at once, and no call changes a protection: a compiler may go on writing
/// while what it wrote before is running.
///
/// ```
/// use baremap::{CodeMap, arch};
///
/// let mut map = CodeMap::new(1 << 16)?;
/// map.write_at(0, &arch::code::adder(5))?;
/// // SAFETY: such a function begins there.
/// let add_five = unsafe { map.function::<extern "C" fn(i64) -> i64>(0) }?;
/// assert_eq!(add_five(37), 42);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// A forked child has the same memory, not a copy: what either writes, both execute.
pub struct CodeMap {
    writable: FileMap<ReadWrite>,
    executable: Mapping,
}

assert_impl_all!(CodeMap: Send, Sync);

impl CodeMap {
    /// Maps `len` bytes, which are no code yet.
    ///
    /// # Errors
    /// `EACCES`, `EPERM` (the system forbids code that is made at run time), `EMFILE`, `ENFILE`, `ENOMEM` (too long, no
    /// memory, or too many maps).
    pub fn new(len: usize) -> Result<CodeMap> {
        let len = bounds::length(len as u64, 0)?;
        let file = File::unnamed()?;
        file.set_len(len as u64)?;
        let (prot, object) = (ProtFlags::READ | ProtFlags::EXEC, Some((file.as_fd(), 0)));
        let executable = Mapping::new(len, prot, MapFlags::SHARED, object)
            .map_err(|errno| Error::new(Operation::MapCode, errno))?;
        Ok(CodeMap { writable: FileMap::write(&file)?, executable })
    }

    /// Bytes.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.writable.len()
    }

    /// Whether there is no byte.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writable.is_empty()
    }

    /// The address at which the first byte is executed: what code that is to go here counts from.
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.executable.start().as_ptr()
    }

    /// Copies code to `offset`. This thread may execute it at once, others once they have synchronised: a system call, or
    /// being started, does.
    ///
    /// # Errors
    /// `EINVAL` (it does not end within the map), `EFAULT` with [`Reason::Fault`](crate::Reason::Fault) (no memory).
    pub fn write_at(&mut self, offset: usize, code: &[u8]) -> Result<()> {
        self.writable.write_at(offset, code)?;
        // SAFETY: as many bytes as were written, and mapped readable.
        unsafe { arch::cache::publish(self.as_ptr().wrapping_add(offset), code.len()) };
        Ok(())
    }

    /// The function that begins at `offset`. While it is borrowed, nothing is written to the map.
    ///
    /// # Safety
    /// - `F` is a type of function pointers, and at `offset` is the code of such a function.
    /// - A copy of the pointer is called neither after the map is gone nor while its code is written.
    /// - No forked child writes over the code.
    ///
    /// # Errors
    /// `EINVAL` (not within the map).
    pub unsafe fn function<F: Copy>(&self, offset: usize) -> Result<Function<'_, F>> {
        bounds::within(Operation::Function, offset, 1, self.len())?;
        // SAFETY: passed on to the caller.
        Ok(unsafe { Function::at(self.as_ptr().wrapping_add(offset)) })
    }
}

impl AnonMap<Executable> {
    /// The function that begins at `offset`. While it is borrowed, the map stays executable.
    ///
    /// ```
    /// use baremap::{AnonMap, arch};
    ///
    /// let code = arch::code::adder(5);
    /// let mut map = AnonMap::new(code.len())?;
    /// map.copy_from_slice(&code);
    /// let map = map.make_exec()?;
    /// // SAFETY: such a function begins there.
    /// let add_five = unsafe { map.function::<extern "C" fn(i64) -> i64>(0) }?;
    /// assert_eq!(add_five(37), 42);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Safety
    /// - `F` is a type of function pointers, and at `offset` is the code of such a function.
    /// - A copy of the pointer is not called after the map is gone or changed.
    ///
    /// # Errors
    /// `EINVAL` (not within the map).
    pub unsafe fn function<F: Copy>(&self, offset: usize) -> Result<Function<'_, F>> {
        bounds::within(Operation::Function, offset, 1, self.len())?;
        // SAFETY: passed on to the caller.
        Ok(unsafe { Function::at(self.as_ptr().wrapping_add(offset)) })
    }
}

/// A function in memory for code, to be called like any other: see [`CodeMap::function`] and [`AnonMap::function`].
#[derive(Clone, Copy, Debug)]
pub struct Function<'code, F> {
    function: F,
    code: PhantomData<&'code ()>,
}

impl<F: Copy> Function<'_, F> {
    /// # Safety
    /// `F` is a type of function pointers, and such a function begins at the address.
    unsafe fn at(start: *const u8) -> Self {
        const { assert!(size_of::<F>() == size_of::<*const u8>(), "a function pointer is as large as any other") };
        // SAFETY: of the same size; the rest is the caller's promise.
        let function = unsafe { mem::transmute_copy::<*const u8, F>(&start) };
        Function { function, code: PhantomData }
    }
}

impl<F> Deref for Function<'_, F> {
    type Target = F;

    #[inline(always)]
    fn deref(&self) -> &F {
        &self.function
    }
}

impl fmt::Debug for CodeMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeMap({} bytes at {:p})", self.len(), self.as_ptr())
    }
}
