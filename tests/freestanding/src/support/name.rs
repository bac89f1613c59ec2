//! Names of shared objects.

use baremap::sys;

use super::text::Text;

/// A name in /dev/shm that is the test's own, and gone when this is.
pub(crate) struct Name(Text);

impl Name {
    pub(crate) fn new() -> Self {
        Self(Text::of(format_args!("baremap-test-{}", sys::getpid())))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn path(&self) -> Text {
        Text::of(format_args!("/dev/shm/{}", &*self.0))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = sys::unlink(self.path().as_c_str());
    }
}
