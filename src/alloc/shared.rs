//! An arena that several processes use at once.

use crate::error::{Error, Operation, Reason, Result};
use crate::map::{Plain, ReadWrite, SharedBytes, SharedMap};
use crate::share::{AtomicOffset, Offset, OffsetSlice, Shared, SharedMemory, words};
use crate::{Errno, arch, page};
use core::alloc::Layout;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::slice;

mod header;

use header::{Header, Refusal, VERSION};

/// What [`header`] is made of; its model checker puts its own in their place.
mod atomic {
    pub(super) use core::sync::atomic::AtomicU64;
}

/// An arena in shared memory: several processes, or threads, put values into it at the same time, and find those of the others.
///
/// A block is cut off by one compare-and-swap. There is no lock and no half state: a process may be killed at any moment, and
/// what is lost is at most the block that it had cut off and not yet published. Nothing is freed but all at once, by
/// [`SharedArena::reset`].
///
/// The values are [`Shared`]. Each is found by its [`Offset`], wherever a process has mapped the arena, or by a plain `&T`
/// that a forked child has from its parent. What is published comes from the [root](SharedArena::root), or from what is
/// found there.
///
/// ```
/// use baremap::alloc::SharedArena;
/// use baremap::share::{AtomicOffset, PlainCell};
/// use baremap::{SharedMap, process, shared};
///
/// shared! {
///     struct Link {
///         next: AtomicOffset<Link>,
///         value: PlainCell<u64>,
///     }
/// }
///
/// let arena = SharedArena::create(SharedMap::new(1 << 16)?)?;
/// // SAFETY: the child uses nothing but the arena.
/// let child = unsafe {
///     process::spawn(|| {
///         for value in [2, 1] {
///             let next = AtomicOffset::new(arena.root().load());
///             let link = arena.alloc(Link { next, value: PlainCell::new(value) })?;
///             arena.root().store(arena.offset_of(link)?);
///         }
///         Ok::<(), baremap::Error>(())
///     })
/// }?;
/// assert!(child.wait()?.success());
///
/// let mut values = Vec::new();
/// let mut next = arena.root::<Link>().load();
/// while let Some(link) = arena.get(next)? {
///     values.push(link.value.get());
///     next = link.next.load();
/// }
/// assert_eq!(values, [1, 2]);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Where it lies
/// In a [`SharedMap`], for a process and its children; in a [`FileMap`](crate::FileMap) of a file in memory or of a
/// [named object](crate::shm), for all who have it; in a [part](SharedBytes::range) of either. Values are touched in
/// place: where a file shrinks, or memory for it runs out, that raises SIGBUS. Set the room aside first, by
/// [`File::allocate`](crate::File::allocate), and let nobody shorten the file, by seals for instance.
///
/// # Other processes that are buggy or hostile
/// They can spoil values and offsets, fill the arena and take it away. They cannot bring about undefined behaviour: blocks are
/// within the arena, behind its header and aligned, whatever is stored in it; and any bytes are a value. See
/// [`share`](crate::share).
///
/// # Fork and drop
/// A child has the same arena, at the same address. To drop it unmaps the map of the process that does, and nothing else.
pub struct SharedArena<M: SharedMemory = SharedMap> {
    map: M,
}

static_assertions::assert_impl_all!(SharedArena: Send, Sync);

// SAFETY: atomic numbers and nothing else.
unsafe impl Shared for Header {}

impl<M: SharedMemory> SharedArena<M> {
    /// Makes an arena of all of these bytes, which are zeros, as those of a new map are. Of several processes that do, one
    /// succeeds.
    ///
    /// # Errors
    /// `EEXIST` (an arena is there), `EINVAL` (something else is there, there are fewer than 256 bytes, or they do not begin at a
    /// multiple of 8).
    pub fn create(map: M) -> Result<Self> {
        Self::with(map, Header::create)
    }

