//! What lies at the start of a ring.

use core::sync::atomic::Ordering::{AcqRel, Acquire};
use core::sync::atomic::{AtomicU32, AtomicU64};

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::sync::owner::Owner;

/// Says that these bytes are a ring; the two lowest bytes are its kind and the version of its layout.
const MAGIC: u64 = u64::from_be_bytes(*b"barmap\0\0");
const VERSION: u8 = 1;
/// The fewest bytes that a ring has room for.
const LEAST: usize = 64;
/// What positions and lengths of messages are multiples of.
pub(super) const UNIT: usize = 8;

/// What goes through a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Bytes = 1,
    Messages = 2,
}

crate::shared! {
    /// An end: who it is, and how far it is. It is written by one end and read by the other, in cache lines of its own.
    pub(super) struct Side {
        pub(super) owner: Owner,
        /// How many bytes were sent or taken in all.
        pub(super) position: AtomicU64,
        /// Whether the end was dropped.
        pub(super) is_closed: AtomicU32,
        gap: [AtomicU32; 19],
    }

    /// Zeros are an empty ring of no kind.
    pub(super) struct Header {
        label: AtomicU64,
        /// Bytes of ring and header.
        size: AtomicU64,
        gap: [AtomicU64; 14],
        pub(super) sender: Side,
        pub(super) receiver: Side,
    }
}

static_assertions::const_assert_eq!(size_of::<Side>(), 128);
static_assertions::const_assert_eq!(size_of::<Header>(), 384);

/// The bytes of a map with a ring that has room for `capacity` bytes.
///
/// Each message takes its length, rounded up to a multiple of 8, and 8 bytes more.
#[must_use]
pub const fn size_for(capacity: usize) -> usize {
    let capacity = if capacity < LEAST { LEAST } else { capacity };
    size_of::<Header>().saturating_add(capacity).saturating_add(UNIT - 1) / UNIT * UNIT
}

impl Header {
    /// Makes a ring of these bytes if they are zeros, or takes the one that is there: how many bytes it has room for.
    pub(super) fn open(&self, kind: Kind, size: usize) -> Result<usize> {
        let refuse = |reason| Err(Error::because(Operation::Channel, Errno::EINVAL, reason));
        let capacity = size.saturating_sub(size_of::<Self>()) / UNIT * UNIT;
        if capacity < LEAST {
            return refuse(Reason::SmallRing { len: size, least: size_for(LEAST) });
        }
        // Whoever comes first, or was killed before it came to the label: the size is the same, or it is another's ring.
        let found = self.size.compare_exchange(0, size as u64, AcqRel, Acquire).unwrap_or_else(|other| other);
        let label = MAGIC | (kind as u64) << 8 | u64::from(VERSION);
        match self.label.compare_exchange(0, label, AcqRel, Acquire) {
            Ok(_) => {}
            Err(other) if other == label => {}
            Err(other) if other >> 16 != MAGIC >> 16 => return refuse(Reason::NoRing),
            Err(other) if other as u8 != VERSION => {
                return refuse(Reason::OtherVersion { found: other as u8, expected: VERSION });
            }
            Err(_) => return refuse(Reason::OtherRing),
        }
        match found {
            0 => Ok(capacity),
            other if other == size as u64 => Ok(capacity),
            other => refuse(Reason::WrongLength { len: size, expected: other as usize }),
        }
    }
}
