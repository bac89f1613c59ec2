/* What headers and compilers call in the place of others under _FORTIFY_SOURCE: with room enough, or the one that the program is told
 * by with too little. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include <baremap.h>

/* By their own names: which of them a compiler calls depends on how well it knows what is behind a pointer. */
ssize_t __read_chk(int fd, void *to, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t len, off_t offset, size_t room);
int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);

static char buffer[16];

static int is_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

int main(int argc, char **argv)
{
    const char *told = argc > 1 ? argv[1] : "";
    /* Nothing that a compiler knows. */
    volatile size_t enough = sizeof buffer, much = sizeof buffer + 1;
#define LEN(name) (is_equal(told, name) ? much : enough)

    int fd = __open_2(argv[0], is_equal(told, "open") ? O_RDWR | O_CREAT : O_RDONLY);
    int other = __openat_2(AT_FDCWD, argv[0], is_equal(told, "openat") ? O_RDWR | O_TMPFILE : O_RDONLY);
    if (fd < 0 || other < 0)
        return 1;
    if (__read_chk(fd, buffer, LEN("read"), sizeof buffer) != sizeof buffer)
        return 2;
    if (__pread_chk(other, buffer + 1, LEN("pread") - 1, 1, sizeof buffer - 1) != sizeof buffer - 1)
        return 2;
    if (buffer[0] != 0x7f || buffer[1] != 'E' || buffer[2] != 'L' || buffer[3] != 'F')
        return 3;
    __builtin___memcpy_chk(buffer, argv[0], LEN("memcpy"), sizeof buffer);
    __builtin___memmove_chk(buffer, buffer + 1, LEN("memmove") - 1, sizeof buffer - 1);
    if (buffer[0] != argv[0][1])
        return 4;
    __builtin___memset_chk(buffer, 7, LEN("memset"), sizeof buffer);
    if (buffer[15] != 7)
        return 5;
    return bm_print("fortified\n");
}
