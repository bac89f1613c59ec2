// Two numbers stored in a file through a map: without a C library.
#include "calls.h"

int main(int argc, char **argv)
{
	long fd = create("tiny.bin");
	if (is_error(fd))
		return -fd;
	long result = set_len(fd, 40);
	if (result != 0)
		return -result;
	long map = map_file(fd, 40);
	if (is_error(map))
		return -map;
	volatile u32 *numbers = (u32 *)map;
	numbers[0] = 0x12345678;
	numbers[1] = 0xdeadc0de;
	result = sync_map(map, 40);
	unmap(map, 40);
	call(NR_close, fd, 0, 0, 0, 0, 0);
	return -result;
}
