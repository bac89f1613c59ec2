// Two numbers stored in a file through a map: with the C library.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	int fd = open("tiny.bin", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 40) != 0)
		return errno;
	volatile uint32_t *map = mmap(NULL, 40, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	map[0] = 0x12345678;
	map[1] = 0xdeadc0de;
	int error = msync((void *)map, 40, MS_SYNC) != 0 ? errno : 0;
	munmap((void *)map, 40);
	close(fd);
	return error;
}
