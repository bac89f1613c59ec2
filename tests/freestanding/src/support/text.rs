//! Text of limited length, without an allocator.

use core::ffi::CStr;
use core::fmt::{self, Display, Write};
use core::ops::Deref;

/// Up to 1,023 bytes of text and a null.
pub(crate) struct Text {
    bytes: [u8; 1024],
    len: usize,
}

impl Text {
    /// What the value prints.
    pub(crate) fn of(value: impl Display) -> Self {
        let mut text = Self { bytes: [0; 1024], len: 0 };
        write!(text, "{value}").expect("the text is short enough");
        text
    }

    /// As a path.
    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_with_nul(&self.bytes[..=self.len]).expect("text has no nulls")
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        // One byte stays for the null.
        let room = self.bytes[..1023].get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).expect("it was written as text")
    }
}
