// Two numbers stored in a file through a map, in as few bytes as a normal ELF file takes: what no compiler does better.
// Errors end the program with their number, as in the others.

	.globl _start
	.text
_start:
	mov x8, #56			// openat
	mov x0, #-100			// AT_FDCWD
	adr x1, path
	mov w2, #0x0242			// O_RDWR | O_CREAT | O_TRUNC
	movk w2, #0x8, lsl #16		// O_CLOEXEC
	mov w3, #0600
	svc #0
	tbnz x0, #63, fail
	mov x19, x0			// the descriptor

	mov x8, #46			// ftruncate
	mov x1, #40
	svc #0
	cbnz x0, fail

	mov x8, #222			// mmap
	mov x0, xzr
	mov x2, #3			// PROT_READ | PROT_WRITE
	mov x3, #1			// MAP_SHARED
	mov x4, x19
	mov x5, xzr
	svc #0
	tbnz x0, #63, fail
	mov x20, x0			// the map

	ldr x2, numbers
	str x2, [x0]
	mov x8, #227			// msync; the length is there still
	mov x2, #4			// MS_SYNC
	svc #0
	mov x21, x0
	mov x8, #215			// munmap
	mov x0, x20
	svc #0
	mov x8, #57			// close
	mov x0, x19
	svc #0
	mov x0, x21
fail:
	neg x0, x0
	mov x8, #93			// exit
	svc #0

	.balign 8
numbers:
	.word 0x12345678, 0xdeadc0de
path:
	.asciz "tiny.bin"
