/* Files. Built twice, the second time with 64 as _FILE_OFFSET_BITS: then the headers put the names that end in 64 in place of the
 * others. */

#include "report.h"

static char buffer[64];

static long long size(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) < 0 ? -1 : stat.st_size;
}

static long long mode(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) < 0 ? -1 : stat.st_mode;
}

static void opening(void)
{
    TRY(open("missing", O_RDONLY));
    TRY(open("missing/file", O_RDWR | O_CREAT, 0600));
    TRY(open("", O_RDONLY));
    TRY(open(NULL, O_RDONLY));
    TRY(open(".", O_WRONLY));
    TRY(open(".", O_RDWR | O_CREAT, 0600));
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    TRY(fd);
    TRY(mode(fd));
    TRY(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));
    TRY(open("file/file", O_RDONLY));
    TRY(open("file", O_RDONLY | O_DIRECTORY));
    TRY(write(fd, "content", 7));
    TRY(size(fd));
    int again = open("file", O_RDWR | O_TRUNC);
    TRY(again);
    TRY(size(fd));
    TRY(close(again));
    TRY(close(again));
    TRY(close(-1));
    int unnamed = open(".", O_RDWR | O_TMPFILE, 0604);
    TRY(mode(unnamed));
    TRY(close(unnamed));

    int folder = open(".", O_RDONLY | O_DIRECTORY);
    int below = openat(folder, "below", O_RDWR | O_CREAT, 0606);
    TRY(mode(below));
    TRY(close(below));
    TRY(openat(folder, "missing", O_RDONLY));
    TRY(openat(-1, "file", O_RDONLY));
    TRY(openat(12345, "file", O_RDONLY));
    TRY(openat(fd, "file", O_RDONLY));
    TRY(openat(AT_FDCWD, "missing", O_RDONLY));
    TRY(close(openat(-1, "/dev/null", O_RDONLY)));
    TRY(close(folder));

    int created = creat("created", 0602);
    TRY(mode(created));
    TRY(read(created, buffer, 1));
    TRY(write(created, "c", 1));
    TRY(close(created));
    created = creat("created", 0666);
    TRY(size(created));
    TRY(close(created));
    TRY(creat("missing/file", 0600));
    TRY(creat(NULL, 0600));

    TRY(unlink("created"));
    TRY(unlink("below"));
    TRY(unlink("missing"));
    TRY(unlink("."));
    TRY(unlink(""));
    TRY(unlink(NULL));
    TRY(unlink("file"));
    TRY(close(fd));
}

static void reading(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int only = open("file", O_RDONLY);
    TRY(write(fd, "0123456789", 10));
    TRY(write(fd, NULL, 0));
    TRY(write(fd, NULL, 1));
    TRY(write(-1, "a", 1));
    TRY(write(only, "a", 1));
    TRY(read(only, buffer, 4));
    TRY(buffer[3]);
    TRY(read(only, buffer, sizeof buffer));
    TRY(read(only, buffer, 1));
    TRY(read(-1, buffer, 1));
    TRY(read(only, NULL, 0));
    TRY(pread(only, NULL, 1, 0));
    TRY(pread(only, buffer, 1, 7));
    TRY(buffer[0]);
    TRY(pread(only, buffer, 1, 10));
    TRY(pread(only, buffer, 1, -1));
    TRY(pread(-1, buffer, 1, 0));
    TRY(pwrite(fd, "ab", 2, 20));
    TRY(pwrite(fd, "ab", 2, -1));
    TRY(pwrite(only, "ab", 2, 0));
    TRY(pwrite(fd, NULL, 1, 0));
    TRY(size(fd));

    TRY(lseek(fd, 0, SEEK_CUR));
    TRY(lseek(fd, 5, SEEK_SET));
    TRY(lseek(fd, -2, SEEK_CUR));
    TRY(lseek(fd, -1, SEEK_END));
    TRY(lseek(fd, -100, SEEK_END));
    TRY(lseek(fd, -1, SEEK_SET));
    TRY(lseek(fd, 0, 4711));
    TRY(lseek(-1, 0, SEEK_SET));
    TRY(lseek(fd, (off_t)1 << 40, SEEK_SET));
    TRY(lseek(fd, 0, SEEK_DATA));
    TRY(lseek(fd, 1000, SEEK_HOLE));
    int folder = open(".", O_RDONLY);
    TRY(read(folder, buffer, 1));
    TRY(close(folder));
    TRY(close(only));
    TRY(close(fd));
}

