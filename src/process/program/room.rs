//! Memory that the child needs before it becomes a program: a stack, and the lists that execve(2) takes.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsRawFd, RawFd};
use crate::map::AnonMap;
use crate::page;
use core::ffi::{CStr, c_char};
use core::ptr;

use super::{Environment, Program, What};

/// Bytes of the stack: far more than the child's few calls take, even if nothing is optimised. Signals do not come on top.
const STACK: usize = 32 << 10;

/// What the stack's end is a multiple of.
const STACK_ALIGN: usize = 16;

/// A map of the stack and, above it, pointers to arguments, a null, pointers to the environment, a null, and the numbers of
/// the descriptors that the program gets. Where the lists are short, the stack's first page has room for them.
pub(super) struct Room {
    map: AnonMap,
    /// Where the stack ends and the lists begin, in bytes.
    lists: usize,
    /// Pointers before those to the environment.
    arguments: usize,
    /// Pointers in all.
    pointers: usize,
}

impl Room {
    pub(super) fn new(program: &Program<'_>) -> Result<Self> {
        // A null each.
        let arguments = program.argument_list().count() + 1;
        let pointers = arguments + program.environment.list().count() + 1;
        let (len, lists) = layout(pointers, program.descriptors.len()).ok_or(Error::because(
            Operation::Mmap,
            Errno::ENOMEM,
            Reason::TooLong { len: u64::MAX },
        ))?;
        let room = Self { map: AnonMap::new(len)?, lists, arguments, pointers };
        let null = [ptr::null()];
        let strings = program.argument_list().map(CStr::as_ptr).chain(null);
        let strings = strings.chain(program.environment.list().map(CStr::as_ptr)).chain(null);
        for (index, string) in strings.enumerate().take(pointers) {
            // SAFETY: the map has room for that many, which lie at a multiple of their size.
            unsafe { room.arguments().cast_mut().add(index).write(string) };
        }
        for (index, (from, _)) in program.descriptors.iter().enumerate() {
            // SAFETY: there is one for each, behind the pointers.
            unsafe { room.numbers().add(index).write(from.as_raw_fd()) };
        }
        Ok(room)
    }

    /// The end of the stack, from which it grows down.
    pub(super) fn stack(&self) -> *mut u8 {
        self.map.as_ptr().cast_mut().wrapping_add(self.lists)
    }

    pub(super) fn arguments(&self) -> *const *const c_char {
        self.stack().cast()
    }

    pub(super) fn environment(&self) -> *const *const c_char {
        self.arguments().wrapping_add(self.arguments)
    }

    /// From where each descriptor comes that the program gets.
    pub(super) fn numbers(&self) -> *mut RawFd {
        self.arguments().wrapping_add(self.pointers).cast_mut().cast()
    }
}

/// How many bytes the map has, and how many of these lie before the lists.
fn layout(pointers: usize, numbers: usize) -> Option<(usize, usize)> {
    let pointers = pointers.checked_mul(size_of::<*const c_char>())?;
    let lists = numbers.checked_mul(size_of::<RawFd>())?.checked_add(pointers)?;
    let lists = lists.checked_next_multiple_of(STACK_ALIGN)?;
    let len = lists.checked_add(STACK)?.checked_next_multiple_of(page::size())?;
    Some((len, len - lists))
}

impl Program<'_> {
    fn argument_list(&self) -> impl Iterator<Item = &CStr> {
        let name = match self.what {
            What::Path(path) => path,
            What::File(_) => c"",
        };
        let (name, list) = match self.arguments {
            Some(list) => (None, list),
            None => (Some(name), &[] as &[_]),
        };
        name.into_iter().chain(list.iter().copied())
    }
}

impl<'a> Environment<'a> {
    #[cfg(feature = "start")]
    fn list(&self) -> impl Iterator<Item = &'a CStr> {
        let (list, vars) = match self {
            Environment::Strings(list) => (*list, None),
            Environment::Of(env) => (&[] as &[_], Some(env.vars())),
        };
        list.iter().copied().chain(vars.into_iter().flatten().map(|variable| -> &CStr { variable }))
    }

    #[cfg(not(feature = "start"))]
    fn list(&self) -> impl Iterator<Item = &'a CStr> {
        let Environment::Strings(list) = self;
        list.iter().copied()
    }
}
