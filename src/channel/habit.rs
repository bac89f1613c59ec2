//! What is done as long as it is of use.

/// Something that is of use at times.
#[derive(Clone, Copy)]
pub(super) struct Habit {
    strength: u32,
    /// Waits until it is tried again, and how many there were the last time.
    pause: u32,
    last_pause: u32,
}

impl Habit {
    /// Halved each time that it comes to nothing.
    pub(super) const MOST: u32 = 8;
    const FIRST_PAUSE: u32 = 16;
    const LONGEST_PAUSE: u32 = 1 << 12;

    pub(super) const fn new() -> Self {
        Self { strength: Self::MOST, pause: 0, last_pause: Self::FIRST_PAUSE }
    }

    /// How much of it to do in this wait, from 0 to [`Habit::MOST`].
    pub(super) const fn next(&mut self) -> u32 {
        match self.pause.checked_sub(1) {
            None => self.strength,
            Some(left) => {
                self.pause = left;
                // At the end of a pause once, at its best.
                if left == 0 { Self::MOST } else { 0 }
            }
        }
    }

    /// What came of it.
    pub(super) fn learn(&mut self, was_of_use: bool) {
        if was_of_use {
            *self = Self::new();
        } else if self.pause == 0 {
            self.strength /= 2;
            if self.strength == 0 {
                self.pause = self.last_pause;
                self.last_pause = (self.last_pause * 2).min(Self::LONGEST_PAUSE);
            }
        }
    }

    /// It was worse than to do without it.
    pub(super) const fn stop(&mut self) {
        *self = Self { strength: 0, pause: Self::LONGEST_PAUSE, last_pause: Self::LONGEST_PAUSE };
    }
}
