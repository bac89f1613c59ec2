/*
 * Every kind of function that begins by bm_: what it does, and what it refuses. Prints the name of each part that holds; what does not
 * hold is printed with its line, and ends the program with 1. Its argument is a folder that it may use.
 */
#include <baremap.h>

static size_t length(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

static void say(const char *text)
{
    bm_write(1, text, length(text));
}

static void number(long value)
{
    char digits[24];
    size_t at = sizeof digits;
    unsigned long rest = value < 0 ? -(unsigned long)value : (unsigned long)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    bm_write(1, digits + at, sizeof digits - at);
}

static void check(long found, long expected, const char *text, int line)
{
    if (found == expected)
        return;
    say("line ");
    number(line);
    say(": ");
    say(text);
    say(" is ");
    number(found);
    say(", not ");
    number(expected);
    say("\n");
    bm_exit(1);
}

#define IS(expression, expected) check((long)(expression), (long)(expected), #expression, __LINE__)

static char path[4096];

static const char *in_folder(const char *folder, const char *name)
{
    size_t at = 0;
    while (*folder)
        path[at++] = *folder++;
    path[at++] = '/';
    while (*name)
        path[at++] = *name++;
    path[at] = 0;
    return path;
}

static void files(const char *folder)
{
    const char *name = in_folder(folder, "file");
    int fd = bm_open(name, BM_O_RDWR | BM_O_CREAT | BM_O_EXCL | BM_O_CLOEXEC, 0600);
    IS(fd >= 3, 1);
    IS(bm_open(name, BM_O_RDWR | BM_O_CREAT | BM_O_EXCL, 0600), -BM_EEXIST);
    IS(bm_open("/no/such/file", BM_O_RDONLY, 0), -BM_ENOENT);
    IS(bm_open(NULL, BM_O_RDONLY, 0), -BM_EFAULT);
    IS(bm_open((const char *)1, BM_O_RDONLY, 0), -BM_EFAULT);
    IS(bm_open(name, BM_O_RDONLY | BM_O_DIRECTORY, 0), -BM_ENOTDIR);
    IS(bm_write(fd, "hello, world", 12), 12);
    IS(bm_write(fd, NULL, 1), -BM_EFAULT);
    IS(bm_write(-1, "x", 1), -BM_EBADF);
    char buffer[16];
    IS(bm_pread(fd, buffer, 5, 7), 5);
    IS(buffer[0], 'w');
    IS(bm_pread(fd, buffer, 5, -1), -BM_EINVAL);
    IS(bm_pwrite(fd, "H", 1, 0), 1);
    IS(bm_lseek(fd, 0, BM_SEEK_SET), 0);
    IS(bm_read(fd, buffer, 16), 12);
    IS(buffer[0], 'H');
    IS(bm_lseek(fd, -1, BM_SEEK_SET), -BM_EINVAL);
    IS(bm_ftruncate(fd, 5), 0);
    IS(bm_ftruncate(fd, -1), -BM_EINVAL);
    bm_stat_t stat;
    IS(bm_fstat(fd, &stat), 0);
    IS(stat.size, 5);
    IS(stat.mode & 0170000, 0100000);
    IS(stat.mode & 07777, 0600);
    IS(bm_fstat(fd, NULL), -BM_EFAULT);
    IS(bm_fstat(-1, &stat), -BM_EBADF);
    IS(bm_stat(name, 0, &stat), 0);
    IS(bm_stat("", 0, &stat), -BM_ENOENT);
    IS(bm_truncate(name, 3), 0);
    IS(bm_fsync(fd), 0);
    IS(bm_fdatasync(fd), 0);
    IS(bm_fallocate(fd, 0, 0, 0), -BM_EINVAL);
    IS(bm_fcntl(fd, BM_F_GETFD, 0), BM_FD_CLOEXEC);
    int ends[2];
    IS(bm_pipe2(ends, BM_O_CLOEXEC), 0);
    IS(bm_pipe2(NULL, 0), -BM_EFAULT);
    IS(bm_write(ends[1], "abc", 3), 3);
    IS(bm_read(ends[0], buffer, 16), 3);
    IS(bm_close(ends[0]), 0);
    IS(bm_close(ends[1]), 0);
    IS(bm_close(fd), 0);
    IS(bm_close(fd), -BM_EBADF);
    IS(bm_unlink(name), 0);
    IS(bm_unlink(name), -BM_ENOENT);
    IS(bm_linkat(BM_AT_FDCWD, name, BM_AT_FDCWD, name, 0), -BM_ENOENT);
    IS(bm_renameat2(BM_AT_FDCWD, name, BM_AT_FDCWD, name, BM_RENAME_NOREPLACE), -BM_ENOENT);
    say("files\n");
}

static void memory(void)
{
    size_t page = bm_page_size();
    IS(page >= 4096 && (page & (page - 1)) == 0, 1);
    void *map;
    IS(bm_mmap(NULL, page, BM_PROT_READ | BM_PROT_WRITE, BM_MAP_PRIVATE | BM_MAP_ANONYMOUS, -1, 0, &map), 0);
    IS(bm_mmap(NULL, 0, BM_PROT_READ, BM_MAP_PRIVATE | BM_MAP_ANONYMOUS, -1, 0, &map), -BM_EINVAL);
    IS(bm_mmap(NULL, page, BM_PROT_READ, BM_MAP_PRIVATE, -1, 0, &map), -BM_EBADF);
    IS(bm_mmap(NULL, page, BM_PROT_READ, BM_MAP_PRIVATE | BM_MAP_ANONYMOUS, -1, 0, NULL), -BM_EFAULT);
    *(volatile char *)map = 7;
    IS(bm_mprotect(map, page, BM_PROT_READ), 0);
    IS(bm_mprotect((char *)map + 1, page, BM_PROT_READ), -BM_EINVAL);
    IS(bm_madvise(map, page, BM_MADV_WILLNEED), 0);
    IS(bm_madvise((char *)map + 1, page, BM_MADV_WILLNEED), -BM_EINVAL);
    IS(bm_msync((char *)map + 1, page, BM_MS_SYNC), -BM_EINVAL);
    unsigned char resident = 0;
    IS(bm_mincore(map, page, &resident), 0);
    IS(resident & 1, 1);
    IS(bm_mremap(map, page, 2 * page, BM_MREMAP_MAYMOVE, NULL, &map), 0);
    IS(*(volatile char *)map, 7);
    IS(bm_mremap((char *)map + 1, page, page, BM_MREMAP_MAYMOVE, NULL, &map), -BM_EINVAL);
    IS(bm_munmap(map, 2 * page), 0);
    IS(bm_munmap((char *)map + 1, page), -BM_EINVAL);
    size_t rounded;
    IS(bm_page_round_up(1, &rounded), 0);
    IS(rounded, page);
    IS(bm_page_round_up(SIZE_MAX, &rounded), -BM_EOVERFLOW);
    IS(bm_page_round_up(1, NULL), -BM_EFAULT);
    say("memory\n");
}

static void processes(void)
{
    int child = bm_fork();
    if (child == 0)
        bm_exit(bm_getppid() > 0 ? 42 : 1);
    IS(child > 0, 1);
    int status = 0;
    IS(bm_wait4(child, &status, 0, NULL), child);
    IS(status, 42 << 8);
    IS(bm_wait4(child, &status, 0, NULL), -BM_ECHILD);
    IS(bm_wait4(-1, &status, -1, NULL), -BM_EINVAL);
    IS(bm_kill(bm_getpid(), 0), 0);
    IS(bm_kill(bm_getpid(), 1000), -BM_EINVAL);
    IS(bm_getpid(), bm_gettid());
    bm_timespec_t now, deadline;
    IS(bm_clock_gettime(BM_CLOCK_MONOTONIC, &now), 0);
    IS(bm_deadline_after(1500000000, &deadline), 0);
    IS(deadline.tv_sec >= now.tv_sec + 1, 1);
    IS(bm_deadline_after(1, NULL), -BM_EFAULT);
    IS(bm_clock_gettime(-1000, &now), -BM_EINVAL);
    char random[8];
    IS(bm_getrandom(random, sizeof random, 0), 8);
    unsigned word = 1;
    IS(bm_futex_wait(&word, 0, NULL), -BM_EAGAIN);
    IS(bm_futex_wake(&word, 1), 0);
    say("processes\n");
}

static void descriptors(void)
{
    int ends[2], fd = bm_memfd_create("sent", BM_MFD_CLOEXEC);
    bm_timespec_t none = {0, 0};
    IS(bm_socketpair(ends), 0);
    IS(bm_socketpair(NULL), -BM_EFAULT);
    bm_poll_t poll[2] = {{ends[1], BM_POLLIN, 0}, {-1, BM_POLLIN, 0}};
    IS(bm_poll(poll, 2, &none), 0);
    IS(bm_fd_send(ends[0], fd), 0);
    IS(bm_poll(poll, 2, NULL), 1);
    IS(poll[0].revents, BM_POLLIN);
    int same = bm_fd_receive(ends[1]);
    IS(same > fd, 1);
    bm_stat_t one, other;
    IS(bm_fstat(fd, &one), 0);
    IS(bm_fstat(same, &other), 0);
    IS(one.inode == other.inode, 1);
    IS(bm_fcntl(same, BM_F_GETFD, 0), BM_FD_CLOEXEC);
    IS(bm_fd_send(ends[0], -1), -BM_EBADF);
    IS(bm_fd_receive(-1), -BM_EBADF);
    IS(bm_write(ends[0], "x", 1), 1);
    IS(bm_fd_receive(ends[1]), -BM_EBADMSG);
    IS(bm_close(ends[0]), 0);
    IS(bm_fd_receive(ends[1]), -BM_ECONNRESET);
    IS(bm_fd_send(ends[1], fd), -BM_EPIPE);
    IS(bm_fd_take(-1, 0), -BM_ESRCH);
    IS(bm_close(ends[1]), 0);
    IS(bm_close(fd), 0);
    IS(bm_close(same), 0);
    bm_limit_t limit;
    IS(bm_getrlimit(BM_RLIMIT_NOFILE, &limit), 0);
    IS(limit.soft > 3 && limit.soft <= limit.hard, 1);
    IS(bm_getrlimit(-1, &limit), -BM_EINVAL);
    IS(bm_getrlimit(BM_RLIMIT_NOFILE, NULL), -BM_EFAULT);
    say("descriptors\n");
}

static void shrinking_file(void)
{
    size_t page = bm_page_size(), copied = 99;
    int fd = bm_memfd_create("shrinks", BM_MFD_CLOEXEC | BM_MFD_ALLOW_SEALING);
    IS(fd >= 3, 1);
    IS(bm_ftruncate(fd, (int64_t)(2 * page)), 0);
    bm_map_t map;
    IS(bm_map_file(&map, fd, BM_READ_WRITE, 0, BM_TO_END), 0);
    IS(bm_map_write_at(&map, page - 2, "edge", 4, &copied), 0);
    IS(copied, 4);
    void *address;
    size_t len;
    IS(bm_map_address(&map, &address, &len), 0);
    IS(len, 2 * page);
    char buffer[8];
    for (int round = 0; round < 2; round++) {
        IS(bm_map_read_at(&map, page - 2, buffer, 4, NULL), 0);
        IS(buffer[3], 'e');
        IS(bm_ftruncate(fd, (int64_t)page), 0);
        IS(bm_map_read_at(&map, page - 2, buffer, 4, &copied), -BM_EFAULT);
        IS(copied, 2);
        IS(bm_fault_read(buffer, (char *)address + page - 1, 4, &copied), -BM_EFAULT);
        IS(copied, 1);
        IS(bm_fault_write((char *)address + page - 3, "abcd", 4, &copied), -BM_EFAULT);
        IS(copied, 3);
        IS(bm_fault_copy((char *)address + page - 1, address, 4, &copied), -BM_EFAULT);
        IS(copied, 1);
        IS(bm_ftruncate(fd, (int64_t)(2 * page)), 0);
        IS(bm_map_write_at(&map, page - 2, "edge", 4, NULL), 0);
        /* Once by the kernel, or however it is by default; and once by the handler. */
        IS(bm_fault_install(), 0);
        IS(bm_fault_is_installed(), 1);
    }
    IS(bm_fault_uninstall(), 0);
    IS(bm_fault_uninstall(), -BM_ENOENT);
    IS(bm_fault_read(NULL, address, 1, &copied), -BM_EFAULT);
    IS(bm_fault_read(buffer, NULL, 1, &copied), -BM_EFAULT);
    IS(bm_fault_read(buffer, address, SIZE_MAX, &copied), -BM_EINVAL);
    IS(bm_fault_read(NULL, NULL, 0, &copied), 0);
    IS(bm_map_read_at(&map, 2 * page, buffer, 1, &copied), -BM_EINVAL);
    IS(copied, 0);
    IS(bm_map_read_at(&map, SIZE_MAX, buffer, 2, NULL), -BM_EINVAL);
    IS(bm_map_read_at(NULL, 0, buffer, 1, NULL), -BM_EFAULT);
    IS(bm_map_read_at((bm_map_t *)((char *)&map + 1), 0, buffer, 1, NULL), -BM_EINVAL);
    IS(bm_map_flush(&map, 0, BM_TO_END), 0);
    IS(bm_map_flush(&map, 2 * page + 1, BM_TO_END), -BM_EINVAL);
    IS(bm_map_set_len(&map, fd, 10), 0);
    IS(bm_map_address(&map, &address, &len), 0);
    IS(len, 10);
    IS(bm_ftruncate(fd, 100), 0);
    IS(bm_map_remap(&map, fd), 0);
    IS(bm_map_address(&map, &address, &len), 0);
    IS(len, 100);
    IS(bm_map_unmap(&map), 0);
    IS(bm_map_unmap(&map), -BM_EBADF);
    IS(bm_map_read_at(&map, 0, buffer, 1, NULL), -BM_EBADF);
    IS(bm_map_file(&map, -1, BM_READ_ONLY, 0, BM_TO_END), -BM_EBADF);
    IS(bm_map_file(&map, fd, 7, 0, BM_TO_END), -BM_EINVAL);
    IS(bm_map_file(&map, fd, BM_READ_ONLY, 0, 101), -BM_EINVAL);
    IS(bm_map_file(NULL, fd, BM_READ_ONLY, 0, BM_TO_END), -BM_EFAULT);
    IS(bm_map_file(&map, fd, BM_READ_ONLY, 50, 10), 0);
    IS(bm_map_write_at(&map, 0, "x", 1, NULL), -BM_EACCES);
    IS(bm_map_set_len(&map, fd, 1), -BM_EACCES);
    IS(bm_map_unmap(&map), 0);
    IS(bm_map_shared(&map, SIZE_MAX), -BM_ENOMEM);
    IS(bm_close(fd), 0);
    say("shrinking file\n");
}

static int fill(void *bytes, size_t len, void *context)
{
    for (size_t at = 0; at < len; at++)
        ((unsigned char *)bytes)[at] = (unsigned char)(at * at);
    return *(int *)context;
}

static void sealed(void)
{
    bm_sealed_t sealed, theirs;
    const void *address;
    size_t len;
    int answer = 0;
    IS(bm_sealed_build(&sealed, 100, fill, &answer), 0);
    IS(bm_sealed_address(&sealed, &address, &len), 0);
    IS(len, 100);
    IS(((const unsigned char *)address)[9], 81);
    int fd = bm_sealed_fd(&sealed);
    IS(bm_write(fd, "x", 1), -BM_EPERM);
    IS(bm_ftruncate(fd, 0), -BM_EPERM);
    IS(bm_sealed_open(&theirs, fd), 0);
    IS(bm_sealed_close(&sealed), 0);
    IS(bm_sealed_close(&sealed), -BM_EBADF);
    IS(bm_sealed_address(&theirs, &address, NULL), 0);
    IS(((const unsigned char *)address)[10], 100);
    IS(bm_sealed_close(&theirs), 0);
    answer = -BM_EXDEV;
    IS(bm_sealed_build(&sealed, 100, fill, &answer), -BM_EXDEV);
    answer = 5;
    IS(bm_sealed_build(&sealed, 100, fill, &answer), -BM_ECANCELED);
    IS(bm_sealed_build(&sealed, 100, NULL, NULL), -BM_EFAULT);
    IS(bm_sealed_new(&sealed, "text", 4), 0);
    IS(bm_sealed_close(&sealed), 0);
    IS(bm_sealed_new(&sealed, NULL, 4), -BM_EFAULT);
    int open = bm_memfd_create("open", BM_MFD_ALLOW_SEALING);
    IS(bm_sealed_open(&sealed, open), -BM_EPERM);
    IS(bm_sealed_seal(&sealed, open), 0);
    IS(bm_write(open, "x", 1), -BM_EPERM);
    IS(bm_sealed_close(&sealed), 0);
    IS(bm_sealed_snapshot(&sealed, open), 0);
    IS(bm_sealed_close(&sealed), 0);
    IS(bm_close(open), 0);
    say("sealed\n");
}

static int look(const char *name, void *context)
{
    const char *wanted = context;
    size_t at = 0;
    while (wanted[at] && wanted[at] == name[at])
        at++;
    return wanted[at] == name[at];
}

static void objects(void)
{
    char name[] = "baremap-c-0000000000";
    unsigned pid = (unsigned)bm_getpid();
    for (size_t at = sizeof name - 2; pid; pid /= 10)
        name[at--] = (char)('0' + pid % 10);
    bm_shm_t ours, theirs;
    void *address;
    size_t len;
    int answer = 0;
    IS(bm_shm_open(&ours, name, 100, 7), -BM_ENOENT);
    answer = -BM_EXDEV;
    IS(bm_shm_create(&ours, name, 100, 7, fill, &answer), -BM_EXDEV);
    IS(bm_shm_open(&ours, name, 100, 7), -BM_ENOENT);
    answer = 0;
    IS(bm_shm_create(&ours, name, 100, 7, fill, &answer), 0);
    IS(bm_shm_create(&theirs, name, 100, 7, fill, &answer), -BM_EEXIST);
    IS(bm_shm_open(&theirs, name, 99, 7), -BM_EINVAL);
    IS(bm_shm_open(&theirs, name, 100, 8), -BM_EINVAL);
    IS(bm_shm_open_or_create(&theirs, name, 100, 7, fill, &answer), 0);
    IS(bm_shm_address(&theirs, &address, &len), 0);
    IS(len, 100);
    IS((uintptr_t)address % 64, 0);
    IS(((unsigned char *)address)[9], 81);
    ((volatile unsigned char *)address)[0] = 5;
    IS(bm_shm_address(&ours, &address, NULL), 0);
    IS(((volatile unsigned char *)address)[0], 5);
    IS(bm_shm_list(look, name), 1);
    IS(bm_shm_list(NULL, NULL), -BM_EFAULT);
    IS(bm_shm_remove_unused(name), 0);
    IS(bm_shm_close(&ours), 0);
    IS(bm_shm_close(&theirs), 0);
    IS(bm_shm_close(&theirs), -BM_EBADF);
    IS(bm_shm_remove_all_unused(look, name), 1);
    IS(bm_shm_remove_unused(name), -BM_ENOENT);
    IS(bm_shm_create(&ours, "a/b", 1, 0, NULL, NULL), -BM_EINVAL);
    IS(bm_shm_create(&ours, "", 1, 0, NULL, NULL), -BM_EINVAL);
    IS(bm_shm_create(&ours, NULL, 1, 0, NULL, NULL), -BM_EFAULT);
    IS(bm_shm_create(&ours, name, SIZE_MAX, 0, NULL, NULL), -BM_EINVAL);
    int fd = bm_shm_open_file(name, BM_O_RDWR | BM_O_CREAT | BM_O_EXCL, 0600);
    IS(fd >= 3, 1);
    IS(bm_shm_open(&ours, name, 100, 7), -BM_EINVAL);
    IS(bm_close(fd), 0);
    IS(bm_shm_unlink(name), 0);
    IS(bm_shm_unlink(name), -BM_ENOENT);
    say("objects\n");
}

struct shared {
    bm_mutex_t mutex;
    bm_event_t event;
    bm_semaphore_t semaphore;
    uint64_t count;
};

static void locks(void)
{
    bm_map_t map;
    void *address;
    IS(bm_map_shared(&map, sizeof(struct shared)), 0);
    IS(bm_map_address(&map, &address, NULL), 0);
    struct shared *shared = address;
    IS(bm_mutex_unlock(&shared->mutex), -BM_EPERM);
    IS(bm_mutex_lock(&shared->mutex), 0);
    IS(bm_mutex_lock(&shared->mutex), -BM_EDEADLK);
    IS(bm_mutex_consistent(&shared->mutex), -BM_EINVAL);
    int child = bm_fork();
    if (child == 0) {
        bm_timespec_t soon;
        if (bm_mutex_unlock(&shared->mutex) != -BM_EPERM || bm_mutex_try_lock(&shared->mutex) != -BM_EBUSY)
            bm_exit(1);
        bm_deadline_after(1000000, &soon);
        if (bm_mutex_lock_until(&shared->mutex, &soon) != -BM_ETIMEDOUT)
            bm_exit(2);
        bm_event_set(&shared->event);
        if (bm_mutex_lock(&shared->mutex) != 0)
            bm_exit(3);
        shared->count = 1;
        bm_exit(0);
    }
    IS(bm_event_wait(&shared->event, NULL), 0);
    IS(bm_mutex_unlock(&shared->mutex), 0);
    int status;
    IS(bm_wait4(child, &status, 0, NULL), child);
    IS(status, 0);
    /* It has ended with the lock. */
    IS(bm_mutex_lock(&shared->mutex), -BM_EOWNERDEAD);
    IS(shared->count, 1);
    IS(bm_mutex_consistent(&shared->mutex), 0);
    IS(bm_mutex_consistent(&shared->mutex), -BM_EINVAL);
    IS(bm_mutex_unlock(&shared->mutex), 0);
    IS(bm_mutex_try_lock(&shared->mutex), 0);
    IS(bm_mutex_unlock(&shared->mutex), 0);
    child = bm_fork();
    if (child == 0)
        bm_exit(bm_mutex_lock_until(&shared->mutex, NULL));
    IS(bm_wait4(child, &status, 0, NULL), child);
    IS(status, 0);
    IS(bm_mutex_try_lock(&shared->mutex), -BM_EOWNERDEAD);
    /* Without a word about it, the lock is lost. */
    IS(bm_mutex_unlock(&shared->mutex), 0);
    IS(bm_mutex_lock(&shared->mutex), -BM_ENOTRECOVERABLE);
    IS(bm_mutex_lock(NULL), -BM_EFAULT);
    IS(bm_mutex_lock((bm_mutex_t *)((char *)&shared->mutex + 1)), -BM_EINVAL);

    /* As many locks at once as a thread has slots for, and more. */
    static bm_mutex_t many[40];
    for (int at = 0; at < 40; at++)
        IS(bm_mutex_lock(&many[at]), 0);
    for (int at = 0; at < 40; at++)
        IS(bm_mutex_unlock(&many[at * 7 % 40]), 0);
    for (int at = 0; at < 40; at++) {
        IS(bm_mutex_try_lock(&many[at]), 0);
        IS(bm_mutex_unlock(&many[at]), 0);
    }

    bm_timespec_t passed = {0, 0}, bad = {0, 1000000000};
    IS(bm_event_is_set(&shared->event), 1);
    IS(bm_event_reset(&shared->event), 0);
    IS(bm_event_wait(&shared->event, &passed), -BM_ETIMEDOUT);
    IS(bm_event_wait(&shared->event, &bad), -BM_EINVAL);
    IS(bm_event_set(NULL), -BM_EFAULT);
    IS(bm_semaphore_try_acquire(&shared->semaphore), -BM_EAGAIN);
    IS(bm_semaphore_release(&shared->semaphore, 2), 0);
    IS(bm_semaphore_permits(&shared->semaphore), 2);
    IS(bm_semaphore_acquire(&shared->semaphore, NULL), 0);
    IS(bm_semaphore_acquire(&shared->semaphore, &passed), 0);
    IS(bm_semaphore_acquire(&shared->semaphore, &passed), -BM_ETIMEDOUT);
    IS(bm_semaphore_release(&shared->semaphore, UINT32_MAX), -BM_EOVERFLOW);
    IS(bm_map_unmap(&map), 0);
    say("locks\n");
}

static void rings(void)
{
    size_t size = bm_ring_size(1 << 12), len;
    bm_map_t map;
    void *ring;
    IS(bm_map_shared(&map, size), 0);
    IS(bm_map_address(&map, &ring, NULL), 0);
    int child = bm_fork();
    if (child == 0) {
        bm_sender_t sender;
        if (bm_sender_attach(&sender, ring, size) != 0)
            bm_exit(1);
        for (unsigned at = 0; at < 1000; at++)
            if (bm_sender_send(&sender, &at, sizeof at, NULL) != 0)
                bm_exit(2);
        if (bm_sender_send(&sender, ring, (size_t)bm_sender_most(&sender) + 1, NULL) != -BM_EMSGSIZE)
            bm_exit(3);
        bm_exit(bm_sender_detach(&sender));
    }
    bm_receiver_t receiver;
    IS(bm_receiver_attach(&receiver, ring, size), 0);
    IS(bm_receiver_attach(&(bm_receiver_t){{0}}, ring, size), -BM_EBUSY);
    char small[1];
    unsigned message;
    IS(bm_receiver_receive(&receiver, small, 1, &len, NULL), -BM_EMSGSIZE);
    IS(len, sizeof message);
    for (unsigned at = 0; at < 1000; at++) {
        IS(bm_receiver_receive(&receiver, &message, sizeof message, &len, NULL), 1);
        IS(message, at);
    }
    IS(bm_receiver_receive(&receiver, &message, sizeof message, &len, NULL), 0);
    IS(bm_receiver_receive(&receiver, &message, sizeof message, NULL, NULL), -BM_EFAULT);
    IS(bm_receiver_detach(&receiver), 0);
    IS(bm_receiver_detach(&receiver), -BM_EBADF);
    int status;
    IS(bm_wait4(child, &status, 0, NULL), child);
    IS(status, 0);
    bm_writer_t writer;
    bm_reader_t reader;
    IS(bm_writer_attach(&writer, ring, size), -BM_EINVAL);
    IS(bm_sender_attach(&(bm_sender_t){{0}}, ring, 8), -BM_EINVAL);
    IS(bm_sender_attach(&(bm_sender_t){{0}}, NULL, size), -BM_EFAULT);
    IS(bm_sender_attach(NULL, ring, size), -BM_EFAULT);
    IS(bm_map_unmap(&map), 0);

    IS(bm_map_shared(&map, size), 0);
    IS(bm_map_address(&map, &ring, NULL), 0);
    char text[8];
    bm_timespec_t passed = {0, 0};
    IS(bm_writer_attach(&writer, ring, size), 0);
    IS(bm_reader_attach(&reader, ring, size), 0);
    IS(bm_reader_try_read(&reader, text, 8), -BM_EAGAIN);
    IS(bm_reader_read(&reader, text, 8, &passed), -BM_ETIMEDOUT);
    IS(bm_writer_write(&writer, "stream", 6, NULL), 6);
    IS(bm_writer_try_write(&writer, "ing", 3), 3);
    IS(bm_reader_read(&reader, text, 8, NULL), 8);
    IS(text[6], 'i');
    IS(bm_writer_detach(&writer), 0);
    IS(bm_reader_read(&reader, text, 8, NULL), 1);
    IS(bm_reader_read(&reader, text, 8, NULL), 0);
    IS(bm_reader_detach(&reader), 0);
    IS(bm_map_unmap(&map), 0);
    say("rings\n");
}

static void allocators(void)
{
    static bm_bump_t heap;
    void *block, *next;
    bm_usage_t usage;
    IS(bm_bump_alloc(&heap, 10, 8, &block), -BM_EBADF);
    IS(bm_bump_init(&heap, 0), 0);
    IS(bm_bump_alloc(&heap, 10, 64, &block), 0);
    IS((uintptr_t)block % 64, 0);
    IS(bm_bump_alloc(&heap, 0, 8, &next), -BM_EINVAL);
    IS(bm_bump_alloc(&heap, 10, 3, &next), -BM_EINVAL);
    IS(bm_bump_alloc(&heap, SIZE_MAX, 8, &next), -BM_ENOMEM);
    IS(bm_bump_alloc(&heap, 1, 1, NULL), -BM_EFAULT);
    ((char *)block)[0] = 9;
    IS(bm_bump_resize(&heap, &block, 10, 1 << 20, 64), 0);
    IS(((char *)block)[0], 9);
    IS(bm_bump_usage(&heap, &usage), 0);
    IS(usage.mapped > 1 << 20, 1);
    IS(bm_bump_free(&heap, block, 1 << 20, 64), 0);
    IS(bm_bump_free(&heap, NULL, 0, 0), 0);
    IS(bm_bump_alloc_zeroed(&heap, 1000, 8, &block), 0);
    IS(((char *)block)[999], 0);
    static char memory[1 << 17] BM_ALIGNED(16);
    static bm_bump_t small;
    IS(bm_bump_init_over(&small, memory, sizeof memory), 0);
    IS(bm_bump_alloc(&small, 100, 8, &block), 0);
    IS((char *)block >= memory && (char *)block < memory + sizeof memory, 1);
    IS(bm_bump_alloc(&small, 1 << 20, 8, &block), -BM_ENOMEM);

    bm_arena_t arena;
    IS(bm_arena_init_over(&arena, memory, sizeof memory), 0);
    IS(bm_arena_alloc(&arena, 100, 32, &block), 0);
    IS((uintptr_t)block % 32, 0);
    next = block;
    IS(bm_arena_resize(&arena, &next, 100, 1000, 32), 0);
    IS(next == block, 1);
    IS(bm_arena_free(&arena, next, 1000, 32), 0);
    IS(bm_arena_alloc(&arena, 1 << 18, 8, &block), -BM_ENOMEM);
    IS(bm_arena_destroy(&arena), 0);
    IS(bm_arena_destroy(&arena), -BM_EBADF);
    IS(bm_arena_init(&arena, 1 << 20), 0);
    IS(bm_arena_alloc(&arena, 1000, 8, &block), 0);
    IS(bm_arena_alloc(&arena, 1 << 21, 8, &block), -BM_ENOMEM);
    IS(bm_arena_reset(&arena), 0);
    IS(bm_arena_usage(&arena, &usage), 0);
    IS(usage.mapped <= 1 << 20, 1);
    IS(bm_arena_destroy(&arena), 0);
    IS(bm_arena_init_reserved(&arena, (size_t)1 << 30), 0);
    for (int at = 0; at < 1000; at++)
        IS(bm_arena_alloc(&arena, 1000, 8, &block), 0);
    IS(bm_arena_usage(&arena, &usage), 0);
    IS(usage.chunks, 1);
    IS(bm_arena_destroy(&arena), 0);
    IS(bm_arena_alloc(NULL, 1, 1, &block), -BM_EFAULT);
    say("allocators\n");
}

static volatile int caught;

static void catch(int signal, void *info, void *context)
{
    (void)info;
    (void)context;
    caught = signal;
}

static void signals_and_texts(void)
{
    IS(bm_signal_handle(BM_SIGUSR1, catch, BM_SA_RESTART, 0), 0);
    IS(bm_kill(bm_getpid(), BM_SIGUSR1), 0);
    IS(caught, BM_SIGUSR1);
    uint64_t set = (uint64_t)1 << (BM_SIGUSR1 - 1), old = 1;
    IS(bm_signal_mask(BM_SIG_BLOCK, &set, &old), 0);
    IS(old, 0);
    caught = 0;
    IS(bm_kill(bm_getpid(), BM_SIGUSR1), 0);
    IS(caught, 0);
    IS(bm_signal_mask(BM_SIG_SETMASK, &old, NULL), 0);
    IS(caught, BM_SIGUSR1);
    IS(bm_signal_ignore(BM_SIGUSR1), 0);
    IS(bm_signal_handle(BM_SIGKILL, catch, 0, 0), -BM_EINVAL);
    IS(bm_signal_handle(0, catch, 0, 0), -BM_EINVAL);
    char text[64];
    IS(bm_error_name(-BM_ENOENT, text, sizeof text), 6);
    IS(look(text, "ENOENT"), 1);
    IS(bm_error_name(BM_ENOENT, text, 6), -BM_ERANGE);
    IS(bm_error_name(0, text, 64), -BM_EINVAL);
    IS(bm_error_name(INT32_MIN, text, 64), -BM_EINVAL);
    IS(bm_error_text(BM_ENOENT, text, sizeof text), 25);
    IS(look(text, "No such file or directory"), 1);
    IS(bm_error_text(1, NULL, 64), -BM_EFAULT);
    say("signals and texts\n");
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    files(arguments[1]);
    memory();
    processes();
    descriptors();
    shrinking_file();
    sealed();
    objects();
    locks();
    rings();
    allocators();
    signals_and_texts();
    return 0;
}
