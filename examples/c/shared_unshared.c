/* What a fork copies and what it shares: an ordinary variable beside a shared one. */

#include <baremap.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *what, int error)
{
    bm_print_error(what, error);
    return 1;
}

int main(void)
{
    int unshared = 15;
    /* Volatile: the compiler does not know that another process stores there. */
    volatile int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return failed("mmap", errno);
    *shared = 1;

    pid_t child = fork();
    if (child < 0)
        return failed("fork", errno);
    if (child == 0) {
        bm_print("Child process running...\nValue of `unshared` is ");
        bm_print_number(unshared);
        bm_print(", value of `shared` is ");
        bm_print_number(*shared);
        bm_print("\nChild process changing `shared` and `unshared`...\n");
        unshared = 64;
        *shared = 128;
        bm_print("On child process, `unshared` is ");
        bm_print_number(unshared);
        bm_print(", `shared` is ");
        bm_print_number(*shared);
        bm_print("\n");
        _exit(0);
    }

    int status;
    if (waitpid(child, &status, 0) < 0)
        return failed("waitpid", errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return 1;
    bm_print("Parent process checking `shared` and `unshared`...\nOn parent process, `unshared` is ");
    bm_print_number(unshared);
    bm_print(", `shared` is ");
    bm_print_number(*shared);
    bm_print("\n");
    return 0;
}