    /// Takes the arena that is there.
    ///
    /// # Errors
    /// `EINVAL` with [`Reason::NoArena`], [`Reason::OtherVersion`] or [`Reason::WrongLength`] (an arena of more bytes or fewer);
    /// those of the bytes, as [`SharedArena::create`].
    pub fn open(map: M) -> Result<Self> {
        Self::with(map, Header::open)
    }

    /// Makes an arena, or takes the one that is there.
    ///
    /// # Errors
    /// As [`SharedArena::open`].
    pub fn open_or_create(map: M) -> Result<Self> {
        Self::with(map, |header, size| match header.create(size) {
            Err(Refusal::Exists) => header.open(size),
            result => result,
        })
    }

    fn with(map: M, start: impl FnOnce(&Header, u64) -> core::result::Result<(), Refusal>) -> Result<Self> {
        let size = map.bytes().len();
        start(map.bytes().value(0)?, size as u64).map_err(|refusal| explain(refusal, size))?;
        Ok(Self { map })
    }

    /// Puts a value into the arena. It is not dropped.
    ///
    /// # Errors
    /// `ENOMEM` (no room), `EINVAL` (it is aligned to more than a page).
    #[inline]
    pub fn alloc<T: Shared>(&self, value: T) -> Result<&T> {
        let block = self.cut::<T>(Layout::new::<T>())?;
        // SAFETY: the block is within the arena and aligned; a T has no padding. Others that touch it are atomic, or outside of
        // this process.
        unsafe {
            words::store(block.as_ptr(), &*ManuallyDrop::new(value));
            Ok(block.as_ref())
        }
    }

    /// Puts a value of zeros into the arena.
    ///
    /// # Errors
    /// As [`SharedArena::alloc`].
    #[inline]
    pub fn alloc_zeroed<T: Shared>(&self) -> Result<&T> {
        self.alloc_slice_zeroed(1).map(|values| &values[0])
    }

    /// Puts `count` values of zeros into the arena.
    ///
    /// # Errors
    /// As [`SharedArena::alloc`].
    pub fn alloc_slice_zeroed<T: Shared>(&self, count: usize) -> Result<&[T]> {
        let block = self.cut_slice::<T>(count)?;
        // SAFETY: as in `alloc`; zeros are a value.
        unsafe {
            words::zero(block.as_ptr(), count);
            Ok(slice::from_raw_parts(block.as_ptr(), count))
        }
    }

    /// Puts `count` values into the arena, which the function makes by their index.
    ///
    /// # Errors
    /// As [`SharedArena::alloc`].
    pub fn alloc_slice_with<T: Shared>(
        &self,
        count: usize,
        mut make: impl FnMut(usize) -> T,
    ) -> Result<&[T]> {
        let block = self.cut_slice::<T>(count)?;
        for index in 0..count {
            let value = ManuallyDrop::new(make(index));
            // SAFETY: as in `alloc`.
            unsafe { words::store(block.as_ptr().add(index), &*value) };
        }
        // SAFETY: as in `alloc`.
        Ok(unsafe { slice::from_raw_parts(block.as_ptr(), count) })
    }

    /// Puts a copy of plain values into the arena, a text's bytes for instance.
    ///
    /// # Errors
    /// As [`SharedArena::alloc`]; `EFAULT` (a page is gone, and [`fault::install`](crate::fault::install) sees to it).
    pub fn alloc_slice_copy<T: Plain>(&self, values: &[T]) -> Result<OffsetSlice<T>> {
        if values.is_empty() {
            return Ok(OffsetSlice::EMPTY);
        }
        let block = self.cut_slice::<T>(values.len())?;
        // SAFETY: the block is within the arena; the values are this process's own, and have no padding.
        match unsafe { arch::copy::copy(block.as_ptr().cast(), values.as_ptr().cast(), size_of_val(values)) }
        {
            0 => Ok(OffsetSlice::new(self.offset_at(block), values.len() as u64)),
            missing => Err(gone(size_of_val(values) - missing)),
        }
    }

