/* A child inherits its parent's map of a file. */

#include <baremap.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

/* Prints all of it: write(2) may take a part. Should the file shrink, it is an error (EFAULT), since the kernel does the reading. */
static int print(const char *who, const char *text, size_t len)
{
    bm_print(who);
    bm_print(" access memory mapped file:\n");
    for (size_t done = 0; done < len;) {
        ssize_t count = write(STDOUT_FILENO, text + done, len - done);
        if (count < 0)
            return failed("write", errno);
        done += (size_t)count;
    }
    char last = '\n';
    int error = len == 0 ? 0 : bm_fault_read(&last, text + len - 1, 1, NULL);
    if (error != 0)
        return failed("read", error);
    if (last != '\n')
        bm_print("\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: inherit PATH\n");
        return 2;
    }

    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
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
    /* The map outlives the descriptor. */
    close(fd);

    pid_t child = fork();
    if (child < 0)
        return failed("fork", errno);
    if (child == 0)
        _exit(print("Child", text, len));

    int status;
    if (waitpid(child, &status, 0) < 0)
        return failed("waitpid", errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return 1;
    return print("Parent", text, len);
}
