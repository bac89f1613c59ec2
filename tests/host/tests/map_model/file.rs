//! A map of a file in memory, which is written and made longer and shorter beside it.

use super::pages::{self, Ask, Held, fails_with};
use super::space::{Space, with_room};
use super::{Amount, PAGES, Room, Span, Step, amount, fits, out_of_bounds, pattern, room, round_up, span};
use baremap::map::{Access, Changed, CopyOnWrite, NoAccess, ReadOnly, ReadWrite};
use baremap::sys::ProtFlags;
use baremap::{Errno, Error, File, FileMap, MapOptions, Reason, page};
use proptest::prelude::*;
use std::ffi::CString;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};

mod bytes;

use bytes::Bytes;

#[derive(Clone, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    Map(Kind, Amount),
    Change(To, Room),
    ReadAt(Span),
    WriteAt(Span, u8),
    Load(Amount),
    Store(Amount, u64),
    Flush(Flush, Span),
    /// Discards, or makes a hole.
    ThrowAway(Span),
    Prefault {
        write: bool,
        span: Span,
    },
    Ask(Ask),
    WriteFile(Span, u8),
    TruncateFile(Amount),
    SetLen(Amount, Room),
    Remap(Room),
    /// Both of them, with another file.
    OtherFile(Amount),
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Kind {
    Read,
    /// By a descriptor that is not open for writing.
    ReadOnlyDescriptor,
    Write,
    Copy,
    CopyReadOnly,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum To {
    ReadOnly,
    Mut,
    CopyOnWrite,
    None,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Flush {
    Sync,
    Invalidate,
    Async,
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let kind = prop::sample::select(vec![
        Kind::Read,
        Kind::ReadOnlyDescriptor,
        Kind::Write,
        Kind::Write,
        Kind::Copy,
        Kind::Copy,
        Kind::CopyReadOnly,
    ]);
    let to = prop::sample::select(vec![
        To::ReadOnly,
        To::Mut,
        To::Mut,
        To::CopyOnWrite,
        To::CopyOnWrite,
        To::None,
    ]);
    let flush = prop::sample::select(vec![Flush::Sync, Flush::Invalidate, Flush::Async]);
    prop_oneof![
        2 => (kind, amount()).prop_map(|(kind, offset)| Op::Map(kind, offset)),
        4 => (to, room()).prop_map(|(to, room)| Op::Change(to, room)),
        2 => span().prop_map(Op::ReadAt),
        4 => (span(), any::<u8>()).prop_map(|(span, byte)| Op::WriteAt(span, byte)),
        1 => amount().prop_map(Op::Load),
        2 => (amount(), any::<u64>()).prop_map(|(at, value)| Op::Store(at, value)),
        2 => (flush, span()).prop_map(|(flush, span)| Op::Flush(flush, span)),
        2 => span().prop_map(Op::ThrowAway),
        2 => (any::<bool>(), span()).prop_map(|(write, span)| Op::Prefault { write, span }),
        3 => pages::ask().prop_map(Op::Ask),
        3 => (span(), any::<u8>()).prop_map(|(span, byte)| Op::WriteFile(span, byte)),
        2 => amount().prop_map(Op::TruncateFile),
        4 => (amount(), room()).prop_map(|(len, room)| Op::SetLen(len, room)),
        4 => room().prop_map(Op::Remap),
        1 => amount().prop_map(Op::OtherFile),
    ]
}

enum Any {
    Write(FileMap<ReadWrite>),
    Read(FileMap<ReadOnly>),
    Copy(FileMap<CopyOnWrite>),
    None(FileMap<NoAccess>),
}

macro_rules! each {
    ($any:expr, $map:ident => $do:expr) => {
        match $any {
            Any::Write($map) => $do,
            Any::Read($map) => $do,
            Any::Copy($map) => $do,
            Any::None($map) => $do,
        }
    };
}

/// What can be read; for one that cannot, `None`.
macro_rules! readable {
    ($any:expr, $map:ident => $do:expr) => {
        match $any {
            Any::Write($map) => Some($do),
            Any::Read($map) => Some($do),
            Any::Copy($map) => Some($do),
            Any::None(_) => None,
        }
    };
}

macro_rules! writable {
    ($any:expr, $map:ident => $do:expr) => {
        match $any {
            Any::Write($map) => Some($do),
            Any::Copy($map) => Some($do),
            Any::Read(_) | Any::None(_) => None,
        }
    };
}

macro_rules! from {
    ($($name:ident: $protection:ty,)*) => {
        $(impl From<FileMap<$protection>> for Any {
            fn from(map: FileMap<$protection>) -> Self {
                Any::$name(map)
            }
        })*
    };
}

from! { Write: ReadWrite, Read: ReadOnly, Copy: CopyOnWrite, None: NoAccess, }

fn settle<N: Into<Any>, O: Into<Any>>(changed: Changed<N, O>) -> (Any, Result<(), Error>) {
    match changed {
        Ok(map) => (map.into(), Ok(())),
        Err(failed) => {
            let error = failed.error();
            (failed.into_map().into(), Err(error))
        }
    }
}

impl Any {
    fn protection(&self) -> ProtFlags {
        match self {
            Any::Write(_) | Any::Copy(_) => ProtFlags::READ | ProtFlags::WRITE,
            Any::Read(_) => ProtFlags::READ,
            Any::None(_) => ProtFlags::empty(),
        }
    }
}

pub(crate) struct Model {
    file: File,
    read_only: File,
    other: File,
    /// `None` only while it is changed.
    map: Option<Any>,
    bytes: Bytes,
    /// Whether the kernel would make it writable; `None` where a new map may have taken the place of the old.
    is_writable: Option<bool>,
    held: Held,
}

impl Model {
    pub(crate) fn new() -> Self {
        let (file, other) = (File::unnamed().unwrap(), File::unnamed().unwrap());
        let path = CString::new(format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())).unwrap();
        let read_only = File::open(&path).unwrap();
        let bytes = pattern(1, (PAGES - 1) * page::size() + 100);
        file.write_all_at(&bytes, 0).unwrap();
        let map = Some(Any::from(FileMap::write(&file).unwrap()));
        let bytes = Bytes::new(bytes);
        Model { file, read_only, other, map, bytes, is_writable: Some(true), held: Held::default() }
    }

    /// Drops the map, and gives the file that it was of.
    pub(crate) fn close(self) -> File {
        self.file
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Step {
        // Where a private page is locked, the kernel copies it when it becomes writable, if not before.
        if self.held.locked {
            self.bytes.may_be_copied(0, self.bytes.len);
        }
        let (size, file_size, most) = (self.bytes.len, self.bytes.file.len(), 2 * PAGES * page::size());
        match *op {
            Op::Map(kind, offset) => self.make(kind, offset.resolve(file_size)),
            Op::Change(to, room) => self.change(to, room),
            Op::ReadAt(span) => {
                let (at, len) = span.resolve(size);
                self.read_at(at, len.min(most))
            }
            Op::WriteAt(span, byte) => {
                let (at, len) = span.resolve(size);
                let write = |map: &_, at, bytes: &_| writable!(map, map => map.write_at(at, bytes));
                self.store(at, &pattern(byte, len.min(most)), write)
            }
            Op::Load(at) => self.load(at.resolve(size)),
            Op::Store(at, value) => {
                let store = |map: &_, at, _: &_| writable!(map, map => map.store(at, value));
                self.store(at.resolve(size), &value.to_ne_bytes(), store)
            }
            Op::Flush(flush, span) => self.flush(flush, span),
            Op::ThrowAway(span) => self.throw_away(span),
            Op::Prefault { write, span } => self.prefault(write, span),
            Op::Ask(ref ask) => {
                let (lead, len) = (self.bytes.lead(), self.bytes.len);
                let held = &mut self.held;
                each!(self.map.as_ref().unwrap(), map => pages::apply(ask, map.pages(), lead, len, held))?;
                if self.held.locked {
                    self.bytes.may_be_copied(0, len);
                }
                Ok(())
            }
            Op::WriteFile(span, byte) => {
                let (at, len) = span.resolve(file_size);
                let (at, bytes) = (at.min(most), pattern(byte, len.min(most)));
                self.file.write_all_at(&bytes, at as u64).unwrap();
                self.bytes.write_file(at, &bytes);
                Ok(())
            }
            Op::TruncateFile(len) => {
                let len = len.resolve(file_size).min(most);
                self.file.set_len(len as u64).unwrap();
                self.bytes.truncate_file(len);
                Ok(())
            }
            Op::SetLen(len, room) => self.set_len(len.resolve(size), room),
            Op::Remap(room) => {
                let map = self.map.as_mut().unwrap();
                let result = with_room(room, || each!(map, map => map.remap(&self.file)));
                self.remapped(result, room)
            }
            Op::OtherFile(len) => {
                let map = self.map.as_mut().unwrap();
                for result in [
                    each!(map, map => map.remap(&self.other)),
                    each!(map, map => map.set_len(&self.other, len.resolve(size))),
                ] {
                    let error = result.unwrap_err();
                    prop_assert_eq!((error.errno(), error.reason()), (Errno::EINVAL, Reason::OtherFile));
                }
                prop_assert_eq!(self.other.len().unwrap(), 0);
                Ok(())
            }
        }
    }

    fn make(&mut self, kind: Kind, offset: usize) -> Step {
        let (options, size) = (MapOptions::new().offset(offset as u64), self.bytes.file.len());
        let made = match kind {
            Kind::Read => options.map(&self.file).map(Any::from),
            Kind::ReadOnlyDescriptor => options.map(&self.read_only).map(Any::from),
            Kind::Write => options.map_mut(&self.file).map(Any::from),
            Kind::Copy => options.map_copy(&self.file).map(Any::from),
            Kind::CopyReadOnly => options.map_copy_read_only(&self.file).map(Any::from),
        };
        match made {
            Ok(map) => {
                prop_assert!(offset <= size);
                self.map = Some(map);
                self.held = Held::default();
                self.is_writable = Some(!matches!(kind, Kind::ReadOnlyDescriptor));
                self.bytes.map(offset, matches!(kind, Kind::Copy | Kind::CopyReadOnly));
            }
            Err(error) => {
                prop_assert!(offset > size, "{error:?}");
                prop_assert_eq!(error.errno(), Errno::EINVAL);
                prop_assert!(matches!(error.reason(), Reason::PastEnd { .. }), "{error:?}");
            }
        }
        Ok(())
    }

    fn change(&mut self, to: To, room: Room) -> Step {
        let map = self.map.take().unwrap();
        let before = map.protection();
        let (map, result) = with_room(room, || {
            each!(map, map => match to {
                To::ReadOnly => settle(map.make_read_only()),
                To::Mut => settle(map.make_mut()),
                To::CopyOnWrite => settle(map.make_copy_on_write()),
                To::None => settle(map.make_none()),
            })
        });
        let after = map.protection();
        self.map = Some(map);
        let (is_private, is_empty) = (self.bytes.is_private, self.bytes.len == 0);
        let expected = match to {
            To::ReadOnly => ProtFlags::READ,
            To::None => ProtFlags::empty(),
            To::Mut | To::CopyOnWrite => ProtFlags::READ | ProtFlags::WRITE,
        };
        prop_assert_eq!(after, if result.is_ok() { expected } else { before });
        let refused = match to {
            To::Mut if is_private => Some((Errno::EINVAL, Reason::PrivateMap)),
            To::CopyOnWrite if !is_private => Some((Errno::EINVAL, Reason::SharedMap)),
            To::Mut if self.is_writable == Some(false) && !is_empty => Some((Errno::EACCES, Reason::Kernel)),
            _ => None,
        };
        if let Some(refused) = refused {
            prop_assert_eq!(result.map_err(|error| (error.errno(), error.reason())), Err(refused));
            return Ok(());
        }
        let errors: &[Errno] = match to {
            To::CopyOnWrite if room.is_limited() => &[Errno::ENOMEM],
            To::Mut if self.is_writable.is_none() => &[Errno::EACCES],
            _ => &[],
        };
        fails_with(result, errors).map(drop)
    }

    fn read_at(&mut self, at: usize, len: usize) -> Step {
        let mut buffer = vec![1; len];
        let map = self.map.as_ref().unwrap();
        let Some(result) = readable!(map, map => map.read_at(at, &mut buffer)) else { return Ok(()) };
        let copied = self.bytes.outcome(result, at, len)?;
        self.bytes.compare(at, &buffer[..copied])
    }

    fn load(&mut self, at: usize) -> Step {
        let map = self.map.as_ref().unwrap();
        let Some(result) = readable!(map, map => map.load::<u64>(at)) else { return Ok(()) };
        self.bytes.outcome(result.map(drop), at, size_of::<u64>())?;
        result.map_or(Ok(()), |value| self.bytes.compare(at, &value.to_ne_bytes()))
    }

    fn store(
        &mut self,
        at: usize,
        bytes: &[u8],
        store: impl Fn(&Any, usize, &[u8]) -> Option<Result<(), Error>>,
    ) -> Step {
        if !self.bytes.is_storable(at, bytes.len()) {
            return Ok(());
        }
        let Some(result) = store(self.map.as_ref().unwrap(), at, bytes) else { return Ok(()) };
        let stored = self.bytes.outcome(result, at, bytes.len())?;
        self.bytes.store(at, &bytes[..stored]);
        Ok(())
    }

    fn flush(&self, flush: Flush, span: Span) -> Step {
        let (at, len) = span.resolve(self.bytes.len);
        let result = each!(self.map.as_ref().unwrap(), map => match flush {
            Flush::Sync => map.flush_range(at, len),
            Flush::Invalidate => map.flush_invalidate_range(at, len),
            Flush::Async => map.flush_async_range(at, len),
        });
        if self.bytes.is_private {
            prop_assert_eq!(result.unwrap_err().reason(), Reason::PrivateMap);
        } else if !fits(at, len, self.bytes.len) {
            out_of_bounds(result.unwrap_err(), at, len, self.bytes.len)?;
        } else {
            let may_be_busy = matches!(flush, Flush::Invalidate) && self.held.locked;
            fails_with(result, if may_be_busy { &[Errno::EBUSY] } else { &[] })?;
        }
        Ok(())
    }

    fn throw_away(&mut self, span: Span) -> Step {
        let size = self.bytes.len;
        let (at, len) = span.resolve(size);
        let (result, or_end) = match self.map.as_mut().unwrap() {
            Any::Copy(map) => (map.discard(at, len), true),
            Any::Write(map) => (map.punch_hole(at, len), false),
            Any::Read(_) | Any::None(_) => return Ok(()),
        };
        if !fits(at, len, size) {
            return out_of_bounds(result.unwrap_err(), at, len, size);
        }
        let [start, end] = [at, at + len].map(|at| (self.bytes.lead() + at).is_multiple_of(page::size()));
        let is_end = end || or_end && at + len == size;
        if !start || !is_end {
            let error = result.unwrap_err();
            prop_assert!(matches!(error.reason(), Reason::Misaligned { .. }), "{error:?}");
            return Ok(());
        }
        if fails_with(result, if self.held.locked { &[Errno::EINVAL] } else { &[] })? {
            self.bytes.throw_away(at, len);
            return Ok(());
        }
        // The kernel goes from page to page until it comes to one that is locked.
        let mut found = vec![0; self.bytes.file.len()];
        self.file.read_exact_at(&mut found, 0).unwrap();
        self.bytes.may_be_thrown_away(at, len, &found);
        Ok(())
    }

    fn prefault(&mut self, write: bool, span: Span) -> Step {
        fn read<P: Access>(map: &FileMap<P>, at: usize, len: usize) -> Result<(), Error> {
            map.pages().range(at, len)?.prefault_read()
        }
        let size = self.bytes.len;
        let (at, len) = span.resolve(size);
        let map = self.map.as_ref().unwrap();
        let result = if write {
            writable!(map, map => map.pages().range(at, len).and_then(|pages| pages.prefault_write()))
        } else {
            readable!(map, map => read(map, at, len))
        };
        let Some(result) = result else { return Ok(()) };
        if !fits(at, len, size) {
            return out_of_bounds(result.unwrap_err(), at, len, size);
        }
        if write {
            self.bytes.may_be_copied(at, len);
        }
        let is_there = len == 0 || at + len <= self.bytes.there();
        prop_assert_eq!(result.map_err(Error::errno), if is_there { Ok(()) } else { Err(Errno::EFAULT) });
        Ok(())
    }

    fn set_len(&mut self, len: usize, room: Room) -> Step {
        let map = self.map.as_mut().unwrap();
        let result = with_room(room, || each!(map, map => map.set_len(&self.file, len)));
        if len > isize::MAX as usize {
            prop_assert_eq!(result.unwrap_err().reason(), Reason::TooLong { len: len as u64 });
            return Ok(());
        }
        self.bytes.truncate_file(self.bytes.offset + len);
        self.remapped(result, room)
    }

    fn remapped(&mut self, result: Result<(), Error>, room: Room) -> Step {
        let (old, new) = (self.bytes.len, self.bytes.file.len().saturating_sub(self.bytes.offset));
        if let Err(error) = result {
            let is_private = self.bytes.is_private;
            let is_expected = match error.errno() {
                Errno::ENOMEM => room.is_limited() && is_private,
                Errno::EFAULT => self.held.cut && is_private,
                Errno::EAGAIN => self.held.locked,
                _ => false,
            };
            prop_assert!(is_expected && new > old, "{error:?}, {old} bytes to be {new}, {:?}", self.held);
            return Ok(());
        }
        if old == 0 {
            self.is_writable = Some(true);
        } else if self.held.cut && self.is_writable == Some(false) {
            self.is_writable = None;
        }
        if old == 0 || new == 0 {
            self.held = Held::default();
        }
        self.bytes.remap();
        Ok(())
    }

    pub(crate) fn verify(&mut self, space: &Space, seen: &mut Vec<Range<usize>>) -> Step {
        let (lead, len) = (self.bytes.lead(), self.bytes.len);
        let map = self.map.as_ref().unwrap();
        // The length, also of one that lends no bytes.
        each!(map, map => {
            prop_assert!(map.pages().range(len, 0).is_ok(), "shorter than {} bytes", len);
            prop_assert!(map.pages().range(len, 1).is_err(), "longer than {} bytes", len);
        });
        let protection = map.protection();
        self.read_at(0, len)?;

        let mut found = vec![1; self.bytes.file.len()];
        prop_assert_eq!(self.file.len().unwrap(), found.len() as u64);
        self.file.read_exact_at(&mut found, 0).unwrap();
        prop_assert!(found == self.bytes.file, "other bytes in the file");

        let regions = space.of(&self.file);
        let mapped = if len == 0 { 0 } else { round_up(lead + len) };
        prop_assert_eq!(
            regions.iter().map(|region| region.range.len()).sum::<usize>(),
            mapped,
            "{:x?}",
            regions
        );
        let mut offset = (self.bytes.offset - self.bytes.offset % page::size()) as u64;
        for region in regions {
            let found = (region.protection, region.is_shared, region.offset);
            prop_assert_eq!(found, (protection, !self.bytes.is_private, offset), "{:x?}", region);
            offset += region.range.len() as u64;
            seen.push(region.range);
        }
        Ok(())
    }
}