    /// Room for a value that need not be [`Shared`], and its address in this process. What is there is anything.
    ///
    /// One process, which alone knows of it, may build any value there by the pointer, in place, and publish its offset when it
    /// is finished: see [`SharedArena::get_frozen`].
    ///
    /// # Errors
    /// As [`SharedArena::alloc`].
    pub fn alloc_uninit<T>(&self) -> Result<(Offset<T>, NonNull<T>)> {
        let block = self.cut::<T>(Layout::new::<T>())?;
        Ok((self.offset_at(block), block))
    }

    /// The value at an offset, or `None` if that is none.
    ///
    /// # Errors
    /// `EINVAL` (it is not within the arena, or its address is not a multiple of its alignment).
    #[inline]
    pub fn get<T: Shared>(&self, offset: Offset<T>) -> Result<Option<&T>> {
        offset.get(self.map.bytes())
    }

    /// The values that an offset and a number stand for.
    ///
    /// # Errors
    /// As [`SharedArena::get`].
    #[inline]
    pub fn get_slice<T: Shared>(&self, values: OffsetSlice<T>) -> Result<&[T]> {
        values.get(self.map.bytes())
    }

    /// The bytes of plain values, to be copied.
    ///
    /// # Errors
    /// `EINVAL` (they are not within the arena).
    #[inline]
    pub fn get_bytes<T: Plain>(&self, values: OffsetSlice<T>) -> Result<&SharedBytes<ReadWrite>> {
        values.bytes(self.map.bytes())
    }

    /// The value at an offset, of any type, as a reference to something that does not change.
    ///
    /// A parent may use it for what a child has built in place by [`SharedArena::alloc_uninit`], after it has waited for the
    /// child.
    ///
    /// # Errors
    /// As [`SharedArena::get`].
    ///
    /// # Safety
    /// At this offset lies a finished `T`. It has no pointers, or only such as are right in this process: into a map that child
    /// and parent have at the same address. Nobody changes it as long as it is borrowed, in whatever process.
    pub unsafe fn get_frozen<T>(&self, offset: Offset<T>) -> Result<Option<&T>> {
        let bytes = self.map.bytes();
        if offset.is_none() {
            return Ok(None);
        }
        let start = offset.raw() as usize;
        let range = bytes.range(start, size_of::<T>())?;
        crate::map::bounds::aligned(Operation::Value, range.as_ptr(), start, align_of::<T>())?;
        // SAFETY: in bounds and aligned; that a T is there and stays is the caller's promise.
        Ok(Some(unsafe { &*range.as_ptr().cast() }))
    }

    /// Where a value of this arena lies.
    ///
    /// # Errors
    /// `EINVAL` (it is not in this arena).
    #[inline]
    pub fn offset_of<T: Shared>(&self, value: &T) -> Result<Offset<T>> {
        Offset::of(value, self.map.bytes())
    }

    /// Where values of this arena lie.
    ///
    /// # Errors
    /// As [`SharedArena::offset_of`].
    #[inline]
    pub fn offset_of_slice<T: Shared>(&self, values: &[T]) -> Result<OffsetSlice<T>> {
        OffsetSlice::of(values, self.map.bytes())
    }

    /// [`SharedArena::root`], if all processes mean the same type: who asks for it first decides, and others that ask for a
    /// type of another [layout](Shared::LAYOUT) get an error and no wrong view.
    ///
    /// ```
    /// use baremap::alloc::SharedArena;
    /// use baremap::{Reason, SharedMap};
    /// use core::sync::atomic::{AtomicU32, AtomicU64};
    ///
    /// let arena = SharedArena::create(SharedMap::new(1 << 12)?)?;
    /// assert!(arena.root_of::<AtomicU64>()?.load().is_none());
    /// let error = arena.root_of::<AtomicU32>().unwrap_err();
    /// assert!(matches!(error.reason(), Reason::OtherLayout { .. }));
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `EINVAL` with [`Reason::OtherLayout`].
    pub fn root_of<T: Shared>(&self) -> Result<&AtomicOffset<T>> {
        match self.header().agree(T::LAYOUT) {
            Ok(()) => Ok(self.root()),
            Err(found) => {
                let reason = Reason::OtherLayout { found, expected: T::LAYOUT };
                Err(Error::because(Operation::Arena, Errno::EINVAL, reason))
            }
        }
    }

