// Stores two numbers in a new file through a shared map, and reads the file back, in as few bytes as a normal ELF file takes.
// Errors end the program with their number.

	.intel_syntax noprefix
	.globl _start
	.text
_start:
	pop rax				// arguments
	pop rdi
	pop rdi				// the path
	sub rsp, 128
	mov r15, rsp			// the line, and what is read 96 bytes behind it
	cmp al, 2
	jne usage

	mov al, 2			// open; the number of arguments is small
	mov esi, 0x80242		// O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC
	mov edx, 0600
	syscall
	test eax, eax
	js fail
	xchg ebx, eax			// the descriptor

	mov eax, 285			// fallocate
	mov edi, ebx
	xor esi, esi
	xor edx, edx
	push 40
	pop r10
	syscall
	cmp eax, -95			// EOPNOTSUPP: this file system cannot
	jne 1f
	push 77				// ftruncate
	pop rax
	push 40
	pop rsi
	syscall
1:	test eax, eax
	jnz fail

	push 9				// mmap
	pop rax
	xor edi, edi
	push 40
	pop rsi
	push 3				// PROT_READ | PROT_WRITE
	pop rdx
	push 1				// MAP_SHARED
	pop r10
	mov r8d, ebx
	xor r9d, r9d
	syscall
	cmp rax, -4095
	jae fail
	xchg rbp, rax			// the map

	mov rdi, r15
	lea rsi, [rip + mapped]
	push mapped_end - mapped
	pop rcx
	rep movsb
	mov rdx, rbp
	bsr rcx, rdx			// its highest digit
	and ecx, -4
	call hex
	call end_line

	mov dword ptr [rbp], 0x12345678
	mov dword ptr [rbp + 4], 0xdeadc0de
	push 26				// msync
	pop rax
	mov rdi, rbp
	push 40
	pop rsi
	push 4				// MS_SYNC
	pop rdx
	syscall
	test eax, eax
	jnz fail
	push 11				// munmap
	pop rax
	syscall

	xor r13d, r13d			// the offset
next_line:
	xor eax, eax			// read
	mov edi, ebx
	lea rsi, [r15 + 96]
	push 16
	pop rdx
	syscall
	test eax, eax
	js fail
	xchg r12d, eax			// the count
	mov rdi, r15
	mov edx, r13d
	push 6 * 4			// seven digits
	pop rcx
	call hex
	xor ebp, ebp
next_byte:
	cmp ebp, r12d
	je 1f
	mov al, ' '
	stosb
	movzx edx, byte ptr [r15 + rbp + 96]
	push 4				// two digits
	pop rcx
	call hex
	inc ebp
	jmp next_byte
1:	call end_line
	add r13d, r12d
	test r12d, r12d
	jnz next_line
	xor eax, eax
fail:
	neg eax
exit:
	xchg edi, eax
	push 60				// exit
	pop rax
	syscall

usage:
	push 1				// write
	pop rax
	push 2
	pop rdi
	lea rsi, [rip + usage_text]
	push usage_end - usage_text
	pop rdx
	syscall
	push 2
	pop rax
	jmp exit

// The digits of rdx from bit ecx on down, at rdi.
hex:
	mov rax, rdx
	shr rax, cl
	and al, 15
	add al, '0'
	cmp al, '9'
	jbe 1f
	add al, 'a' - '9' - 1
1:	stosb
	sub ecx, 4
	jns hex
	ret

// Prints what lies between r15 and rdi.
end_line:
	mov al, '\n'
	stosb
	mov rsi, r15
	mov edx, edi
	sub edx, esi
	push 1				// write
	pop rax
	mov edi, eax
	syscall
	ret

mapped:
	.ascii "Mapped at 0x"
mapped_end:
usage_text:
	.ascii "usage: map_file PATH\n"
usage_end:
