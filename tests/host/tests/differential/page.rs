//! Pages against the libc.

use baremap::page;

#[test]
fn the_size_is_that_of_sysconf() {
    // SAFETY: no memory is named.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    assert_eq!(page::size(), usize::try_from(size).unwrap());
    assert_eq!(page::size(), rustix::param::page_size());
}
