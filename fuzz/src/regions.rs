//! Lines as /proc/PID/maps has them, and any others: an error, or a region that is no wider than its line.

use baremap::File;
use baremap::map::{Region, Regions};
use baremap::sys::ProtFlags;

/// A line by itself, and the lines of a file.
pub fn run(text: &[u8]) {
    if let Ok(region) = Region::parse(text) {
        check(&region, text);
    }

    let file = File::unnamed().unwrap();
    // Lines that are longer than what is kept of them, too.
    let text: Vec<u8> =
        text.iter().flat_map(|&byte| [byte].repeat(if byte == b'~' { 1000 } else { 1 })).collect();
    file.write_all_at(&text, 0).unwrap();
    let mut regions = Regions::of(file);
    // What follows the last end of a line is a line if it is not empty.
    let whole = text.strip_suffix(b"\n").unwrap_or(&text);
    let expected = if text.is_empty() { 0 } else { whole.split(|&byte| byte == b'\n').count() };
    for line in whole.split(|&byte| byte == b'\n').take(expected) {
        match (regions.next(), Region::parse(line)) {
            (Ok(Some(found)), Ok(parsed)) if found.is_whole() => {
                check(&found, line);
                assert_eq!(found, parsed);
            }
            (Ok(Some(found)), _) => {
                assert!(!found.is_whole() && line.len() > found.path().len());
                let path = found.path();
                assert!(line.windows(path.len().max(1)).any(|window| path.is_empty() || window == path));
            }
            (Err(_), Err(_)) => {}
            // Only what was cut may be wrong where the whole is right, and the other way round.
            (found, parsed) => panic!("{found:?} in the file, {parsed:?} alone"),
        }
    }
    assert!(regions.next().unwrap().is_none());
}

/// Asserts that a region is what its line says, read by the standard library.
fn check(region: &Region<'_>, line: &[u8]) {
    let hexadecimal = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
    let text = String::from_utf8_lossy(line);
    let mut fields = text.splitn(6, ' ');
    let mut next = || fields.next().unwrap();
    let pair = |text: &str, between| {
        let (first, second) = text.split_once(between).unwrap();
        (hexadecimal(first), hexadecimal(second))
    };
    let range = region.range();
    assert!(range.start < range.end);
    assert_eq!((range.start as u64, range.end as u64), pair(next(), '-'));
    let (has, protection) = (next().as_bytes(), region.protection());
    for (flag, letter, index) in
        [(ProtFlags::READ, b'r', 0), (ProtFlags::WRITE, b'w', 1), (ProtFlags::EXEC, b'x', 2)]
    {
        assert_eq!(has[index], if protection.contains(flag) { letter } else { b'-' });
    }
    assert_eq!(has[3..], [if region.is_shared() { b's' } else { b'p' }]);
    assert_eq!(region.offset(), hexadecimal(next()));
    let (major, minor) = region.device();
    assert_eq!((major.into(), minor.into()), pair(next(), ':'));
    assert_eq!(region.inode(), next().parse::<u64>().unwrap());
    assert!(line.ends_with(region.path()) && !region.path().starts_with(b" "));
}
