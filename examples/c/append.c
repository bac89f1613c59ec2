/* Appends a text to a file through a map of what is to come after its end. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

static int print(const char *title, int fd)
{
    char buffer[4096], last = '\n';
    off_t offset = 0;
    ssize_t count;

    bm_print(title);
    while ((count = pread(fd, buffer, sizeof buffer, offset)) > 0) {
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(STDOUT_FILENO, buffer + done, (size_t)(count - done));
            if (written < 0)
                return failed("write", errno);
            done += written;
        }
        offset += count;
        last = buffer[count - 1];
    }
    if (count < 0)
        return failed("read", errno);
    if (last != '\n')
        bm_print("\n");
    return 0;
}

static int append(int fd, const char *text, size_t len)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return failed("fstat", errno);
    off_t end = stat.st_size;
    /* Room is taken now, so that a full disk is an error here and not SIGBUS below. */
    int error = posix_fallocate(fd, end, (off_t)len);
    /* The file system cannot. */
    if (error == EOPNOTSUPP)
        error = ftruncate(fd, end + (off_t)len) < 0 ? errno : 0;
    if (error != 0)
        return failed("fallocate", error);

    /* A map begins where a page does. */
    off_t start = end - end % (off_t)bm_page_size();
    size_t before = (size_t)(end - start);
    char *tail = mmap(NULL, before + len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, start);
    if (tail == MAP_FAILED)
        return failed("mmap", errno);
    memcpy(tail + before, text, len);
    if (msync(tail, before + len, MS_SYNC) < 0)
        return failed("msync", errno);
    if (munmap(tail, before + len) < 0)
        return failed("munmap", errno);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        bm_eprint("usage: append PATH TEXT\n");
        return 2;
    }

    int fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return failed("open", errno);
    if (print("Before:\n", fd) != 0)
        return 1;
    size_t len = 0;
    while (argv[2][len] != 0)
        len++;
    if (len > 0 && append(fd, argv[2], len) != 0)
        return 1;
    return print("After:\n", fd);
}
