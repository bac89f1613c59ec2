//! What pkg-config(1) is told.

use crate::arch::Arch;

/// The files, by name.
///
/// `baremap` is for programs that have a libc: its names go first, and the library gives what begins by `bm_`.
/// `baremap-freestanding` is for programs without one. Who wants the library's names in the place of a libc's links with
/// `-lbaremap` in front.
pub fn files(arch: Arch) -> [(&'static str, String); 2] {
    // From the file itself, so that the folder may be moved.
    let head = |name: &str, what: &str| {
        format!(
            "prefix=${{pcfiledir}}/../..\n\
             includedir=${{prefix}}/include\n\
             libdir=${{prefix}}/lib\n\n\
             Name: {name}\n\
             Description: baremap for C on {arch}, {what}\n\
             Version: {}\n\
             Cflags: -I${{includedir}}\n",
            env!("CARGO_PKG_VERSION")
        )
    };
    let beside = head("baremap", "beside a libc") + "Libs: -L${libdir} -lc -lbaremap\n";
    let without = head("baremap-freestanding", "without a libc")
        + "Libs: -nostdlib -static -Wl,--gc-sections -L${libdir} -lbaremap\n";
    [("baremap.pc", beside), ("baremap-freestanding.pc", without)]
}
