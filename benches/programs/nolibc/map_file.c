// Stores two numbers in a new file through a shared map, and reads the file back: without a C library.
#include "calls.h"

enum { LEN = 40 };

// One line at a time, as a terminal's C library would.
static char line[80];
static size_t used;

static void put(char byte)
{
	line[used++] = byte;
}

static void text(const char *from)
{
	while (*from)
		put(*from++);
}

static void hex(size_t value, int digits)
{
	while (digits--)
		put("0123456789abcdef"[value >> digits * 4 & 15]);
}

static void end_line(int fd)
{
	put('\n');
	call(NR_write, fd, (long)line, used, 0, 0, 0);
	used = 0;
}

static int fail(const char *what, long error)
{
	text(what);
	text(": error ");
	hex(-error, 2);
	end_line(2);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		text("usage: map_file PATH");
		end_line(2);
		return 2;
	}
	long fd = create(argv[1]);
	if (is_error(fd))
		return fail("open", fd);
	long result = call(NR_fallocate, fd, 0, 0, LEN, 0, 0);
	if (result == -EOPNOTSUPP)
		result = set_len(fd, LEN);
	if (result != 0)
		return fail("fallocate", result);
	long map = map_file(fd, LEN);
	if (is_error(map))
		return fail("mmap", map);
	text("Mapped at 0x");
	int digits = 1;
	while (digits < 16 && map >> digits * 4)
		digits++;
	hex(map, digits);
	end_line(1);
	volatile u32 *numbers = (u32 *)map;
	numbers[0] = 0x12345678;
	numbers[1] = 0xdeadc0de;
	result = sync_map(map, LEN);
	if (result != 0)
		return fail("msync", result);
	unmap(map, LEN);

	size_t offset = 0;
	for (;;) {
		unsigned char bytes[16];
		long count = call(NR_read, fd, (long)bytes, sizeof bytes, 0, 0, 0);
		if (is_error(count))
			return fail("read", count);
		hex(offset, 7);
		for (long at = 0; at < count; at++) {
			put(' ');
			hex(bytes[at], 2);
		}
		end_line(1);
		if (count == 0)
			return 0;
		offset += count;
	}
}
