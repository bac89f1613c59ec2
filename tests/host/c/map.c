/* Maps. */

#include "report.h"

static const size_t huge = (size_t)PTRDIFF_MAX;

static void *anonymous(size_t len)
{
    return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void maps(void)
{
    size_t page = PAGE;
    int fd = memfd_create("map", 0);
    TRY(ftruncate(fd, (off_t)(3 * page)));

    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY_ADDRESS(mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, (off_t)page));
    TRY_ADDRESS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_ANONYMOUS, -1, 0));
    TRY_ADDRESS(mmap(NULL, huge, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY_ADDRESS(mmap(NULL, SIZE_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 1));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 100));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, -1, 0));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, 12345, 0));
    TRY_ADDRESS(mmap((void *)1, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    int read_only = open("/proc/self/exe", O_RDONLY);
    TRY_ADDRESS(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0));
    TRY_ADDRESS(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, read_only, 0));
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    TRY_ADDRESS(mmap(NULL, page, PROT_READ, MAP_PRIVATE, folder, 0));
    TRY(close(folder));
    TRY(close(read_only));

    char *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shared[5] = 'x';
    char byte = 0;
    TRY(pread(fd, &byte, 1, 5));
    TRY(byte);
    TRY(munmap(shared, page));
    TRY(munmap(shared, 0));
    TRY(munmap(shared + 1, page));
    TRY(munmap(shared, huge));
    TRY(close(fd));
}

static void protections(void)
{
    size_t page = PAGE;
    char *two = anonymous(2 * page);
    TRY(mprotect(two, 2 * page, PROT_READ));
    TRY(mprotect(two + page, page, PROT_READ | PROT_WRITE));
    two[page] = 1;
    TRY(mprotect(two + 1, page, PROT_READ));
    TRY(mprotect(two, 0, PROT_READ));
    TRY(mprotect(two, page, PROT_GROWSUP | PROT_GROWSDOWN));
    TRY(munmap(two + page, page));
    TRY(mprotect(two, 2 * page, PROT_READ));
    TRY(munmap(two, page));
}

static void moves(void)
{
    size_t page = PAGE;
    char *one = anonymous(page);
    one[0] = 'm';
    TRY_ADDRESS(one = mremap(one, page, 8 * page, MREMAP_MAYMOVE));
    TRY(one[0]);
    one[8 * page - 1] = 'e';
    TRY_ADDRESS(mremap(one, 8 * page, 2 * page, 0) == one ? one : NULL);
    char *place = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY_ADDRESS(mremap(one, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place ? place : NULL);
    TRY(place[0]);
    TRY_ADDRESS(mremap(place, 2 * page, 0, MREMAP_MAYMOVE));
    TRY_ADDRESS(mremap(place + 1, page, page, MREMAP_MAYMOVE));
    TRY_ADDRESS(mremap(place, 2 * page, page, MREMAP_FIXED, one));
    TRY_ADDRESS(mremap(place, page, page, 1 << 20));
    TRY_ADDRESS(mremap(place, 2 * page, huge, MREMAP_MAYMOVE));
    TRY(munmap(place, 2 * page));
    TRY_ADDRESS(mremap(place, page, 2 * page, MREMAP_MAYMOVE));
}

static void syncs(void)
{
    size_t page = PAGE;
    int fd = open("synced", O_RDWR | O_CREAT | O_TRUNC, 0600);
    TRY(ftruncate(fd, (off_t)page));
    char *map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    map[0] = 1;
    TRY(msync(map, page, MS_SYNC));
    TRY(msync(map, page, MS_ASYNC));
    TRY(msync(map, page, MS_INVALIDATE));
    TRY(msync(map, 0, MS_SYNC));
    TRY(msync(map + 1, page, MS_SYNC));
    TRY(msync(map, page, MS_SYNC | MS_ASYNC));
    TRY(msync(map, page, 1 << 10));
    TRY(munmap(map, page));
    TRY(msync(map, page, MS_SYNC));
    TRY(close(fd));
    TRY(unlink("synced"));
}

static void advice(void)
{
    size_t page = PAGE;
    char *map = anonymous(page);
    map[0] = 'a';
    TRY(posix_madvise(map, page, POSIX_MADV_NORMAL));
    TRY(posix_madvise(map, page, POSIX_MADV_RANDOM));
    TRY(posix_madvise(map, page, POSIX_MADV_SEQUENTIAL));
    TRY(posix_madvise(map, page, POSIX_MADV_WILLNEED));
    TRY(posix_madvise(map, page, POSIX_MADV_DONTNEED));
    /* It is still there. */
    TRY(map[0]);
    TRY(posix_madvise(map + 1, page, POSIX_MADV_NORMAL));
    TRY(madvise(map, page, MADV_WILLNEED));
    TRY(madvise(map, page, 4711));
    TRY(madvise(map + 1, page, MADV_NORMAL));
    TRY(madvise(map, page, MADV_DONTNEED));
    /* It is not. */
    TRY(map[0]);
    TRY(munmap(map, page));
    TRY(madvise(map, page, MADV_NORMAL));
    TRY(posix_madvise(map, page, POSIX_MADV_NORMAL));
}

static void locks(void)
{
    size_t page = PAGE;
    unsigned char residency[64]; /* More than one to a page, where an emulator only says that pages are larger. */
    char *map = anonymous(2 * page);
    TRY(mlock(map, page));
    TRY(mincore(map, page, residency));
    TRY(residency[0] & 1);
    TRY(munlock(map, page));
    TRY(mincore(map + 1, page, residency));
    TRY(mincore(map, 2 * page, NULL));
    TRY(mlockall(0));
    TRY(mlockall(1 << 10));
    TRY(mlockall(MCL_FUTURE));
    TRY(munlockall());
    TRY(munmap(map, 2 * page));
    TRY(mlock(map, page));
    TRY(munlock(map, page));
    TRY(mincore(map, page, residency));
}

int main(void)
{
    maps();
    protections();
    moves();
    syncs();
    advice();
    locks();
    return 0;
}
