//! A durable cell on a model of a disk: after a stop at any moment, with any part of what was not synced lost, it holds the
//! old value or the new one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use baremap::map::Storage;
use baremap::{DurableCell, Errno, Error, File, Reason, Result};

/// What the disk writes at once. Smaller than any disk's, so that a header can be torn as well.
const SECTOR: usize = 16;

const CAPACITY: usize = 100;

/// The bytes of a disk.
type Image = Vec<u8>;

/// A disk with a cache that loses what it likes.
struct Disk<'test> {
    cache: RefCell<Image>,
    durable: RefCell<Image>,
    /// Sectors that differ, or may.
    dirty: RefCell<BTreeSet<usize>>,
    /// Called with every state in which the disk may be found after a stop.
    stopped: &'test dyn Fn(&Image),
}

impl<'test> Disk<'test> {
    fn new(image: Image, stopped: &'test dyn Fn(&Image)) -> Self {
        let dirty = RefCell::new(BTreeSet::new());
        Disk { cache: RefCell::new(image.clone()), durable: RefCell::new(image), dirty, stopped }
    }

    fn empty() -> Image {
        vec![0; DurableCell::space(CAPACITY).unwrap()]
    }

    /// A stop: of the dirty sectors, each subset has reached the disk.
    fn stop(&self) {
        let dirty: Vec<usize> = self.dirty.borrow().iter().copied().collect();
        let mut image = self.durable.borrow().clone();
        for subset in 0_u32..1 << dirty.len() {
            for (index, &sector) in dirty.iter().enumerate() {
                let source = if subset >> index & 1 == 0 { &self.durable } else { &self.cache };
                let range = sector * SECTOR..(sector + 1) * SECTOR;
                image[range.clone()].copy_from_slice(&source.borrow()[range]);
            }
            (self.stopped)(&image);
        }
    }
}

impl Storage for Disk<'_> {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        buffer.copy_from_slice(&self.cache.borrow()[offset..][..buffer.len()]);
        Ok(())
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.cache.borrow_mut()[offset..][..bytes.len()].copy_from_slice(bytes);
        let sectors = offset / SECTOR..(offset + bytes.len()).div_ceil(SECTOR);
        self.dirty.borrow_mut().extend(sectors);
        self.stop();
        Ok(())
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        let synced = |sector: &usize| (offset / SECTOR..(offset + len).div_ceil(SECTOR)).contains(sector);
        for sector in self.dirty.borrow().iter().filter(|sector| synced(sector)) {
            let range = sector * SECTOR..(sector + 1) * SECTOR;
            self.durable.borrow_mut()[range.clone()].copy_from_slice(&self.cache.borrow()[range]);
        }
        self.dirty.borrow_mut().retain(|sector| !synced(sector));
        self.stop();
        Ok(())
    }
}

fn ignore(_: &Image) {}

/// A disk on which these values were written, one after the other.
fn written(values: &[&[u8]]) -> Image {
    let disk = Disk::new(Disk::empty(), &ignore);
    let mut cell = DurableCell::create_on(&disk, CAPACITY).unwrap();
    for value in values {
        cell.write(value).unwrap();
    }
    disk.durable.into_inner()
}

/// The value after the machine has started again.
fn value(image: &Image) -> Result<Vec<u8>> {
    let disk = Disk::new(image.clone(), &ignore);
    let cell = DurableCell::open_on(disk, CAPACITY)?;
    let mut buffer = [0; CAPACITY];
    cell.read(&mut buffer).map(<[u8]>::to_vec)
}

/// Writes a value and calls with each state in which a stop could leave the disk.
fn write(image: &Image, value: &[u8], stopped: &dyn Fn(&Image)) {
    let disk = Disk::new(image.clone(), stopped);
    DurableCell::open_on(disk, CAPACITY).unwrap().write(value).unwrap();
}

