/* Where our functions keep to POSIX or to the manual pages, and glibc's do not. */

#include <baremap.h>
#include "report.h"

/* Nothing that a compiler knows: clang 14 breaks down over an alignment that is none. */
static volatile size_t three = 3, zero = 0;

int main(int argc, char **argv)
{
    size_t page = PAGE;
    char *map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, -(off_t)page));
    TRY(msync(map, SIZE_MAX, MS_ASYNC));
    TRY(mlock(map, SIZE_MAX));
    TRY(mlock(map, SIZE_MAX - (uintptr_t)map));
    TRY(munlock(map, SIZE_MAX));
    TRY(posix_madvise(map, page, MADV_REMOVE));
    TRY(posix_madvise(map, page, MADV_HUGEPAGE));
    TRY(posix_madvise(map, page, 4711));

    TRY(shm_open("/.", O_RDONLY, 0));
    TRY(shm_open(NULL, O_RDONLY, 0));
    TRY(shm_unlink(NULL));
    TRY(shm_unlink("/."));
    int fd = argc > 1 ? shm_open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
    TRY(bm_fcntl(fd, F_GETFD, 0));
    TRY(close(fd));
    TRY(shm_unlink(argv[1]));

    void *memory = NULL;
    TRY(posix_memalign(&memory, 16, PTRDIFF_MAX));
    TRY_ADDRESS(memory);
    TRY_ADDRESS(aligned_alloc(three, 9));
    TRY_ADDRESS(aligned_alloc(zero, 9));
    char *one = malloc(40);
    free(one);
    char *two = malloc(40);
    TRY(one == two);
    free(two);

    return 0;
}
