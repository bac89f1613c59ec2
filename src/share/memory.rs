//! Maps in which values are shared.

use crate::map::{FileMap, ReadWrite, SharedBytes, SharedMap};

/// A map, or a part of one, that lends bytes which other processes may have mapped too.
///
/// # Safety
/// As long as it is not borrowed exclusively, it lends the same bytes, also after it was moved.
pub unsafe trait SharedMemory {
    /// The bytes.
    fn bytes(&self) -> &SharedBytes<ReadWrite>;
}

// SAFETY: they are the bytes.
unsafe impl SharedMemory for SharedBytes<ReadWrite> {
    #[inline(always)]
    fn bytes(&self) -> &SharedBytes<ReadWrite> {
        self
    }
}

// SAFETY: its pages stay where they are until it is dropped.
unsafe impl SharedMemory for SharedMap {
    #[inline(always)]
    fn bytes(&self) -> &SharedBytes<ReadWrite> {
        self
    }
}

// SAFETY: its pages stay where they are until it is dropped or borrowed exclusively.
unsafe impl SharedMemory for FileMap<ReadWrite> {
    #[inline(always)]
    fn bytes(&self) -> &SharedBytes<ReadWrite> {
        self
    }
}

// SAFETY: the same memory, which is borrowed shared.
unsafe impl<M: SharedMemory + ?Sized> SharedMemory for &M {
    #[inline(always)]
    fn bytes(&self) -> &SharedBytes<ReadWrite> {
        M::bytes(self)
    }
}
