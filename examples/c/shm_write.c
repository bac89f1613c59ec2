/* Makes a named object of shared memory and leaves a text in it. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

static int fill(int fd, const char *text, size_t len)
{
    /* Not ftruncate(2), which takes no room: the store would raise SIGBUS when /dev/shm is full. */
    int error = posix_fallocate(fd, 0, (off_t)len);
    if (error != 0)
        return failed("fallocate", error);
    char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failed("mmap", errno);
    memcpy(map, text, len);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        bm_eprint("usage: shm_write NAME TEXT\n");
        return 2;
    }
    const char *name = argv[1], *text = argv[2];

    /* An error if it is there: of two writers, one makes it. */
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return failed("open", errno);
    size_t len = 0;
    while (text[len] != 0)
        len++;
    if (len > 0 && fill(fd, text, len) != 0) {
        shm_unlink(name);
        return 1;
    }
    return 0;
}
