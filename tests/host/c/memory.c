/* malloc(3) and its family. */

#include "report.h"
#include <malloc.h>

static int is_aligned(const void *memory, size_t align)
{
    return memory != NULL && (uintptr_t)memory % align == 0;
}

/* Memory whose bytes are all the same, for as long as nobody else has a part of it. */
struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char value;
};

static int is_intact(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++)
        if (block->bytes[i] != block->value)
            return 0;
    return 1;
}

static uint64_t state = 88172645463325252u;

/* Marsaglia's xorshift. */
static size_t random_below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* Blocks of all sizes come, grow, shrink and go; none ever loses a byte. */
static void storm(void)
{
    static struct block blocks[100];
    int damaged = 0, missing = 0, crooked = 0;
    for (int round = 0; round < 20000; round++) {
        struct block *block = &blocks[random_below(100)];
        damaged += !is_intact(block);
        size_t size = random_below(random_below(50) == 0 ? 300000 : 2000) + 1;
        if (random_below(3) == 0) {
            unsigned char *bytes = realloc(block->bytes, size);
            missing += bytes == NULL;
            size_t kept = size < block->size ? size : block->size;
            block->bytes = bytes;
            struct block start = {bytes, kept, block->value};
            damaged += !is_intact(&start);
        } else {
            free(block->bytes);
            size_t align = (size_t)16 << random_below(8);
            block->bytes = random_below(2) == 0 ? malloc(size) : aligned_alloc(align, (size + align - 1) / align * align);
            missing += block->bytes == NULL;
        }
        crooked += !is_aligned(block->bytes, 16);
        block->size = size;
        block->value = (unsigned char)round;
        for (size_t i = 0; i < size; i++)
            block->bytes[i] = block->value;
    }
    for (int i = 0; i < 100; i++)
        free(blocks[i].bytes);
    TRY(damaged);
    TRY(missing);
    TRY(crooked);
}

/* Bytes that this process has in memory, by /proc/self/statm, which counts pages. */
static size_t resident(void)
{
    char text[200] = "", *next = text;
    int fd = open("/proc/self/statm", O_RDONLY);
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    size_t pages = 0;
    while (len > 0 && *next != 0 && *next != ' ')
        next++;
    while (*++next >= '0' && *next <= '9')
        pages = pages * 10 + (size_t)(*next - '0');
    return pages * PAGE;
}

/* What is freed is used again, in whatever order it is freed. */
static void appetite(void)
{
    static char *blocks[1000];
    size_t before = resident();
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 1000; i++) {
            blocks[i] = malloc(500);
            blocks[i][499] = 1;
        }
        for (int i = 0; i < 1000; i++)
            free(blocks[i]);
    }
    /* 100 MB have been asked for. */
    size_t after = resident();
    TRY(after < before + (16 << 20));
}

int main(void)
{
    void *memory;

    TRY_ADDRESS(memory = malloc(0));
    void *other = malloc(0);
    TRY(memory != other);
    free(memory);
    free(other);
    free(NULL);

    for (size_t size = 1; size < 5000; size++) {
        memory = malloc(size);
        if (!is_aligned(memory, 16) || malloc_usable_size(memory) < size)
            report("malloc", (long long)size, 0);
        free(memory);
    }
    TRY(malloc_usable_size(NULL));
    TRY_ADDRESS(malloc(PTRDIFF_MAX));
    TRY_ADDRESS(malloc(SIZE_MAX));
    TRY_ADDRESS(malloc(SIZE_MAX - 15));
    TRY_ADDRESS(memory = malloc((size_t)1 << 30));
    ((char *)memory)[(1 << 30) - 1] = 1;
    errno = UNTOUCHED;
    free(memory);
    TRY(errno);

    char *zeros = malloc(1000);
    for (int i = 0; i < 1000; i++)
        zeros[i] = 1;
    free(zeros);
    zeros = calloc(10, 100);
    int sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += zeros[i];
    TRY(sum);
    free(zeros);
    zeros = calloc(1 << 10, 1 << 10);
    for (int i = 0; i < 1 << 20; i++)
        sum += zeros[i];
    TRY(sum);
    free(zeros);
    TRY_ADDRESS(calloc(SIZE_MAX, 2));
    TRY_ADDRESS(calloc((size_t)1 << 33, (size_t)1 << 33));
    TRY_ADDRESS(memory = calloc(0, 10));
    free(memory);

    TRY_ADDRESS(memory = realloc(NULL, 10));
    ((char *)memory)[9] = 'r';
    TRY_ADDRESS(memory = realloc(memory, 1 << 20));
    TRY(((char *)memory)[9]);
    TRY_ADDRESS(memory = realloc(memory, 16 << 20));
    TRY(((char *)memory)[9]);
    TRY_ADDRESS(realloc(memory, PTRDIFF_MAX));
    TRY_ADDRESS(realloc(memory, SIZE_MAX));
    TRY(((char *)memory)[9]);
    TRY_ADDRESS(memory = realloc(memory, 10));
    TRY(((char *)memory)[9]);
    TRY_ADDRESS(realloc(memory, 0));

    for (size_t align = 1; align <= 1 << 20; align *= 2) {
        memory = aligned_alloc(align, align < 64 ? 64 : align);
        if (!is_aligned(memory, align) || malloc_usable_size(memory) < align)
            report("aligned_alloc", (long long)align, 0);
        memory = realloc(memory, 3 * align);
        if (memory == NULL)
            report("realloc", (long long)align, 0);
        free(memory);
        if (align < sizeof memory)
            continue;
        TRY(posix_memalign(&memory, align, 100));
        if (!is_aligned(memory, align))
            report("posix_memalign", (long long)align, 0);
        free(memory);
        free(memalign(align, 10));
    }
    TRY_ADDRESS(aligned_alloc((size_t)1 << 63, 1));
    TRY(posix_memalign(&memory, 0, 100));
    TRY(posix_memalign(&memory, 4, 100));
    TRY(posix_memalign(&memory, 24, 100));
    TRY(is_aligned(memory = valloc(1), PAGE));
    free(memory);
    TRY(is_aligned(memory = pvalloc(1), PAGE) && malloc_usable_size(memory) >= PAGE);
    free(memory);
    TRY_ADDRESS(pvalloc(SIZE_MAX));

    storm();
    appetite();
    return 0;
}
