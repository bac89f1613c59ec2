/* Anybody's program: it knows nothing of the library, only POSIX. Children find primes and write them into a shared map; the parent
 * sorts them into a list of its own. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 4, LIMIT = 1000 };

struct found {
    size_t count;
    long values[LIMIT];
};

static int is_prime(long number)
{
    for (long divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return 0;
    return number >= 2;
}

static void print(long number)
{
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\n';
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    if (write(STDOUT_FILENO, digits + at, sizeof digits - at) == -1)
        exit(1);
}

static long *insert(long *list, size_t count, long value)
{
    list = realloc(list, (count + 1) * sizeof *list);
    if (list == NULL)
        exit(1);
    while (count > 0 && list[count - 1] > value) {
        list[count] = list[count - 1];
        count--;
    }
    list[count] = value;
    return list;
}

int main(void)
{
    size_t size = CHILDREN * sizeof(struct found);
    struct found *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED)
        return 1;
    for (int child = 0; child < CHILDREN; child++) {
        pid_t pid = fork();
        if (pid == -1)
            return 1;
        if (pid == 0) {
            for (long number = child; number < LIMIT; number += CHILDREN)
                if (is_prime(number))
                    found[child].values[found[child].count++] = number;
            _exit(child);
        }
    }
    int status, codes = 0;
    while (wait(&status) > 0)
        codes += WIFEXITED(status) ? WEXITSTATUS(status) : 100;
    print(codes);

    long *list = NULL;
    size_t count = 0;
    for (int child = 0; child < CHILDREN; child++)
        for (size_t i = 0; i < found[child].count; i++)
            list = insert(list, count++, found[child].values[i]);
    print((long)count);
    print(list[0]);
    print(list[count - 1]);
    free(list);
    return munmap(found, size);
}
