/* A child adds two numbers that its parent stores in memory they share. */

#include <baremap.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct numbers {
    uint32_t a, b;
    _Atomic uint32_t ready;
};

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

int main(void)
{
    struct numbers *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return failed("mmap", errno);

    pid_t child = fork();
    if (child < 0)
        return failed("fork", errno);
    if (child == 0) {
        /* Sleeps only while the flag is still 0; an early return is seen to by the loop. */
        while (atomic_load_explicit(&shared->ready, memory_order_acquire) == 0)
            bm_futex_wait((const uint32_t *)&shared->ready, 0, NULL);
        bm_print_number(shared->a + shared->b);
        bm_print("\n");
        _exit(0);
    }

    shared->a = 10;
    shared->b = 20;
    /* Release and acquire: who sees the flag sees the numbers. */
    atomic_store_explicit(&shared->ready, 1, memory_order_release);
    bm_futex_wake((const uint32_t *)&shared->ready, 1);

    int status;
    if (waitpid(child, &status, 0) < 0)
        return failed("waitpid", errno);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