#[test]
fn a_stop_at_any_moment_leaves_the_old_value_or_the_new() {
    let long = [b'x'; CAPACITY];
    let values: [&[u8]; 5] = [b"", b"short", b"the first forty bytes are of this one...", &long, b"short"];
    for old in values {
        for new in values {
            // Both slots were in use before.
            let image = written(&[b"before the old one", old]);
            let (olds, news) = (RefCell::new(0), RefCell::new(0));
            write(&image, new, &|image| match value(image).unwrap() {
                found if found == old => *olds.borrow_mut() += 1,
                found if found == new => *news.borrow_mut() += 1,
                found => panic!("neither {old:?} nor {new:?} but {found:?}"),
            });
            assert!(*olds.borrow() > 0 && (old == new || *news.borrow() > 0));
        }
    }
}

#[test]
fn a_stop_after_a_stop_leaves_one_of_the_values() {
    let (old, new, newer) = (&b"the old value"[..], &b"a new value, longer"[..], &b"newer"[..]);
    write(&written(&[b"before", old]), new, &|first| {
        let between = value(first).unwrap();
        write(first, newer, &|second| {
            let found = value(second).unwrap();
            assert!(found == between || found == newer, "{found:?}");
        });
    });
}

#[test]
fn a_stop_while_a_cell_is_made_leaves_none_or_an_empty_one() {
    for before in [Disk::empty(), written(&[b"another cell", b"that was there"])] {
        let old = value(&before).ok();
        let check = |image: &Image| match value(image) {
            Ok(found) => {
                assert!(found.is_empty() || Some(&found) == old.as_ref() || found == b"another cell")
            }
            Err(error) => assert_eq!(error.reason(), Reason::NoValue),
        };
        DurableCell::create_on(Disk::new(before.clone(), &check), CAPACITY).unwrap();
    }
}

#[test]
fn any_damage_to_the_newer_slot_leaves_the_older_value() {
    let image = written(&[b"the older value", b"the newer value"]);
    let older = written(&[b"the older value"]);
    // The bytes that the last write changed are its slot's.
    let changed: Vec<usize> = (0..image.len()).filter(|&byte| image[byte] != older[byte]).collect();
    let (first, last) = (changed[0] / SECTOR * SECTOR, changed[changed.len() - 1]);
    for byte in first..=last {
        for bit in 0..8 {
            let mut damaged = image.clone();
            damaged[byte] ^= 1 << bit;
            let found = value(&damaged).unwrap();
            assert_eq!(found, b"the older value", "bit {bit} of byte {byte}");
        }
    }
}

#[test]
fn damage_to_both_slots_is_an_error() {
    let mut image = written(&[b"the older value", b"the newer value"]);
    let slot = image.len() / 2;
    for start in [0, slot] {
        image[start] ^= 1;
    }
    let error = value(&image).unwrap_err();
    assert_eq!((error.errno(), error.reason()), (Errno::EBADMSG, Reason::NoValue));
    for byte in 0..=255 {
        assert!(value(&vec![byte; image.len()]).is_err());
    }
}

#[test]
fn another_capacity_is_an_error() {
    let disk = Disk::new(written(&[b"value"]), &ignore);
    let error = DurableCell::open_on(&disk, CAPACITY + 1).err().unwrap();
    let reason = Reason::OtherCapacity { asked: CAPACITY + 1, found: CAPACITY as u64 };
    assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, reason));
}

/// A disk whose syncs fail from some time on.
struct Failing<'test> {
    disk: &'test Disk<'test>,
    syncs_left: RefCell<u32>,
}

impl Storage for Failing<'_> {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        self.disk.read_at(offset, buffer)
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.disk.write_at(offset, bytes)
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        let left = self.syncs_left.borrow().checked_sub(1).ok_or_else(failure)?;
        *self.syncs_left.borrow_mut() = left;
        self.disk.sync(offset, len)
    }
}

/// Any error will do.
fn failure() -> Error {
    File::open(c"/nonexistent").unwrap_err()
}

#[test]
fn after_a_failed_sync_nothing_is_overwritten_any_more() {
    for syncs in 0..2 {
        let image = written(&[b"older", b"old"]);
        let check =
            |image: &Image| assert!([&b"old"[..], b"new"].contains(&value(image).unwrap().as_slice()));
        let disk = Disk::new(image, &check);
        let failing = Failing { disk: &disk, syncs_left: RefCell::new(syncs) };
        let mut cell = DurableCell::open_on(failing, CAPACITY).unwrap();
        assert_eq!(cell.write(b"new"), Err(failure()));
        let before = disk.cache.borrow().clone();
        for _ in 0..3 {
            assert_eq!(cell.write(b"another"), Err(failure()));
        }
        assert_eq!(*disk.cache.borrow(), before, "after {syncs} syncs");
    }
}

