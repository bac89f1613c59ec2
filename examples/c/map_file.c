/* Stores two numbers in a new file through a shared map, and reads the file back. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEN 40

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

/* Prints a file as hexdump(1) does, byte by byte. */
static int hexdump(int fd)
{
    uint64_t offset = 0;
    unsigned char line[16];
    ssize_t count;

    do {
        count = read(fd, line, sizeof line);
        if (count < 0)
            return failed("read", errno);
        bm_print_hex(offset, 7);
        for (ssize_t i = 0; i < count; i++) {
            bm_print(" ");
            bm_print_hex(line[i], 2);
        }
        bm_print("\n");
        offset += (uint64_t)count;
    } while (count > 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: map_file PATH\n");
        return 2;
    }

    int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed("open", errno);
    /* Room is taken now, so that a full disk is an error here and not SIGBUS below. */
    int error = posix_fallocate(fd, 0, LEN);
    /* The file system cannot. */
    if (error == EOPNOTSUPP)
        error = ftruncate(fd, LEN) < 0 ? errno : 0;
    if (error != 0)
        return failed("fallocate", error);

    uint32_t *numbers = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (numbers == MAP_FAILED)
        return failed("mmap", errno);
    bm_print("Mapped at 0x");
    bm_print_hex((uintptr_t)numbers, 1);
    bm_print("\n");
    numbers[0] = 0x12345678;
    numbers[1] = 0xdeadc0de;
    if (msync(numbers, LEN, MS_SYNC) < 0)
        return failed("msync", errno);
    if (munmap(numbers, LEN) < 0)
        return failed("munmap", errno);

    return hexdump(fd);
}
