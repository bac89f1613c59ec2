// Stores two numbers in a new file through a shared map, and reads the file back: with the C library.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEN = 40 };

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: map_file PATH\n", stderr);
		return 2;
	}
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("open");
	if (fallocate(fd, 0, 0, LEN) != 0 && (errno != EOPNOTSUPP || ftruncate(fd, LEN) != 0))
		return fail("fallocate");
	volatile uint32_t *map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return fail("mmap");
	printf("Mapped at %p\n", (void *)map);
	map[0] = 0x12345678;
	map[1] = 0xdeadc0de;
	if (msync((void *)map, LEN, MS_SYNC) != 0)
		return fail("msync");
	munmap((void *)map, LEN);

	unsigned char line[16];
	size_t offset = 0;
	for (;;) {
		ssize_t count = read(fd, line, sizeof line);
		if (count < 0)
			return fail("read");
		printf("%07zx", offset);
		for (ssize_t at = 0; at < count; at++)
			printf(" %02x", line[at]);
		putchar('\n');
		if (count == 0)
			return 0;
		offset += count;
	}
}
