/* Prints a file's checksum and length as cksum(1) does, through a map, and says so if the file shrinks meanwhile. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is copied out of the map at once. */
static unsigned char buffer[1 << 16];

/* The generator polynomial of cksum(1), and what each value of a byte makes of it. */
#define POLYNOMIAL 0x04c11db7u
static uint32_t table[256];

static void fill_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte << 24;
        for (int bit = 0; bit < 8; bit++)
            rest = rest << 1 ^ (rest >> 31 ? POLYNOMIAL : 0);
        table[byte] = rest;
    }
}

static uint32_t update(uint32_t crc, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        crc = crc << 8 ^ table[crc >> 24 ^ bytes[i]];
    return crc;
}

static int report(uint32_t crc, uint64_t len, const char *path)
{
    /* The checksum goes over the length as well: its bytes that are not zero, lowest first. */
    for (uint64_t rest = len; rest != 0; rest >>= 8) {
        unsigned char byte = rest & 0xff;
        crc = update(crc, &byte, 1);
    }
    bm_print_number(~crc);
    bm_print(" ");
    bm_print_number((int64_t)len);
    bm_print(" ");
    bm_print(path);
    bm_print("\n");
    return 0;
}

static int failed(const char *path, int error)
{
    bm_eprint("sum: ");
    bm_eprint(path);
    bm_eprint(": ");
    bm_eprint_errno(error);
    bm_eprint("\n");
    return 1;
}

static int shrank(const char *path, uint64_t len)
{
    bm_eprint("sum: ");
    bm_eprint(path);
    bm_eprint(": shrank to ");
    bm_eprint_number((int64_t)len);
    bm_eprint(" bytes while being read\n");
    return 1;
}

static int sum_by_read(int fd, const char *path)
{
    uint32_t crc = 0;
    uint64_t len = 0;
    ssize_t count;

    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
        crc = update(crc, buffer, (size_t)count);
        len += (uint64_t)count;
    }
    return count < 0 ? failed(path, errno) : report(crc, len, path);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: sum FILE\n");
        return 2;
    }
    const char *path = argv[1];
    fill_table();

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) < 0)
        return failed(path, errno);
    size_t len = (size_t)stat.st_size;
    /* The files of /proc do not know their length, and pipes cannot be mapped. */
    if (len == 0)
        return sum_by_read(fd, path);
    unsigned char *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return errno == ENODEV ? sum_by_read(fd, path) : failed(path, errno);

    /* From now on, a page that is gone ends a copy and not the program. */
    int error = bm_fault_install();
    if (error < 0)
        return failed(path, error);
    uint32_t crc = 0;
    for (size_t offset = 0; offset < len;) {
        size_t piece = len - offset < sizeof buffer ? len - offset : sizeof buffer, copied;
        error = bm_fault_read(buffer, map + offset, piece, &copied);
        if (error < 0) {
            if (error != -EFAULT || fstat(fd, &stat) < 0)
                return failed(path, error == -EFAULT ? errno : error);
            /* It may have grown again; the bytes that were missed are missed. */
            uint64_t left = (uint64_t)stat.st_size, read = offset + copied;
            return shrank(path, left < read ? left : read);
        }
        crc = update(crc, buffer, piece);
        offset += piece;
    }

    /* What a file has lost within its last page reads as zeros, without a fault. */
    if (fstat(fd, &stat) < 0)
        return failed(path, errno);
    if ((uint64_t)stat.st_size < len)
        return shrank(path, (uint64_t)stat.st_size);
    return report(crc, len, path);
}
