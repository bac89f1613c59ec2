//! The sizes that blocks have.

/// Bytes of the largest block that is kept when it is freed.
const LARGEST: usize = 128 * 1024;
/// Up to here every multiple of 16 is a size; from here on four to each power of two.
const FINE: usize = 128;
const STEP: usize = 16;

/// A size of which blocks are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    index: usize,
    len: usize,
}

impl Class {
    /// How many there are.
    pub(super) const COUNT: usize = FINE / STEP + 4 * (LARGEST / FINE).ilog2() as usize;

    /// The smallest that so many bytes go into, at least one; none for a large block.
    pub(super) const fn of(len: usize) -> Option<Class> {
        if len > LARGEST {
            return None;
        }
        if len <= FINE {
            let index = len.div_ceil(STEP) - 1;
            return Some(Class { index, len: (index + 1) * STEP });
        }
        // The power of two below, or a quarter of the way to the next, or half, or three quarters, or the next.
        let power = (len - 1).ilog2();
        let step = (1_usize << power) / 4;
        let steps = (len - (1 << power)).div_ceil(step);
        let index = FINE / STEP + 4 * (power - FINE.ilog2()) as usize + steps - 1;
        Some(Class { index, len: (1 << power) + steps * step })
    }

    /// Its place among all.
    pub(super) const fn index(self) -> usize {
        self.index
    }

    /// Bytes of its blocks.
    pub(super) const fn len(self) -> usize {
        self.len
    }
}

// Every length goes into its class and into no smaller one, and the classes are counted without a gap.
const _: () = {
    let (mut len, mut last) = (1, 0);
    while len <= LARGEST {
        let Some(class) = Class::of(len) else { panic!() };
        assert!(class.index < Class::COUNT && class.len >= len && class.len.is_multiple_of(STEP));
        assert!(class.index == last || class.index == last + 1);
        last = class.index;
        // All lengths up to the next class are in this one.
        let Some(largest) = Class::of(class.len) else { panic!() };
        assert!(largest.index == class.index && largest.len == class.len);
        len = class.len + 1;
    }
    assert!(last == Class::COUNT - 1);
};
