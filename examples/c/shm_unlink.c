/* Removes the name of an object of shared memory. */

#include <baremap.h>
#include <errno.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        bm_eprint("usage: shm_unlink NAME\n");
        return 2;
    }

    /* Who has the object mapped keeps its memory; it goes with the last of them. */
    if (shm_unlink(argv[1]) < 0) {
        bm_print_error("unlink", errno);
        return 1;
    }
    return 0;
}
