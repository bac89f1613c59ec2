//! Short texts for the kernel: names and paths.

use core::ffi::CStr;
use core::fmt::{self, Write};

/// Up to 39 bytes of text and a null: `.baremap-`, a dash and two numbers of 32 bits; a path below /proc of two numbers.
pub(crate) struct ShortText {
    bytes: [u8; 40],
    len: usize,
}

impl ShortText {
    pub(crate) fn of(text: fmt::Arguments<'_>) -> Self {
        let mut short = Self { bytes: [0; 40], len: 0 };
        let result = short.write_fmt(text);
        debug_assert!(result.is_ok(), "the longest text has room");
        short
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

impl Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let most = self.bytes.len() - 1;
        let room = self.bytes[..most].get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
