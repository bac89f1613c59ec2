/* A program that has neither a libc nor the library's _start. Its exit code says whether calls are made, and refused, as they should
 * be. */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void _start(void)
{
    int is_refused = open("missing", O_RDONLY) == -1 && close(-1) == -1;
    void *memory = malloc(10);
    free(memory);
    _exit(is_refused && memory != NULL ? 42 : 1);
}
