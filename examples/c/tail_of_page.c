/* What of a store into a map reaches the file: not beyond its end, and not out of a private map. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what)
{
    bm_print_error(what, errno);
    return 1;
}

static void print_byte(const char *before, unsigned char byte, const char *after)
{
    bm_print(before);
    bm_print("0x");
    bm_print_hex(byte, 2);
    bm_print(after);
}

static int beyond_the_end(int fd, size_t len)
{
    size_t page = bm_page_size(), tail = (page - len % page) % page;
    volatile char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failed("mmap");

    bm_print("The file has ");
    bm_print_number((int64_t)len);
    bm_print(" bytes; after its end, ");
    bm_print_number((int64_t)tail);
    bm_print(" are left in its last page of ");
    bm_print_number((int64_t)page);
    bm_print(".\n");
    if (tail == 0)
        return 0;

    size_t zeros = 0;
    for (size_t i = 0; i < tail; i++)
        zeros += map[len + i] == 0;
    bm_print("Of these, ");
    bm_print_number((int64_t)zeros);
    bm_print(" read as zero.\n");

    map[len] = 'X';
    if (msync((void *)map, len, MS_SYNC) < 0)
        return failed("msync");
    char byte;
    ssize_t count = pread(fd, &byte, 1, (off_t)len);
    struct stat stat;
    if (count < 0 || fstat(fd, &stat) < 0)
        return failed("read");
    bm_print("After a store there and msync, read(2) finds ");
    bm_print_number(count);
    bm_print(" bytes, and the file has ");
    bm_print_number(stat.st_size);
    bm_print(".\n");
    /* Where the file is nowhere but in memory, the next map of it would show what was stored. */
    map[len] = 0;
    return munmap((void *)map, len) < 0 ? failed("munmap") : 0;
}

/* Stores the first byte of the file through a map of that kind. */
static int store(int fd, int kind, unsigned char byte)
{
    volatile unsigned char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, kind, fd, 0);
    if (map == MAP_FAILED)
        return failed("mmap");
    map[0] = byte;
    return munmap((void *)map, 1) < 0 ? failed("munmap") : 0;
}

static int private_and_shared(int fd)
{
    unsigned char old, new, now;
    if (pread(fd, &old, 1, 0) != 1)
        return failed("read");
    new = old ^ 0x20;
    print_byte("The first byte of the file is ", old, ".\n");

    if (store(fd, MAP_PRIVATE, new) != 0)
        return 1;
    if (pread(fd, &now, 1, 0) != 1)
        return failed("read");
    print_byte("After a store of ", new, " through a private map it is ");
    print_byte("", now, ".\n");

    if (store(fd, MAP_SHARED, new) != 0)
        return 1;
    if (pread(fd, &now, 1, 0) != 1)
        return failed("read");
    print_byte("After a store of ", new, " through a shared map it is ");
    print_byte("", now, ".\n");
    return store(fd, MAP_SHARED, old);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: tail_of_page PATH\n");
        return 2;
    }

    /* The file is left as it is found, and made if there is none. */
    int fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat stat;
    if (fd < 0)
        return failed("open");
    if (fstat(fd, &stat) < 0)
        return failed("fstat");
    if (stat.st_size == 0) {
        static const char hello[] = "Hello, page!\n";
        if (write(fd, hello, sizeof hello - 1) != sizeof hello - 1)
            return failed("write");
        stat.st_size = sizeof hello - 1;
    }
    if (beyond_the_end(fd, (size_t)stat.st_size) != 0)
        return 1;
    return private_and_shared(fd);
}
