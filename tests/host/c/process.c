/* Processes. */

#include "report.h"

static int status;

static pid_t child_that_exits(int code)
{
    pid_t child = fork();
    if (child == 0)
        _exit(code);
    return child;
}

static void endings(void)
{
    pid_t child = child_that_exits(7);
    TRY(waitpid(child, &status, 0) == child);
    TRY(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    TRY(waitpid(child, &status, 0));

    child = child_that_exits(0x1ff);
    TRY(wait(&status) == child);
    TRY(WEXITSTATUS(status));
    TRY(wait(&status));
    TRY(wait(NULL));

    child = fork();
    if (child == 0) {
        kill(getpid(), SIGKILL);
        _exit(0);
    }
    TRY(waitpid(-1, &status, 0) == child);
    TRY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    child = fork();
    if (child == 0) {
        kill(getpid(), SIGSTOP);
        _exit(3);
    }
    TRY(waitpid(child, &status, WUNTRACED) == child);
    TRY(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    TRY(waitpid(child, &status, WNOHANG));
    TRY(kill(child, SIGCONT));
    TRY(waitpid(child, NULL, 0) == child);
    TRY(waitpid(-1, &status, WNOHANG));
    TRY(waitpid(-1, &status, 1 << 20));
}

static void families(void)
{
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        _exit(getppid() == parent && getpid() != parent ? 0 : 1);
    TRY(waitpid(child, &status, 0) == child);
    TRY(status);
    /* What a child of vfork(2) may do, and no more. */
    child = vfork();
    if (child == 0)
        _exit(5);
    TRY(waitpid(child, &status, 0) == child);
    TRY(WEXITSTATUS(status));
    TRY(getppid() > 0);
}

static void copies(void)
{
    static volatile int ordinary = 1;
    volatile int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *block = malloc(100);
    block[0] = 'p';
    pid_t child = fork();
    if (child == 0) {
        ordinary = 2;
        *shared = 2;
        /* Its allocator works, whatever the parent does with its own. */
        char *own = malloc(1000);
        own[999] = 'c';
        free(block);
        free(own);
        _exit(own == NULL);
    }
    TRY(waitpid(child, &status, 0) == child);
    TRY(status);
    TRY(ordinary);
    TRY(*shared);
    TRY(block[0]);
    free(block);
}

static void signals(void)
{
    TRY(kill(getpid(), 0));
    TRY(kill(getpid(), 4711));
    TRY(kill(INT_MAX, 0));
    TRY(kill(-INT_MAX, 0));
}

int main(void)
{
    endings();
    families();
    copies();
    signals();
    _exit(42);
}
