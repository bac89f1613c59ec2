//! A line of /proc/PID/maps, see [proc_pid_maps(5)](https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html):
//!
//! ```text
//! 7f5c4a000000-7f5c4a021000 r--s 00003000 fe:01 1234        /srv/a file
//! start        end          prot offset   device inode      path
//! ```

use crate::sys::ProtFlags;
use core::mem;

use super::Region;

/// Reads a line without its end, whatever is in it.
pub(super) fn parse(line: &[u8]) -> Option<Region<'_>> {
    let mut rest = line;
    let start = usize::try_from(number(field(&mut rest, b'-')?, 16)?).ok()?;
    let end = usize::try_from(number(field(&mut rest, b' ')?, 16)?).ok()?;
    let (protection, is_shared) = permissions(field(&mut rest, b' ')?)?;
    let offset = number(field(&mut rest, b' ')?, 16)?;
    let major = u32::try_from(number(field(&mut rest, b':')?, 16)?).ok()?;
    let minor = u32::try_from(number(field(&mut rest, b' ')?, 16)?).ok()?;
    let inode = number(field(&mut rest, b' ').unwrap_or_else(|| mem::take(&mut rest)), 10)?;
    // The kernel puts paths into a column, and no path begins with a space.
    let path = rest.trim_ascii_start();
    (start < end).then_some(Region {
        range: start..end,
        protection,
        is_shared,
        offset,
        device: (major, minor),
        inode,
        path,
        is_whole: true,
    })
}

/// Takes what is before the first `separator` off the line, and the separator.
fn field<'line>(rest: &mut &'line [u8], separator: u8) -> Option<&'line [u8]> {
    let len = rest.iter().position(|&byte| byte == separator)?;
    let found = &rest[..len];
    *rest = &rest[len + 1..];
    Some(found)
}

/// A number of digits alone, without a sign, that 64 bits hold.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    if !digits.iter().all(|&digit| char::from(digit).is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()
}

/// `rwxp`, with `-` for what is not allowed, and `s` for `p` where the region is shared.
fn permissions(letters: &[u8]) -> Option<(ProtFlags, bool)> {
    let &[read, write, execute, sharing] = letters else { return None };
    let flag = |found, letter, flag| match found {
        b'-' => Some(ProtFlags::empty()),
        _ => (found == letter).then_some(flag),
    };
    let protection = flag(read, b'r', ProtFlags::READ)?
        | flag(write, b'w', ProtFlags::WRITE)?
        | flag(execute, b'x', ProtFlags::EXEC)?;
    match sharing {
        b'p' => Some((protection, false)),
        b's' => Some((protection, true)),
        _ => None,
    }
}
