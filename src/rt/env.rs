//! What the kernel hands a program: arguments, environment and auxiliary vector.

use core::ffi::{CStr, c_char};
use core::fmt;
use core::iter::FusedIterator;
use core::ptr;
use linux_raw_sys::auxvec::AT_NULL;

/// A program's arguments, environment and auxiliary vector, where the kernel put them: on the stack, for good.
#[derive(Clone, Copy)]
pub struct Env {
    /// The argument count; pointers to arguments, a null, the environment, a null and the auxiliary vector follow.
    stack: *const usize,
}

// SAFETY: nobody writes to what it points to.
unsafe impl Send for Env {}
// SAFETY: as above.
unsafe impl Sync for Env {}

impl Env {
    /// Reads the stack that the kernel made.
    ///
    /// # Safety
    /// `stack` is the stack pointer at the start of the program.
    #[inline(always)]
    pub(super) const unsafe fn new(stack: *const usize) -> Env {
        Env { stack }
    }

    /// The same for a stack that a fuzz target made.
    ///
    /// # Safety
    /// It is laid out as the kernel does it, and lives longer than whatever is read of it.
    #[cfg(fuzzing)]
    #[doc(hidden)]
    pub const unsafe fn from_stack(stack: *const usize) -> Env {
        Env { stack }
    }

    /// The arguments; the first is the program's name, if there is one.
    #[inline]
    #[must_use]
    pub fn args(self) -> Args {
        // SAFETY: the count is followed by as many pointers to strings.
        let (count, first) = unsafe { (*self.stack, self.stack.add(1)) };
        Args { next: first.cast(), left: count }
    }

    /// The environment, each variable as `NAME=value`.
    #[inline]
    #[must_use]
    pub fn vars(self) -> Vars {
        // SAFETY: the environment follows the arguments and their null.
        Vars { next: unsafe { self.stack.add(1 + *self.stack + 1).cast() } }
    }

    /// The value of an environment variable.
    #[must_use]
    pub fn var(self, name: &str) -> Option<&'static CStr> {
        self.vars().find_map(|variable| {
            let value = variable.to_bytes_with_nul().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            CStr::from_bytes_with_nul(value).ok()
        })
    }

    /// The auxiliary vector: types (`AT_…` of getauxval(3)) and values.
    #[inline]
    #[must_use]
    pub fn aux(self) -> Aux {
        let mut vars = self.vars();
        while vars.next().is_some() {}
        // SAFETY: the vector follows the environment and its null, on which `vars` stands now.
        Aux { next: unsafe { vars.next.add(1).cast() } }
    }

    /// A value of the auxiliary vector, by its type.
    #[must_use]
    pub fn aux_value(self, kind: usize) -> Option<usize> {
        self.aux().find_map(|(found, value)| (found == kind).then_some(value))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.args()).finish()
    }
}

/// The arguments of a program; see [`Env::args`].
#[derive(Clone, Debug)]
pub struct Args {
    next: *const *const c_char,
    left: usize,
}

impl Iterator for Args {
    type Item = &'static CStr;

    #[inline]
    fn next(&mut self) -> Option<&'static CStr> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: one of the pointers that the count promised, to a string that the kernel ended with a null.
        unsafe {
            let argument = *self.next;
            self.next = self.next.add(1);
            Some(CStr::from_ptr(argument))
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Args {}
impl FusedIterator for Args {}

/// The environment of a program; see [`Env::vars`].
#[derive(Clone, Debug)]
pub struct Vars {
    next: *const *const c_char,
}

impl Iterator for Vars {
    type Item = &'static CStr;

    #[inline]
    fn next(&mut self) -> Option<&'static CStr> {
        // SAFETY: a pointer to a string, or the null at the end, on which this stays.
        unsafe {
            let variable = *self.next;
            if variable.is_null() {
                return None;
            }
            self.next = self.next.add(1);
            Some(CStr::from_ptr(variable))
        }
    }
}

impl FusedIterator for Vars {}

/// The auxiliary vector of a program; see [`Env::aux`].
#[derive(Clone, Debug)]
pub struct Aux {
    next: *const [usize; 2],
}

impl Iterator for Aux {
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        // SAFETY: a pair, or the pair of type AT_NULL at the end, on which this stays.
        let [kind, value] = unsafe { ptr::read(self.next) };
        if kind == AT_NULL as usize {
            return None;
        }
        // SAFETY: there is a pair after every other one than the last.
        self.next = unsafe { self.next.add(1) };
        Some((kind, value))
    }
}

impl FusedIterator for Aux {}
