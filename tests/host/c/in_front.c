/* A program that has a libc, and takes the library's functions in place of the libc's. The libc's own still work, use what has been
 * taken, and know of the fork. */

#include "report.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

static int prepared, in_parent, in_child;

static void on_prepare(void)
{
    prepared++;
}

static void on_parent(void)
{
    in_parent++;
}

static void on_child(void)
{
    in_child++;
}

static void at_the_end(void)
{
    puts("at the end");
}

/* Allocates beside other threads. */
static void *work(void *failures)
{
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)(round * 7919 % 3000) + 1;
        unsigned char *block = malloc(size), value = (unsigned char)round;
        memset(block, value, size);
        block = realloc(block, size * 2);
        for (size_t i = 0; i < size; i++)
            if (block[i] != value)
                ++*(int *)failures;
        free(block);
    }
    /* Its errno is its own. */
    errno = 0;
    if (close(-1) != -1 || errno != EBADF)
        ++*(int *)failures;
    return NULL;
}

/* The same few blocks over and over, of one size, beside other threads. */
static void *contend(void *unused)
{
    void *blocks[16];
    for (int round = 0; round < 50000; round++) {
        for (int i = 0; i < 16; i++) {
            blocks[i] = malloc(100);
            *(volatile char *)blocks[i] = 1;
        }
        for (int i = 0; i < 16; i++)
            free(blocks[i]);
    }
    return unused;
}

/* KiB that this process has in memory. Not by statm, which counts pages: those of an emulator are not those of the program. */
static long resident(void)
{
    long here = -1;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmRSS: %ld", &here) != 1)
        continue;
    fclose(file);
    return here;
}

int main(void)
{
    printf("a libc's printf, and %zu bytes\n", strlen("text"));
    atexit(at_the_end);

    /* The library's error, by the libc's functions, and the other way round. */
    errno = 0;
    int fd = open("missing", O_RDONLY);
    printf("%d: %s\n", fd, strerror(errno));
    fflush(stdout);
    errno = 0;
    FILE *missing = fopen("missing", "r");
    printf("%d: %m\n", missing != NULL);

    /* What the libc allocates, the library frees, and the other way round. */
    char *copy = strdup("a copy of the libc's"), *line = malloc(1);
    size_t len = 1;
    line = realloc(line, 2);
    FILE *file = fopen("/proc/self/comm", "r");
    printf("%s, %d\n", copy, getline(&line, &len, file) > 0);
    fclose(file);
    free(copy);
    free(line);
    free(calloc(3, 5));
    void *aligned = NULL;
    printf("%d\n", posix_memalign(&aligned, 64, 10));
    free(aligned);
    free(aligned_alloc(64, 64));

    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(map, "mapped");
    puts(map);
    printf("%d\n", munmap(map, PAGE));

    pthread_atfork(on_prepare, on_parent, on_child);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(in_child);
    int status;
    waitpid(child, &status, 0);
    printf("%d %d %d\n", prepared, in_parent, WEXITSTATUS(status));

    int failures[4] = {0};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, &failures[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("%d failures\n", failures[0] + failures[1] + failures[2] + failures[3]);

    /* 8 threads with 16 blocks of 100 bytes are 13 KB, however long they run. */
    long before = resident();
    pthread_t contenders[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&contenders[i], NULL, contend, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(contenders[i], NULL);
    printf("grown: %d\n", resident() - before > 4096);

    printf("%d %d\n", environ != NULL && *environ != NULL, getenv("IN_FRONT") != NULL);
    /* What is in the buffer is written: it is the libc's exit. */
    exit(0);
}
