/* Prints the text that another process left in a named object of shared memory. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: shm_read NAME\n");
        return 2;
    }

    int fd = shm_open(argv[1], O_RDONLY, 0);
    if (fd < 0)
        return failed("open", errno);
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return failed("fstat", errno);
    size_t len = (size_t)stat.st_size;
    /* There is no map of nothing. */
    char *text = len == 0 ? NULL : mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (text == MAP_FAILED)
        return failed("mmap", errno);
    for (size_t done = 0; done < len;) {
        ssize_t count = write(STDOUT_FILENO, text + done, len - done);
        if (count < 0)
            return failed("write", errno);
        done += (size_t)count;
    }
    bm_print("\n");
    return 0;
}