static void lengths(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int only = open("file", O_RDONLY);
    TRY(ftruncate(fd, 1000));
    TRY(size(fd));
    TRY(ftruncate(fd, -1));
    TRY(ftruncate(only, 0));
    TRY(ftruncate(-1, 0));
    TRY(truncate("file", 2000));
    TRY(size(fd));
    TRY(truncate("file", -1));
    TRY(truncate("missing", 0));
    TRY(truncate(".", 0));
    TRY(truncate(NULL, 0));

    TRY(fallocate(fd, 0, 0, 10000));
    TRY(size(fd));
    TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
    TRY(size(fd));
    TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
    TRY(fallocate(fd, 0, 0, 0));
    TRY(fallocate(fd, 0, -1, 1));
    TRY(fallocate(fd, 0, 0, -1));
    TRY(fallocate(only, 0, 0, 1));
    TRY(fallocate(-1, 0, 0, 1));

    TRY(posix_fallocate(fd, 0, 30000));
    TRY(size(fd));
    TRY(posix_fallocate(fd, 0, 10));
    TRY(size(fd));
    TRY(posix_fallocate(fd, 0, 0));
    TRY(posix_fallocate(fd, -1, 1));
    TRY(posix_fallocate(fd, 0, -1));
    TRY(posix_fallocate(only, 0, 1));
    TRY(posix_fallocate(-1, 0, 1));

    TRY(fsync(fd));
    TRY(fdatasync(fd));
    TRY(fsync(-1));
    TRY(fdatasync(-1));
    int null = open("/dev/null", O_RDWR);
    TRY(fsync(null));
    TRY(ftruncate(null, 0));
    TRY(close(null));
    TRY(close(only));
    TRY(close(fd));
}

static void statuses(void)
{
    struct stat stat;
    int fd = open("file", O_RDWR);
    TRY(ftruncate(fd, 12345));
    TRY(fstat(fd, &stat));
    TRY(stat.st_size);
    TRY(S_ISREG(stat.st_mode));
    TRY(stat.st_nlink);
    TRY(stat.st_mtim.tv_nsec >= 0 && stat.st_mtim.tv_nsec < 1000000000);
    TRY(stat.st_mtime > 1700000000);
    TRY(stat.st_blksize > 0);
    TRY(unlink("file"));
    TRY(fstat(fd, &stat));
    TRY(stat.st_nlink);
    TRY(close(fd));
    TRY(fstat(fd, &stat));
    TRY(fstat(-1, &stat));
    fd = open("/dev/null", O_RDONLY);
    TRY(fstat(fd, &stat));
    TRY(S_ISCHR(stat.st_mode));
    TRY(stat.st_rdev != 0);
    TRY(close(fd));
}

static void unnamed(void)
{
    static char name[300];
    int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    TRY(write(fd, "memory", 6));
    TRY(size(fd));
    TRY(close(fd));
    TRY(memfd_create("name", 1u << 20));
    TRY(memfd_create(NULL, 0));
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = 'n';
    TRY(memfd_create(name, 0));
    name[249] = 0;
    TRY(close(memfd_create(name, 0)));
}

/* The arguments are names that nobody else has: "/…", "…" and "//…" of one and the same. */
static void objects(const char *slash, const char *plain, const char *slashes)
{
    static char name[300];
    TRY(shm_open(plain, O_RDWR, 0));
    int fd = shm_open(slash, O_RDWR | O_CREAT | O_EXCL, 0640);
    TRY(mode(fd));
    TRY(write(fd, "object", 6));
    TRY(shm_open(plain, O_RDWR | O_CREAT | O_EXCL, 0600));
    int other = shm_open(slashes, O_RDONLY, 0);
    TRY(size(other));
    TRY(write(other, "a", 1));
    TRY(close(other));
    other = shm_open(plain, O_RDWR | O_TRUNC, 0);
    TRY(size(other));
    TRY(close(other));
    TRY(close(fd));
    TRY(shm_unlink(plain));
    TRY(shm_unlink(slash));

    TRY(shm_open("", O_RDWR | O_CREAT, 0600));
    TRY(shm_open("/", O_RDWR | O_CREAT, 0600));
    TRY(shm_open("/a/b", O_RDWR | O_CREAT, 0600));
    TRY(shm_open("/.", O_RDWR, 0600));
    TRY(shm_open("/..", O_RDWR, 0600));
    TRY(shm_unlink(""));
    TRY(shm_unlink("/a/b"));
    for (size_t i = 0; i < 256; i++)
        name[i] = 'n';
    TRY(shm_open(name, O_RDWR | O_CREAT, 0600));
    TRY(shm_unlink(name));
    name[255] = 0;
    TRY(shm_open(name, O_RDWR, 0600));
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    opening();
    reading();
    lengths();
    statuses();
    unnamed();
    objects(argv[1], argv[2], argv[3]);
    return 0;
}
