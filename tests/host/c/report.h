/* What a program of the tests prints: each call as it is written, what it gave, and errno. A call is made with any libc: nothing
 * else than the functions under test is used to print. */

#ifndef REPORT_H
#define REPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In errno before each call: it must not change where nothing fails. */
#define UNTOUCHED 4711

static void put(const char *text)
{
    size_t len = 0;
    while (text[len] != 0)
        len++;
    if (write(STDOUT_FILENO, text, len) != (ssize_t)len)
        _exit(99);
}

static void put_number(long long number)
{
    char digits[24], *next = digits + sizeof digits - 1;
    unsigned long long rest = number < 0 ? -(unsigned long long)number : (unsigned long long)number;
    *next = 0;
    do {
        *--next = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0)
        *--next = '-';
    put(next);
}

static void report(const char *call, long long result, int error)
{
    put(call);
    put(" = ");
    put_number(result);
    if (error != UNTOUCHED) {
        put(", errno ");
        put_number(error);
    }
    put("\n");
}

/* Makes a call and prints what it gave. */
#define TRY(call)                                      \
    do {                                               \
        errno = UNTOUCHED;                             \
        long long result_ = (long long)(call);         \
        report(#call, result_, errno);                 \
    } while (0)

/* The same for calls that give an address, of which only is of interest whether it is one: 1, 0 for null, -1 for MAP_FAILED. */
#define TRY_ADDRESS(call)                                                                           \
    do {                                                                                            \
        errno = UNTOUCHED;                                                                          \
        void *result_ = (void *)(call);                                                             \
        report(#call, result_ == MAP_FAILED ? -1 : result_ != NULL, errno);                         \
    } while (0)

#define PAGE ((size_t)getauxval(AT_PAGESZ))

#endif
