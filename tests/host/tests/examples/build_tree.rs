use baremap_host_tests::{example, is_emulated};
use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::ptr;

/// A node has three words, and what a worker shows has two; the arena's header has 256 bytes.
const fn used(nodes: usize) -> usize {
    256 + 4 * 16 + nodes * 24
}

/// The numbers from 1 to 2^16 - 1, each once.
fn tree(lost: usize) -> String {
    let (count, sum, used) = (65_535, 65_535_u64 * 65_536 / 2, used(65_535 + lost));
    format!(
        "The tree has {count} numbers in order; their sum is {sum}.\nThe arena has 4194304 bytes, of which {used} are used.\n"
    )
}

#[test]
fn four_workers_build_a_tree() {
    let workers: String = (0..4).map(|number| format!("Worker {number} has built its part.\n")).collect();
    assert_eq!(example("build_tree").run([""; 0]).success(), workers + &tree(0));
}

#[test]
fn a_worker_that_is_killed_is_named_and_its_part_built_again() {
    let output = example("build_tree").run(["--kill"]).success();
    let expected = "\
Worker 0 has built its part.
Worker 1 has built its part.
Worker 2 came to 8192 numbers, then killed by SIGKILL. Its part is built again.
Worker 3 has built its part.
";
    assert_eq!(output, expected.to_owned() + &tree(8192));
}

/// Before it has done anything: whoever waits for half of its work must not wait for ever.
#[test]
fn a_worker_that_ends_before_it_is_killed_is_not_waited_for() {
    if is_emulated() {
        // The emulator's own forks would be seen, and threads of it.
        return;
    }
    let expected = "\
Worker 0 has built its part.
Worker 1 has built its part.
Worker 2 came to 0 numbers, then killed by SIGKILL. Its part is built again.
Worker 3 has built its part.
";
    assert_eq!(run_and_kill_child(2), expected.to_owned() + &tree(0));
}

/// What `--kill` prints if that child, counted from 0, is killed before its first instruction.
#[expect(clippy::zombie_processes, reason = "the tracer's own `wait` waits for it")]
fn run_and_kill_child(victim: usize) -> String {
    let mut command = example("build_tree").command();
    command.arg("--kill").stdout(Stdio::piped());
    // SAFETY: it calls one function, which is safe after a fork.
    unsafe { command.pre_exec(|| ptrace(libc::PTRACE_TRACEME, 0, 0).map(drop)) };
    let mut program = command.spawn().unwrap();
    let pid = program.id() as libc::pid_t;
    assert!(libc::WIFSTOPPED(wait(pid)), "it stops when it is executed");
    ptrace(libc::PTRACE_SETOPTIONS, pid, libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_EXITKILL).unwrap();
    ptrace(libc::PTRACE_CONT, pid, 0).unwrap();
    let mut children = 0..;
    let status = loop {
        let status = wait(pid);
        if !libc::WIFSTOPPED(status) {
            break status;
        }
        let is_fork = status >> 8 == libc::SIGTRAP | libc::PTRACE_EVENT_FORK << 8;
        if is_fork {
            let child = forked(pid);
            assert!(libc::WIFSTOPPED(wait(child)), "a child stops before its first instruction");
            if children.next() == Some(victim) {
                // SAFETY: no memory is touched.
                unsafe { libc::kill(child, libc::SIGKILL) };
                // Its parent learns of it after its tracer.
                assert!(libc::WIFSIGNALED(wait(child)));
            } else {
                ptrace(libc::PTRACE_DETACH, child, 0).unwrap();
            }
        }
        ptrace(libc::PTRACE_CONT, pid, if is_fork { 0 } else { libc::WSTOPSIG(status) }).unwrap();
    };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    let mut printed = String::new();
    program.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    printed
}

/// A request that takes a number.
fn ptrace(request: libc::c_uint, pid: libc::pid_t, data: libc::c_int) -> io::Result<libc::c_long> {
    // SAFETY: no request of this file's that takes a number touches memory of this process.
    let result = unsafe { libc::ptrace(request, pid, ptr::null_mut::<()>(), libc::c_long::from(data)) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The child of which the program has just told.
fn forked(pid: libc::pid_t) -> libc::pid_t {
    let mut child: libc::c_ulong = 0;
    // SAFETY: the kernel writes one number there.
    let result =
        unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, pid, ptr::null_mut::<()>(), &raw mut child) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
    child as libc::pid_t
}

/// How a traced process has stopped or ended.
fn wait(pid: libc::pid_t) -> libc::c_int {
    let mut status = 0;
    // SAFETY: the kernel writes one number there.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) }, pid);
    status
}

#[test]
fn other_arguments_are_refused() {
    for arguments in [&["--die"][..], &["--kill", "more"]] {
        assert_eq!(example("build_tree").run(arguments).failure(2), "usage: build_tree [--kill]\n");
    }
}
