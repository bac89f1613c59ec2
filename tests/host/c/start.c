/* What a program without a libc is given, and what compilers expect to be there. */

#include <baremap.h>
#include "report.h"

extern char **environ;

/* Before main, with its arguments. */
static int constructed;
__attribute__((constructor)) static void construct(int argc, char **argv, char **envp)
{
    constructed = argc > 0 && argv[argc] == NULL && envp == environ ? argc : -1;
}

/* After main, the last first, if the program is told so. */
static int is_destruction_told;
__attribute__((destructor(101))) static void destruct_last(void)
{
    if (is_destruction_told)
        bm_print("last\n");
}

__attribute__((destructor)) static void destruct(void)
{
    if (is_destruction_told)
        bm_print("destructed\n");
}

/* Long enough for a stack protector, and too long for its array if the program is told so. */
__attribute__((noinline)) static void overflow(const char *text)
{
    volatile char array[16];
    for (int i = 0; text[i] != 0; i++)
        array[i] = text[i];
}

static int is_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

int main(int argc, char **argv, char **envp)
{
    if (argc == 3 && is_equal(argv[1], "overflow")) {
        overflow(argv[2]);
        bm_print("not noticed\n");
        return 0;
    }
    is_destruction_told = argc == 3 && is_equal(argv[2], "destruct");
    if (argc >= 2 && is_equal(argv[1], "return"))
        return 0x123;
    if (argc >= 2 && is_equal(argv[1], "exit"))
        exit(77);

    TRY(argc);
    for (int i = 1; i < argc; i++) {
        bm_print(argv[i]);
        bm_print("\n");
    }
    TRY(argv[argc] == NULL);
    TRY(constructed == argc);
    TRY(envp == environ && envp == argv + argc + 1);
    int found = 0;
    for (char **variable = envp; *variable != NULL; variable++)
        found += is_equal(*variable, "OF_THE_TEST=its value");
    TRY(found);
    /* The stack, as both ABIs want it: a local of that alignment is where it should be. */
    volatile struct { _Alignas(16) char byte; } local;
    TRY((uintptr_t)&local % 16);
    TRY(getauxval(AT_PAGESZ) == bm_page_size());
    TRY(getauxval(4711));

    bm_print_number(INT64_MIN);
    bm_print("\n");
    bm_print_number(INT64_MAX);
    bm_print("\n");
    bm_print_number(0);
    bm_print("\n");
    bm_print_hex(UINT64_MAX, 0);
    bm_print("\n");
    bm_print_hex(0x2a, 4);
    bm_print("\n");
    bm_print_hex(0, 100);
    bm_print("\n");
    bm_print("");
    TRY(bm_print(NULL));
    bm_eprint("error ");
    bm_eprint_number(-1);
    bm_eprint(": ");
    bm_eprint_errno(-ENOENT);
    bm_eprint(", ");
    bm_eprint_errno(4711);
    bm_eprint("\n");
    bm_print_error("open", EEXIST);
    bm_print_error("read", 4711);
    close(STDOUT_FILENO);
    return bm_print("x") == -EBADF ? 0 : 1;
}