/// A file with its page cache and its disk: a killed process loses neither, a power cut the page cache.
struct Cached {
    cache: RefCell<Vec<u8>>,
    disk: RefCell<Vec<u8>>,
    /// So many syncs work; at the next one the process is killed.
    syncs: Cell<u32>,
}

/// What goes to the disk at once.
const CACHE_PAGE: usize = 4096;

impl Cached {
    fn new(len: usize) -> Self {
        Self {
            cache: RefCell::new(vec![0; len]),
            disk: RefCell::new(vec![0; len]),
            syncs: Cell::new(u32::MAX),
        }
    }

    fn write_back(&self, range: Range<usize>) {
        self.disk.borrow_mut()[range.clone()].copy_from_slice(&self.cache.borrow()[range]);
    }

    fn cut_the_power(&self) {
        self.cache.borrow_mut().copy_from_slice(&self.disk.borrow());
        self.syncs.set(u32::MAX);
    }
}

impl Storage for Cached {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        buffer.copy_from_slice(&self.cache.borrow()[offset..][..buffer.len()]);
        Ok(())
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.cache.borrow_mut()[offset..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        let Some(left) = self.syncs.get().checked_sub(1) else {
            // Any error stands for the kill.
            return baremap::File::open(c"/nonexistent").map(drop);
        };
        self.syncs.set(left);
        let start = offset / CACHE_PAGE * CACHE_PAGE;
        self.write_back(start..(offset + len).next_multiple_of(CACHE_PAGE));
        Ok(())
    }
}

// A writer is killed when its value is in the page cache and not on the disk; the next writer overwrites the other slot,
// and the power fails when any one page of that has been written back.
#[test]
fn a_value_that_only_the_page_cache_has_is_put_on_the_disk_before_the_other_goes() {
    const LEN: usize = 9000;
    let space = DurableCell::space(LEN).unwrap();
    for kept in 0..=4 {
        for page in 0..space / CACHE_PAGE {
            let storage = Cached::new(space);
            let mut cell = DurableCell::create_on(&storage, LEN).unwrap();
            cell.write(&[1; LEN]).unwrap();
            cell.write(&[2; LEN]).unwrap();
            storage.syncs.set(1);
            cell.write(&[3; LEN]).unwrap_err();

            storage.syncs.set(kept);
            let mut cell = DurableCell::open_on(&storage, LEN).unwrap();
            let _ = cell.write(&[4; LEN]);
            storage.write_back(page * CACHE_PAGE..(page + 1) * CACHE_PAGE);
            storage.cut_the_power();

            let cell = DurableCell::open_on(&storage, LEN).unwrap();
            let mut value = [0; LEN];
            let value = cell.read(&mut value).unwrap();
            assert!(
                value.len() == LEN && value.iter().all(|&byte| byte == value[0] && (2..=4).contains(&byte))
            );
        }
    }
}

/// A storage in which another writer replaces the value, twice, before each of the next reads of a value.
struct Overtaken<'disk> {
    disk: &'disk Cached,
    times: Cell<u32>,
}

impl Storage for Overtaken<'_> {
    fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<()> {
        // What is no longer than a header is one.
        if buffer.len() >= 100
            && let Some(left) = self.times.get().checked_sub(1)
        {
            self.times.set(left);
            let mut other = DurableCell::open_on(self.disk, 100)?;
            for value in [2 * left + 1, 2 * left] {
                other.write(&[value as u8; 100])?;
            }
        }
        self.disk.read_at(offset, buffer)
    }

    fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.disk.write_at(offset, bytes)
    }

    fn sync(&self, offset: usize, len: usize) -> Result<()> {
        self.disk.sync(offset, len)
    }
}

