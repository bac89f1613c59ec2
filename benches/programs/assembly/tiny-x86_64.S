// Two numbers stored in a file through a map, in as few bytes as a normal ELF file takes: what no compiler does better.
// Errors end the program with their number, as in the others.

	.intel_syntax noprefix
	.globl _start
	.text
_start:
	push 2				// open
	pop rax
	lea rdi, [rip + path]
	mov esi, 0x80242		// O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC
	mov edx, 0600
	syscall
	test eax, eax
	js fail
	xchg ebx, eax			// the descriptor

	push 77				// ftruncate
	pop rax
	mov edi, ebx
	push 40
	pop rsi
	syscall
	test eax, eax
	jnz fail

	push 9				// mmap
	pop rax
	xor edi, edi
	push 3				// PROT_READ | PROT_WRITE
	pop rdx
	push 1				// MAP_SHARED
	pop r10
	mov r8d, ebx
	xor r9d, r9d
	syscall
	cmp rax, -4095
	jae fail
	xchg rdi, rax			// the map

	mov dword ptr [rdi], 0x12345678
	mov dword ptr [rdi + 4], 0xdeadc0de
	push 26				// msync; the length is there still
	pop rax
	push 4				// MS_SYNC
	pop rdx
	syscall
	xchg ebp, eax
	push 11				// munmap
	pop rax
	syscall
	push 3				// close
	pop rax
	mov edi, ebx
	syscall
	xchg eax, ebp
fail:
	neg eax
	xchg edi, eax
	push 60				// exit
	pop rax
	syscall

path:
	.asciz "tiny.bin"
