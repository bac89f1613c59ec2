//! What stands before the bytes of a slot.

use super::checksum::Checksum;

/// The first bytes of a header; the last of them is the version of the format.
const MAGIC: u64 = u64::from_le_bytes(*b"baremap\x01");

/// Numbers in a header.
const FIELDS: usize = 6;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// One higher with every write.
    pub(super) sequence: u64,
    /// Bytes of the value, no more than the capacity.
    pub(super) len: usize,
    /// The checksum of these bytes.
    pub(super) checksum: u64,
}

/// A header that was found, and what cell it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) header: Header,
    pub(super) capacity: u64,
}

impl Header {
    /// Bytes in a header.
    pub(super) const LEN: usize = FIELDS * size_of::<u64>();

    /// The header's bytes, for a cell of that capacity.
    pub(super) fn encode(&self, capacity: usize) -> [u8; Self::LEN] {
        let fields = [MAGIC, self.sequence, capacity as u64, self.len as u64, self.checksum];
        let mut bytes = [0; Self::LEN];
        let (body, own) = bytes.split_at_mut(Self::LEN - size_of::<u64>());
        for (place, field) in body.chunks_exact_mut(size_of::<u64>()).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        own.copy_from_slice(&Checksum::of(body).to_le_bytes());
        bytes
    }

    /// Reads a header. `None` for whatever else the bytes are: torn, hostile, zeros.
    pub(super) fn decode(bytes: &[u8; Self::LEN]) -> Option<Found> {
        let (words, _) = bytes.as_chunks();
        let [magic, sequence, capacity, len, checksum, own] = *words else { return None };
        let [magic, sequence, capacity, len, checksum, own] =
            [magic, sequence, capacity, len, checksum, own].map(u64::from_le_bytes);
        let body = &bytes[..Self::LEN - size_of::<u64>()];
        if magic != MAGIC || own != Checksum::of(body) || len > capacity {
            return None;
        }
        let len = usize::try_from(len).ok()?;
        Some(Found { header: Header { sequence, len, checksum }, capacity })
    }
}
