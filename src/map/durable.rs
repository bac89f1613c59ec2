//! A value in a file that survives a crash: the old one or the new one, never a mix.

use crate::error::{Error, Operation, Reason, Result};
use crate::file::File;
use crate::{Errno, MapOptions};
use checksum::Checksum;
use header::Header;

use super::bounds;
use super::{FileMap, ReadWrite};

mod checksum;
mod header;
mod storage;

pub use storage::Storage;

/// What the offset of a cell, and the space that it takes, are multiples of: the largest page of any machine.
///
/// The two slots so have no page in common, whatever the machine that writes or reads the file: while one is written to
/// the disk, nothing of the other is.
const GRAIN: usize = 64 << 10;

/// How often a search for the value begins again while writers keep overtaking it: a bound against one that never stops.
const ATTEMPTS: u32 = 10_000;

/// A value of up to `capacity` bytes in a mapped file that is replaced as a whole: whenever the machine stops, even in
/// the middle of [`DurableCell::write`], the cell holds the old value or the new one.
///
/// ```
/// use baremap::{DurableCell, File};
///
/// let file = File::unnamed()?;
/// let mut cell = DurableCell::create(&file, 0, 100)?;
/// cell.write(b"first")?;
/// cell.write(b"second")?;
///
/// let cell = DurableCell::open(&file, 0, 100)?;
/// assert_eq!(cell.read(&mut [0; 100])?, b"second");
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # How
/// There are two slots. A write goes to the one that does not hold the value: first the bytes, and when these are synced,
/// the header with a sequence number one higher, and when that is synced, it is done. A slot counts if the checksums of its
/// header and of its bytes are right; of two that count, the higher number wins.
///
/// ```text
/// offset     | header | bytes …                 | to a multiple of 64 KiB
///            | header | bytes …                 | to a multiple of 64 KiB
/// header     | magic 8 | sequence 8 | capacity 8 | length 8 | checksum of the bytes 8 | of the header 8 |
/// ```
///
/// Numbers are little-endian, checksums CRC-64/XZ: a file can be carried from one machine to another.
///
/// # Who may write
/// One writer at a time: two need a lock between them. Readers in any process need none; should the writer go round
/// twice while one of them copies, it notices and begins again.
///
/// # After a fork
/// A forked child has the same cell, of the same file: it may read, and write while its parent does not.
#[derive(Debug)]
pub struct DurableCell<S: Storage = FileMap<ReadWrite>> {
    storage: S,
    capacity: usize,
    slot_len: usize,
    /// The sequence number of the value that this cell has put on the disk last.
    synced: Option<u64>,
    /// Why a write failed. Nobody knows then what the disk has, so that neither slot may be overwritten any more.
    failed: Option<Error>,
}

impl DurableCell {
    /// Makes a cell of `capacity` bytes at `offset` of a file, over whatever is there. Its value is empty.
    ///
    /// The file is lengthened as needed and room on the disk is taken at once. The name of a new file is its directory's
    /// matter: make it by [`replace_file`](crate::replace_file), or sync the directory.
    ///
    /// # Errors
    /// `EINVAL` (the offset is not a multiple of 64 KiB), `ENOMEM` (no address space holds so much), `ENOSPC`, and others of
    /// [`File::allocate`], [`MapOptions::map_mut`] and [`DurableCell::write`].
    pub fn create(file: &File, offset: u64, capacity: usize) -> Result<Self> {
        let space = Self::space(capacity)? as u64;
        match file.allocate(offset, space) {
            // The file system cannot: a full disk will be an error of a write.
            Err(error) if error.errno() == Errno::EOPNOTSUPP => {
                let len = file.len()?.max(offset.saturating_add(space));
                file.set_len(len)
            }
            result => result,
        }?;
        // The length has to survive as well.
        file.sync()?;
        Self::create_on(Self::map(file, offset, capacity)?, capacity)
    }

    /// Opens the cell of `capacity` bytes at `offset` of a file that [`DurableCell::create`] made.
    ///
    /// # Errors
    /// `EINVAL` (the offset is not a multiple of 64 KiB, the file ends before the cell does, or the cell has another capacity),
    /// `EBADMSG` with [`Reason::NoValue`] (there is no cell), and others of [`MapOptions::map_mut`].
    pub fn open(file: &File, offset: u64, capacity: usize) -> Result<Self> {
        Self::open_on(Self::map(file, offset, capacity)?, capacity)
    }

