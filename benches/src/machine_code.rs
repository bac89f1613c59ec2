//! Instructions, counted in this process's own code.

/// More than any way to a system call takes.
const MOST: usize = 500;

/// How many instructions are executed from `start` up to and with the first system call, where no conditional branch is taken:
/// calls and jumps are followed, also to where the dynamic linker has led them. Nothing, if there is no such call.
///
/// # Safety
/// `start` is the address of a function.
#[must_use]
#[cfg(target_arch = "x86_64")]
pub unsafe fn instructions(start: *const u8) -> Option<usize> {
    use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction};

    /// No instruction is longer.
    const LONGEST: usize = 15;

    // Where a jump leads that goes by a place in memory.
    let by_memory = |instruction: &Instruction| {
        // SAFETY: the code itself would read the address there.
        instruction.is_ip_rel_memory_operand().then(|| unsafe {
            std::ptr::with_exposed_provenance::<u64>(instruction.ip_rel_memory_address() as usize).read()
        })
    };
    let mut address = start as u64;
    let mut returns = Vec::new();
    for count in 1..=MOST {
        // SAFETY: there is code, which may be read; nothing ends a page after a jump but other code.
        let bytes = unsafe {
            std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(address as usize), LONGEST)
        };
        let instruction = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE).decode();
        if instruction.code() == Code::Syscall {
            return Some(count);
        }
        let next = instruction.next_ip();
        address = match instruction.flow_control() {
            FlowControl::Next | FlowControl::ConditionalBranch => next,
            FlowControl::UnconditionalBranch => instruction.near_branch_target(),
            FlowControl::IndirectBranch => by_memory(&instruction)?,
            FlowControl::Call => {
                returns.push(next);
                instruction.near_branch_target()
            }
            FlowControl::IndirectCall => {
                returns.push(next);
                by_memory(&instruction)?
            }
            FlowControl::Return => returns.pop()?,
            _ => return None,
        };
    }
    None
}

/// How many instructions are executed from `start` up to and with the first system call, where no conditional branch is taken:
/// calls and jumps are followed, but not to where registers lead. Nothing, if there is no such call.
///
/// # Safety
/// `start` is the address of a function.
#[must_use]
#[cfg(target_arch = "aarch64")]
pub unsafe fn instructions(start: *const u8) -> Option<usize> {
    const SVC: u32 = 0xd400_0001;
    const RET: u32 = 0xd65f_03c0;
    /// `br` and `blr`, with the register's bits and that of the link masked.
    const BY_REGISTER: u32 = 0xd61f_0000;

    let mut address = start.cast::<u32>();
    let mut returns = Vec::new();
    for count in 1..=MOST {
        // SAFETY: there is code, which may be read.
        let instruction = unsafe { address.read() };
        let next = address.wrapping_add(1);
        // `b` and `bl` have a distance of 26 bits, in instructions.
        let target = address.wrapping_offset(((instruction << 6) as i32 >> 6) as isize);
        address = match (instruction, instruction >> 26) {
            (SVC, _) => return Some(count),
            (RET, _) => returns.pop()?,
            (_, 0b00_0101) => target,
            (_, 0b10_0101) => {
                returns.push(next);
                target
            }
            _ if instruction & 0xffdf_fc1f == BY_REGISTER => return None,
            _ => next,
        };
    }
    None
}