#[test]
fn a_reader_that_is_overtaken_again_and_again_finds_the_last_value() {
    let disk = Cached::new(DurableCell::space(100).unwrap());
    DurableCell::create_on(&disk, 100).unwrap().write(&[200; 100]).unwrap();
    let storage = Overtaken { disk: &disk, times: Cell::new(0) };
    let cell = DurableCell::open_on(&storage, 100).unwrap();
    storage.times.set(50);
    assert_eq!(cell.read(&mut [0; 100]).unwrap(), [0; 100]);

    storage.times.set(50);
    DurableCell::open_on(&storage, 100).unwrap();
    assert_eq!(storage.times.get(), 0);
}

// A search for the newest value looks at it a piece at a time; what it does not recognise it would write over.
#[test]
fn the_value_before_one_of_many_pieces_is_still_there() {
    const LEN: usize = 5000;
    let value = |seed: usize| (0..LEN).map(|index| (index / 500 + index + seed) as u8).collect::<Vec<u8>>();
    let space = DurableCell::space(LEN).unwrap();
    let disk = Cached::new(space);
    let mut cell = DurableCell::create_on(&disk, LEN).unwrap();
    for seed in 1..4 {
        cell.write(&value(seed)).unwrap();
        if seed == 1 {
            continue;
        }
        // Whichever slot is damaged, the other one's value is found.
        let found = [0, space / 2].map(|slot| {
            disk.cache.borrow_mut()[slot] ^= 1;
            let cell = DurableCell::open_on(&disk, LEN).unwrap();
            let found = cell.read(&mut [0; LEN]).unwrap().to_vec();
            disk.cache.borrow_mut()[slot] ^= 1;
            found
        });
        assert!(found.contains(&value(seed)) && found.contains(&value(seed - 1)));
    }
}

#[test]
fn a_new_cell_has_nothing_of_the_one_before_whatever_is_damaged() {
    let disk = Disk::new(written(&[b"before", b"the one before"]), &ignore);
    DurableCell::create_on(&disk, CAPACITY).unwrap();
    let image = disk.durable.into_inner();
    assert_eq!(value(&image).unwrap(), b"");
    for slot in [0, image.len() / 2] {
        let mut damaged = image.clone();
        damaged[slot] ^= 1;
        if let Ok(found) = value(&damaged) {
            assert_eq!(found, b"", "slot at {slot}");
        }
    }
}

/// CRC-64/XZ, bit by bit, as the catalogue of CRCs defines it.
fn crc(bytes: &[u8]) -> u64 {
    let step = |rest: u64, _| if rest & 1 == 0 { rest >> 1 } else { rest >> 1 ^ 0xc96c_5795_d787_0f42 };
    !bytes.iter().fold(!0, |rest, &byte| (0..8).fold(rest ^ u64::from(byte), step))
}

/// The places of a header's numbers, in 64-bit words.
const MAGIC: usize = 0;
const LENGTH: usize = 3;
const OF_BYTES: usize = 4;
const OF_HEADER: usize = 5;

// Its checksum is right, so that only what it says can be wrong with it.
#[test]
fn a_header_that_says_what_no_cell_does_does_not_count() {
    let image = written(&[b"the older value", b"the newer value"]);
    let newer = [0, image.len() / 2].into_iter().find(|slot| image[slot + 48..].starts_with(b"the newer"));
    let slot = newer.expect("the newer value follows its header");
    let with = |changes: &[(usize, u64)]| {
        let mut image = image.clone();
        let mut set = |word: usize, number: u64| {
            image[slot + 8 * word..][..8].copy_from_slice(&number.to_le_bytes());
            crc(&image[slot..slot + 8 * OF_HEADER])
        };
        let own = changes.iter().fold(0, |_, &(word, number)| set(word, number));
        set(OF_HEADER, own);
        value(&image).unwrap()
    };
    let bytes = |len: usize| crc(&image[slot + 48..][..len]);
    // These are right.
    assert_eq!(with(&[(OF_BYTES, bytes(15))]), b"the newer value");
    assert_eq!(with(&[(LENGTH, 9), (OF_BYTES, bytes(9))]), b"the newer");
    // And these are not: another version, and more bytes than there is room for.
    assert_eq!(with(&[(MAGIC, u64::from_le_bytes(*b"baremap\x02"))]), b"the older value");
    let len = CAPACITY + 1;
    assert_eq!(with(&[(LENGTH, len as u64), (OF_BYTES, bytes(len))]), b"the older value");
}
