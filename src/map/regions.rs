//! What is mapped where in this process.

use crate::error::{Error, Operation, Reason, Result};
use crate::file::File;
use crate::{Errno, sys::ProtFlags};
use core::fmt;
use core::ops::Range;

mod line;

/// Bytes of a line that are kept: more than the longest path that the kernel takes and the numbers before it.
const BUFFER: usize = 2 * linux_raw_sys::general::PATH_MAX as usize;

/// Lists what is mapped in this process, from the lowest address to the highest, as /proc/self/maps says.
///
/// It allocates nothing and maps nothing, so that it does not change what it lists. It is no snapshot either: what other
/// threads map and unmap meanwhile may be there or not, and neighbours with the same properties are one region.
///
/// ```
/// use baremap::{AnonMap, map, sys::ProtFlags};
///
/// let page = AnonMap::new(1)?;
/// let mut found = None;
/// let mut regions = map::regions()?;
/// while let Some(region) = regions.next()? {
///     if region.range().contains(&page.as_ptr().addr()) {
///         found = Some((region.protection(), region.is_shared()));
///     }
/// }
/// assert_eq!(found, Some((ProtFlags::READ | ProtFlags::WRITE, false)));
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// # Errors
/// `ENOENT` (/proc is not mounted), `EMFILE`, `ENFILE`.
pub fn regions() -> Result<Regions> {
    File::open(c"/proc/thread-self/maps").map(Regions::of)
}

/// The regions of a process, see [`regions`].
///
/// After a fork, what was opened before still lists the parent, from one position for both: a child opens its own.
pub struct Regions {
    file: File,
    buffer: [u8; BUFFER],
    /// The part of the buffer that has been read and not yet handed out.
    unread: Range<usize>,
    /// Whether the line that the buffer begins with is the rest of one that did not fit.
    in_long_line: bool,
}

impl Regions {
    /// The regions that a file of the form of /proc/PID/maps lists, from the file's position on.
    #[must_use]
    pub fn of(file: File) -> Self {
        Self { file, buffer: [0; BUFFER], unread: 0..0, in_long_line: false }
    }

    /// The next region, or `None` after the last.
    ///
    /// # Errors
    /// `EBADMSG` with [`Reason::BadRegion`] (a line that no kernel writes; the next call goes on after it), those of
    /// [`File::read`].
    #[expect(clippy::should_implement_trait, reason = "a path is lent, which Iterator cannot say")]
    pub fn next(&mut self) -> Result<Option<Region<'_>>> {
        loop {
            let Some(line) = self.next_line()? else { return Ok(None) };
            let (is_rest, is_whole) = (self.in_long_line, line.is_whole);
            self.in_long_line = !is_whole;
            if !is_rest {
                return Region::parse(&self.buffer[line.range])
                    .map(|region| Some(Region { is_whole, ..region }));
            }
        }
    }

    /// Finds the next line, or as much of it as fits into the buffer, and marks it as read.
    fn next_line(&mut self) -> Result<Option<Line>> {
        let mut searched = 0;
        loop {
            let Range { start, end } = self.unread;
            if let Some(len) = self.buffer[start + searched..end].iter().position(|&byte| byte == b'\n') {
                let line = start..start + searched + len;
                self.unread.start = line.end + 1;
                return Ok(Some(Line { range: line, is_whole: true }));
            }
            searched = end - start;
            if searched == BUFFER {
                self.unread = 0..0;
                return Ok(Some(Line { range: 0..BUFFER, is_whole: false }));
            }
            self.buffer.copy_within(start..end, 0);
            self.unread = 0..searched;
            let count = self.file.read(&mut self.buffer[searched..])?;
            self.unread.end += count;
            if count == 0 {
                // The last line may lack its end.
                self.unread = 0..0;
                return Ok((searched != 0).then_some(Line { range: 0..searched, is_whole: true }));
            }
        }
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regions").field("file", &self.file).finish_non_exhaustive()
    }
}

/// A line in the buffer.
struct Line {
    range: Range<usize>,
    /// Whether its end is there too.
    is_whole: bool,
}

/// A range of addresses that is mapped in one way; see [`regions`].
#[derive(Clone, PartialEq, Eq)]
pub struct Region<'path> {
    range: Range<usize>,
    protection: ProtFlags,
    is_shared: bool,
    offset: u64,
    device: (u32, u32),
    inode: u64,
    path: &'path [u8],
    is_whole: bool,
}

impl<'path> Region<'path> {
    /// Reads a line of /proc/PID/maps, without its end.
    ///
    /// ```
    /// use baremap::map::Region;
    ///
    /// let line = b"7f5c4a000000-7f5c4a021000 r--s 00003000 fe:01 1234        /srv/a file";
    /// let region = Region::parse(line)?;
    /// assert_eq!(region.range().len(), 0x21000);
    /// assert_eq!((region.offset(), region.device(), region.inode()), (0x3000, (0xfe, 1), 1234));
    /// assert_eq!(region.path(), b"/srv/a file");
    /// assert!(region.is_shared());
    /// assert!(Region::parse(b"7f5c4a021000-7f5c4a000000 r--s 00003000 fe:01 1234").is_err());
    /// # Ok::<(), baremap::Error>(())
    /// ```
    ///
    /// # Errors
    /// `EBADMSG` with [`Reason::BadRegion`] (no kernel writes such a line).
    pub fn parse(line: &'path [u8]) -> Result<Self> {
        line::parse(line).ok_or_else(|| Error::because(Operation::Regions, Errno::EBADMSG, Reason::BadRegion))
    }

    /// The addresses.
    #[inline]
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What the pages may be used for.
    #[inline]
    #[must_use]
    pub const fn protection(&self) -> ProtFlags {
        self.protection
    }

    /// Whether stores reach the object; otherwise they stay in the process.
    #[inline]
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Where the region begins in its file.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Major and minor number of the device that the file is on; zeros where there is no file.
    #[inline]
    #[must_use]
    pub const fn device(&self) -> (u32, u32) {
        self.device
    }

    /// The number of the file on its device; 0 where there is no file.
    #[inline]
    #[must_use]
    pub const fn inode(&self) -> u64 {
        self.inode
    }

    /// The path as the kernel writes it, empty where there is none: `[heap]`, `[stack]` and their kin are not files, a
    /// newline is `\012`, and ` (deleted)` follows the path of a file that has lost it.
    #[inline]
    #[must_use]
    pub const fn path(&self) -> &'path [u8] {
        self.path
    }

    /// Whether the path is all there: one of more than some 8,000 bytes is cut.
    #[inline]
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl fmt::Debug for Region<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sharing = if self.is_shared { "shared" } else { "private" };
        let path = self.path.escape_ascii();
        write!(f, "Region({:#x?}, {:?}, {sharing}, {path})", self.range, self.protection)
    }
}
