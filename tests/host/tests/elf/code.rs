//! Machine code, as far as a function leads up to its first system call.

use baremap_host_tests::Arch;
use iced_x86::{Code, Decoder, DecoderOptions, Instruction as X86, Mnemonic, OpKind, Register};

/// What an instruction is, to those who look for system calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Instruction {
    /// Loads the number of a system call.
    Number(u64),
    SystemCall,
    Call,
    /// From register to register, whatever it does to the upper half.
    Move,
    Other,
}

/// The instructions of a function, in the order of their addresses.
pub(crate) fn decode(arch: Arch, bytes: &[u8]) -> Vec<Instruction> {
    match arch {
        Arch::X86_64 => {
            Decoder::new(64, bytes, DecoderOptions::NONE).iter().map(|code| x86_64(&code)).collect()
        }
        Arch::Aarch64 => {
            let words =
                bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
            words.map(aarch64).collect()
        }
    }
}

fn x86_64(code: &X86) -> Instruction {
    match code.mnemonic() {
        Mnemonic::Syscall => Instruction::SystemCall,
        Mnemonic::Call => Instruction::Call,
        _ if code.code() == Code::Mov_r32_imm32 && code.op0_register() == Register::EAX => {
            Instruction::Number(u64::from(code.immediate32()))
        }
        Mnemonic::Mov | Mnemonic::Movsxd | Mnemonic::Movzx
            if code.op0_kind() == OpKind::Register && code.op1_kind() == OpKind::Register =>
        {
            Instruction::Move
        }
        _ => Instruction::Other,
    }
}

/// By the encodings of the Arm Architecture Reference Manual, C6.2.
fn aarch64(word: u32) -> Instruction {
    const SVC_0: u32 = 0xd400_0001;
    match word {
        SVC_0 => Instruction::SystemCall,
        // MOVZ x8, #imm16.
        _ if word & 0xffe0_001f == 0xd280_0008 => Instruction::Number(u64::from(word >> 5 & 0xffff)),
        // BL, and BLR.
        _ if word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_fc1f == 0xd63f_0000 => Instruction::Call,
        // ORR without a shift from the zero register, by which MOV goes, and SXTW.
        _ if word & 0x7fe0_ffe0 == 0x2a00_03e0 || word & 0xffff_fc00 == 0x9340_7c00 => Instruction::Move,
        _ => Instruction::Other,
    }
}
