/* Tries a read, a write and a call under every protection of a page, each in a child of its own.
 *
 * What a protection permits is up to the machine: many cannot let a page be written and not read. */

#define _GNU_SOURCE
#include <baremap.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    int flags;
} protections[] = {
    {"PROT_NONE", PROT_NONE},
    {"PROT_READ", PROT_READ},
    {"PROT_WRITE", PROT_WRITE},
    {"PROT_EXEC", PROT_EXEC},
    {"PROT_READ|PROT_WRITE", PROT_READ | PROT_WRITE},
    {"PROT_READ|PROT_EXEC", PROT_READ | PROT_EXEC},
    {"PROT_WRITE|PROT_EXEC", PROT_WRITE | PROT_EXEC},
    {"PROT_READ|PROT_WRITE|PROT_EXEC", PROT_READ | PROT_WRITE | PROT_EXEC},
};

/* What is called, and more bytes than it has on any machine. */
static void nothing(void)
{
}
#define CODE 64

static void read_byte(volatile char *page)
{
    (void)page[0];
}

static void write_byte(volatile char *page)
{
    page[0] = 0;
}

static void call(volatile char *page)
{
    ((void (*)(void))(uintptr_t)page)();
}

/* Prints a text and as many blanks as make a column of it. */
static void print_column(const char *text, int width)
{
    bm_print(text);
    for (; *text != 0; text++)
        width--;
    for (; width > 0; width--)
        bm_print(" ");
}

/* Ends a child with the signal's number, which leaves no core dump behind. */
static void on_fault(int signal, void *info, void *context)
{
    (void)info, (void)context;
    _exit(signal);
}

/* Does it in a child: "yes", or the name of the signal that it raises. */
static const char *attempt(void (*access)(volatile char *), char *page)
{
    pid_t child = fork();
    if (child == 0) {
        access(page);
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
        return "?";
    switch (WEXITSTATUS(status)) {
    case 0: return "yes";
    case SIGSEGV: return "SIGSEGV";
    default: return "?";
    }
}

int main(void)
{
    /* Children inherit it. */
    int error = bm_signal_handle(SIGSEGV, on_fault, 0, 0);
    if (error < 0) {
        bm_print_error("signal", error);
        return 1;
    }

    /* Code in a file: that a processor sees it once it is mapped is the kernel's duty, as with every program. Should the program's
     * text end before CODE bytes, the kernel copies fewer. */
    int fd = memfd_create("protections", MFD_CLOEXEC);
    if (fd < 0 || write(fd, (const void *)(uintptr_t)nothing, CODE) < 0) {
        bm_print_error("memfd_create", errno);
        return 1;
    }

    print_column("", 32);
    print_column("read", 9);
    print_column("write", 9);
    bm_print("call\n");
    for (size_t i = 0; i < sizeof protections / sizeof protections[0]; i++) {
        char *page = mmap(NULL, CODE, protections[i].flags, MAP_PRIVATE, fd, 0);
        if (page == MAP_FAILED) {
            bm_print_error("mmap", errno);
            return 1;
        }
        print_column(protections[i].name, 32);
        print_column(attempt(read_byte, page), 9);
        print_column(attempt(write_byte, page), 9);
        bm_print(attempt(call, page));
        bm_print("\n");
        munmap(page, CODE);
    }
    return 0;
}