    /// The place from which all processes find what is in the arena: none at first. They have to agree on what it leads to;
    /// [`SharedArena::root_of`] sees to that.
    #[inline]
    #[must_use]
    pub fn root<T: Shared>(&self) -> &AtomicOffset<T> {
        AtomicOffset::from_number(&self.header().root)
    }

    /// Bytes of the arena, its header of 256 bytes included.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.map.bytes().len()
    }

    /// Bytes that no new block can have: the header, all blocks, and what was lost between them. While others allocate, it is a
    /// little out of date.
    #[must_use]
    pub fn used(&self) -> usize {
        self.header().used(self.capacity())
    }

    /// Takes all blocks back at once, and empties the root. The memory stays the arena's.
    ///
    /// References and offsets from before lead to whatever comes to lie there: let all processes be done with them, and none
    /// allocate meanwhile.
    pub fn reset(&self) {
        self.header().reset();
    }

    /// What the arena lies in.
    #[must_use]
    pub const fn map(&self) -> &M {
        &self.map
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: as when the arena was made: in bounds and aligned.
        unsafe { &*self.map.bytes().as_ptr().cast() }
    }

    /// Where a block of this arena is.
    fn offset_at<T>(&self, block: NonNull<T>) -> Offset<T> {
        Offset::from_raw((block.addr().get() - self.map.bytes().as_ptr().addr()) as u64)
    }

    fn cut_slice<T>(&self, count: usize) -> Result<NonNull<T>> {
        let too_long = |_| self.full(count.saturating_mul(size_of::<T>()), align_of::<T>());
        self.cut(Layout::array::<T>(count).map_err(too_long)?)
    }

    #[inline(always)]
    fn cut<T>(&self, layout: Layout) -> Result<NonNull<T>> {
        // The header's own alignment the start has anyway.
        if layout.align() > align_of::<Header>() && layout.align() > page::size() {
            return Err(over_aligned(layout.align()));
        }
        let bytes = self.map.bytes();
        match self.header().cut(bytes.as_ptr().addr(), bytes.len(), layout) {
            // SAFETY: within the bytes, which are not at address 0.
            Some(offset) => Ok(unsafe { NonNull::new_unchecked(bytes.as_mut_ptr().add(offset).cast()) }),
            None => Err(self.full(layout.size(), layout.align())),
        }
    }

    #[cold]
    fn full(&self, len: usize, align: usize) -> Error {
        let left = self.capacity().saturating_sub(self.used());
        Error::because(Operation::Arena, Errno::ENOMEM, Reason::NoRoom { len, align, left })
    }
}

/// A page of the arena went away, and there is a handler that mends the copy.
#[cold]
fn gone(copied: usize) -> Error {
    Error::because(Operation::Arena, Errno::EFAULT, Reason::Fault { copied })
}

#[cold]
fn over_aligned(align: usize) -> Error {
    Error::because(Operation::Arena, Errno::EINVAL, Reason::OverAligned { align, most: page::size() })
}

fn explain(refusal: Refusal, size: usize) -> Error {
    let because = |reason| Error::because(Operation::Arena, Errno::EINVAL, reason);
    match refusal {
        Refusal::Exists => Error::new(Operation::Arena, Errno::EEXIST),
        Refusal::NoArena => because(Reason::NoArena),
        Refusal::Version(found) => because(Reason::OtherVersion { found, expected: VERSION }),
        Refusal::Size(expected) => because(Reason::WrongLength { len: size, expected: expected as usize }),
    }
}

impl<M: SharedMemory> fmt::Debug for SharedArena<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedArena({} of {} bytes used)", self.used(), self.capacity())
    }
}
