//! Where the manual pages and POSIX say other than glibc does. Numbers are those of errno(3).

use baremap_host_tests::{Compiler, Output};

use crate::source;

/// mmap(2): an offset that is none is `EINVAL`; msync(2): memory that is not mapped is `ENOMEM`; mlock(2): a sum that overflows is
/// `EINVAL`; posix_madvise(3): advice that is none is `EINVAL`; shm_open(3): a name that is none is `EINVAL`, and the descriptor is
/// closed by execve(2); posix_memalign(3) sets no errno; aligned_alloc(3): an alignment that is none is `EINVAL`.
const LINES: &str = "\
mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, -(off_t)page) = -1, errno 22
msync(map, SIZE_MAX, MS_ASYNC) = -1, errno 12
mlock(map, SIZE_MAX) = -1, errno 22
mlock(map, SIZE_MAX - (uintptr_t)map) = -1, errno 22
munlock(map, SIZE_MAX) = -1, errno 22
posix_madvise(map, page, MADV_REMOVE) = 22
posix_madvise(map, page, MADV_HUGEPAGE) = 22
posix_madvise(map, page, 4711) = 22
shm_open(\"/.\", O_RDONLY, 0) = -1, errno 22
shm_open(NULL, O_RDONLY, 0) = -1, errno 14
shm_unlink(NULL) = -1, errno 14
shm_unlink(\"/.\") = -1, errno 2
bm_fcntl(fd, F_GETFD, 0) = 1
close(fd) = 0
shm_unlink(argv[1]) = 0
posix_memalign(&memory, 16, PTRDIFF_MAX) = 12
memory = 0
aligned_alloc(three, 9) = 0, errno 22
aligned_alloc(zero, 9) = 0, errno 22
one == two = 1
";

#[test]
fn the_manual_pages_hold() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for compiler in Compiler::all() {
        let program = compiler.build(
            &["-O1", "-fno-builtin", "-w", "-U_FORTIFY_SOURCE"],
            &source("beyond.c"),
            &folder.path().join("beyond"),
        );
        let name = format!("/baremap-beyond-{}", std::process::id());
        let output = Output::of(program.command().arg(name));
        assert_eq!(output.success(), LINES, "{compiler:?}");
    }
}
