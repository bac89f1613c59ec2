//! The start of an object: what it is.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::share::Shared;
use crate::sync::Engine;
use crate::sys;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Says that this is an object of this crate; the lowest byte is the version of its layout.
const MAGIC: u64 = u64::from_be_bytes(*b"shared!\0");
/// The version of the layout that is described here.
const VERSION: u8 = 1;
const VERSION_BYTE: u64 = 0xff;

/// What all processes read before they believe that an object is what they think. It is written before the object has a name,
/// and never again.
#[repr(C)]
pub(super) struct Header {
    label: AtomicU64,
    /// The layout of the value that follows.
    layout: AtomicU64,
    /// Bytes of the object, this header included.
    size: AtomicU64,
    engine: AtomicU64,
    /// Up to a cache line.
    _line: [AtomicU64; 4],
}

// SAFETY: atomic numbers and nothing else.
unsafe impl Shared for Header {}

/// How locks in an object learn that their owner was killed, as the maker's kernel has it.
fn engine_of_this_process() -> Engine {
    match sys::get_robust_list(None) {
        Ok(_) => Engine::RobustList,
        Err(_) => Engine::OwnerCheck,
    }
}

const fn number_of(engine: Engine) -> u64 {
    match engine {
        Engine::RobustList => 1,
        Engine::OwnerCheck => 2,
    }
}

const fn engine_of(number: u64) -> Option<Engine> {
    match number {
        1 => Some(Engine::RobustList),
        2 => Some(Engine::OwnerCheck),
        _ => None,
    }
}

/// A header, copied out of an object: it does not change any more.
pub(super) struct Facts {
    label: u64,
    layout: u64,
    pub(super) size: u64,
    engine: u64,
}

impl Header {
    pub(super) fn write<T: Shared>(&self, size: u64) {
        self.label.store(MAGIC | u64::from(VERSION), Relaxed);
        self.layout.store(T::LAYOUT, Relaxed);
        self.size.store(size, Relaxed);
        self.engine.store(number_of(engine_of_this_process()), Relaxed);
    }
}

impl Facts {
    /// Bytes that are read.
    pub(super) const LEN: usize = 32;

    pub(super) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        // A header's first words.
        let word = |index: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[8 * index..8 * (index + 1)]);
            u64::from_ne_bytes(word)
        };
        Self { label: word(0), layout: word(1), size: word(2), engine: word(3) }
    }

    /// Whether these are of an object that this version of the crate knows.
    pub(super) fn check_label(&self) -> Result<()> {
        let refuse = |reason| Err(Error::because(Operation::Shm, Errno::EINVAL, reason));
        let version = (self.label & VERSION_BYTE) as u8;
        match self.label & !VERSION_BYTE {
            MAGIC if version == VERSION => Ok(()),
            MAGIC => refuse(Reason::OtherVersion { found: version, expected: VERSION }),
            _ => refuse(Reason::NoObject),
        }
    }

    /// Whether the object holds a value of this type.
    pub(super) fn check_layout<T: Shared>(&self) -> Result<()> {
        if self.layout == T::LAYOUT {
            return Ok(());
        }
        let reason = Reason::OtherLayout { found: self.layout, expected: T::LAYOUT };
        Err(Error::because(Operation::Shm, Errno::EINVAL, reason))
    }

    pub(super) const fn engine(&self) -> Option<Engine> {
        engine_of(self.engine)
    }
}