    /// Bytes that a cell takes in its file.
    ///
    /// ```
    /// assert_eq!(baremap::DurableCell::space(100)?, 128 << 10);
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ENOMEM` (no address space holds so much).
    pub fn space(capacity: usize) -> Result<usize> {
        slot_len(capacity).map(|len| 2 * len)
    }

    fn map(file: &File, offset: u64, capacity: usize) -> Result<FileMap<ReadWrite>> {
        if !offset.is_multiple_of(GRAIN as u64) {
            let reason = Reason::Misaligned { offset: offset as usize, align: GRAIN };
            return Err(Error::because(Operation::Cell, Errno::EINVAL, reason));
        }
        MapOptions::new().offset(offset).len(Self::space(capacity)?).map_mut(file)
    }
}

/// Bytes in a slot. Twice as much is a length that Rust can address.
fn slot_len(capacity: usize) -> Result<usize> {
    bounds::rounded(Operation::Cell, Header::LEN, capacity, GRAIN)
}

impl<S: Storage> DurableCell<S> {
    /// Makes a cell in storage of another kind, from its start on; see [`DurableCell::create`].
    ///
    /// # Errors
    /// Those of the storage; `ENOMEM` (no address space holds so much).
    pub fn create_on(storage: S, capacity: usize) -> Result<Self> {
        let slot_len = slot_len(capacity)?;
        let mut cell = Self { storage, capacity, slot_len, synced: None, failed: None };
        for slot in Slot::BOTH {
            let start = cell.start(slot);
            cell.storage.write_at(start, &[0; Header::LEN])?;
            cell.storage.sync(start, Header::LEN)?;
        }
        cell.write(&[])?;
        Ok(cell)
    }

    /// Opens a cell in storage of another kind; see [`DurableCell::open`].
    ///
    /// # Errors
    /// Those of the storage; `EBADMSG` with [`Reason::NoValue`] (there is no cell), `EINVAL` with
    /// [`Reason::OtherCapacity`].
    pub fn open_on(storage: S, capacity: usize) -> Result<Self> {
        let slot_len = slot_len(capacity)?;
        let cell = Self { storage, capacity, slot_len, synced: None, failed: None };
        match cell.newest()? {
            Some(_) => Ok(cell),
            None => Err(cell.no_value()?),
        }
    }

    /// The most bytes that the value may have.
    #[inline]
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Copies the value into the start of a buffer, and returns that part. It may be one that its writer has not yet put on
    /// the disk.
    ///
    /// # Errors
    /// `EMSGSIZE` (the value is longer than the buffer), `EBADMSG` with [`Reason::NoValue`] (somebody damaged the file),
    /// `EFAULT` (somebody shortened it), and others of the storage.
    pub fn read<'buffer>(&self, buffer: &'buffer mut [u8]) -> Result<&'buffer [u8]> {
        let found = self.find(|slot, header| {
            let most = buffer.len();
            let Some(value) = buffer.get_mut(..header.len) else {
                // Only the value itself may be too long for the buffer: not one that is damaged, beside an older one.
                let is_right = self.checksum(slot, header.len)? == header.checksum;
                return if is_right { Err(too_large(header.len, most)) } else { Ok(false) };
            };
            self.storage.read_at(self.start(slot) + Header::LEN, value)?;
            Ok(Checksum::of(value) == header.checksum)
        })?;
        match found {
            Some((_, header)) => Ok(&buffer[..header.len]),
            None => Err(self.no_value()?),
        }
    }

    /// Replaces the value. On return it is on the disk.
    ///
    /// # Errors
    /// `EMSGSIZE` (longer than the capacity): the value is as it was. `EIO`, `EFAULT` and others of the storage: the value is
    /// the old or the new one, and every later write fails in the same way, since after a failed sync the memory no longer
    /// says what the disk has. Go on when the cause is mended and the file system was mounted again.
    pub fn write(&mut self, value: &[u8]) -> Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if value.len() > self.capacity {
            return Err(too_large(value.len(), self.capacity));
        }
        self.replace(value).inspect_err(|&error| self.failed = Some(error))
    }

    fn replace(&mut self, value: &[u8]) -> Result<()> {
        let (slot, last) = match self.newest()? {
            Some((slot, header)) => {
                // Another writer may have been killed before it synced this value. The other slot, which is about to go,
                // may then be the only one on the disk.
                if self.synced != Some(header.sequence) {
                    self.storage.sync(self.start(slot), Header::LEN + header.len)?;
                }
                (slot.other(), header.sequence)
            }
            None => (Slot::First, 0),
        };
        let sequence = last.checked_add(1).ok_or(Error::new(Operation::Cell, Errno::EOVERFLOW))?;
        let header = Header { sequence, len: value.len(), checksum: Checksum::of(value) };
        let start = self.start(slot);
        self.storage.write_at(start + Header::LEN, value)?;
        self.storage.sync(start + Header::LEN, value.len())?;
        self.storage.write_at(start, &header.encode(self.capacity))?;
        self.storage.sync(start, Header::LEN)?;
        self.synced = Some(sequence);
        Ok(())
    }

    /// The slot that holds the value.
    fn newest(&self) -> Result<Option<(Slot, Header)>> {
        self.find(|slot, header| Ok(self.checksum(slot, header.len)? == header.checksum))
    }

    /// The first slot, the newer one first, whose value is right. Writers may overtake the search, which leaves other
    /// headers behind: then it begins again. With the same headers once more, the values are damaged.
    fn find(
        &self,
        mut is_right: impl FnMut(Slot, &Header) -> Result<bool>,
    ) -> Result<Option<(Slot, Header)>> {
        let mut before = None;
        for _ in 0..ATTEMPTS {
            let slots = self.by_age()?;
            if before == Some(slots) {
                break;
            }
            let [newer, older] = slots;
            if let Some((slot, header)) = newer
                && is_right(slot, &header)?
            {
                return Ok(newer);
            }
            // The older value counts if the newer one is damaged, and not if it has just been overwritten.
            if let Some((slot, header)) = older
                && is_right(slot, &header)?
                && self.by_age()? == slots
            {
                return Ok(older);
            }
            before = Some(slots);
        }
        Ok(None)
    }

    /// The slots whose headers are right, the newer one first.
    fn by_age(&self) -> Result<[Option<(Slot, Header)>; 2]> {
        let [first, second] = Slot::BOTH;
        let read = |slot| -> Result<_> {
            let header =
                Header::decode(&self.header(slot)?).filter(|found| found.capacity == self.capacity as u64);
            Ok(header.map(|found| (slot, found.header)))
        };
        let (first, second) = (read(first)?, read(second)?);
        let sequence = |slot: &Option<(Slot, Header)>| slot.as_ref().map(|(_, header)| header.sequence);
        Ok(if sequence(&first) >= sequence(&second) { [first, second] } else { [second, first] })
    }

    fn header(&self, slot: Slot) -> Result<[u8; Header::LEN]> {
        let mut bytes = [0; Header::LEN];
        self.storage.read_at(self.start(slot), &mut bytes)?;
        Ok(bytes)
    }

    /// The checksum of a slot's bytes, a piece at a time.
    fn checksum(&self, slot: Slot, len: usize) -> Result<u64> {
        let mut checksum = Checksum::new();
        let mut piece = [0; 512];
        let mut done = 0;
        while done < len {
            let count = piece.len().min(len - done);
            self.storage.read_at(self.start(slot) + Header::LEN + done, &mut piece[..count])?;
            checksum.add(&piece[..count]);
            done += count;
        }
        Ok(checksum.value())
    }

    fn start(&self, slot: Slot) -> usize {
        match slot {
            Slot::First => 0,
            Slot::Second => self.slot_len,
        }
    }

    /// Why there is no value: the error, or the one that came up while finding out.
    #[cold]
    fn no_value(&self) -> Result<Error> {
        // The place of the first slot does not depend on the capacity.
        let found = Header::decode(&self.header(Slot::First)?).map(|found| found.capacity);
        Ok(match found {
            Some(found) if found != self.capacity as u64 => {
                let reason = Reason::OtherCapacity { asked: self.capacity, found };
                Error::because(Operation::Cell, Errno::EINVAL, reason)
            }
            _ => Error::because(Operation::Cell, Errno::EBADMSG, Reason::NoValue),
        })
    }
}

#[cold]
fn too_large(len: usize, most: usize) -> Error {
    Error::because(Operation::Cell, Errno::EMSGSIZE, Reason::TooLarge { len, most })
}

/// One of the two places for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    First,
    Second,
}

impl Slot {
    const BOTH: [Slot; 2] = [Slot::First, Slot::Second];

    fn other(self) -> Slot {
        match self {
            Slot::First => Slot::Second,
            Slot::Second => Slot::First,
        }
    }
}
