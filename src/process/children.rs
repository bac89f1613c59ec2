//! Children that go with their group.

use crate::Errno;
use crate::error::{Error, Operation, Reason, Result};
use crate::fd::{AsFd, OwnedFd};
use crate::sync::Deadline;
use crate::sys::{self, Pid, Signal, WaitFlags, WaitFor, Waited};
use core::fmt;

use super::child::poll_of;
use super::wait::Pauses;
use super::{Child, Exit, Group, Program, spawn, spawn_bound};

/// At most `N` children at once, which are killed and waited for when this is dropped, or on demand. One that was waited for makes
/// room for another.
///
/// ```
/// use baremap::process::Children;
///
/// let mut children = Children::<4>::new();
/// for part in 0..4_u8 {
///     // SAFETY: the child uses nothing of its parent's.
///     unsafe { children.spawn(|| 10 + part) }?;
/// }
/// let mut sum = 0;
/// while let Some(ended) = children.wait_any()? {
///     sum += ended.status.code().map_or(0, u32::from);
/// }
/// assert_eq!(sum, 10 + 11 + 12 + 13);
/// # Ok::<(), baremap::Error>(())
/// ```
///
/// For each child it has a descriptor, by which the kernel says that the child has ended; where there is none (before Linux 5.3, or
/// none is left), it asks again and again, as [`Child::wait_until`] does.
///
/// # After a fork
/// The children are their parent's. A child's copy of the group is empty: it neither ends nor waits for anybody, nor does its
/// drop.
pub struct Children<const N: usize> {
    /// Whose children they are: nobody's before the first.
    parent: Option<Pid>,
    members: [Option<Member>; N],
    lead_groups: bool,
    die_with_parent: bool,
}

struct Member {
    child: Child,
    process: Option<OwnedFd>,
    leads_group: bool,
}

impl<const N: usize> Children<N> {
    /// No children yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { parent: None, members: [const { None }; N], lead_groups: false, die_with_parent: false }
    }

    /// From now on each child leads a process group of its own, and what kills it kills what it has started too: also what
    /// is left of the group when the child has ended by itself. Signals of the terminal do not reach such groups.
    #[must_use]
    pub fn lead_groups(mut self) -> Self {
        self.lead_groups = true;
        self
    }

    /// From now on children also die with the thread that started them; see [`die_with_parent`](super::die_with_parent). This
    /// is what ends them where this process is killed and drops nothing.
    #[must_use]
    pub fn die_with_parent(mut self) -> Self {
        self.die_with_parent = true;
        self
    }

    /// How many have not been waited for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pids().count()
    }

    /// Whether all have been waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of those that have not been waited for.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        let members: &[_] = if self.is_own() { &self.members } else { &[] };
        members.iter().flatten().map(|member| member.child.pid())
    }

    /// Adds a child that runs a closure and ends with what the closure returns.
    ///
    /// # Safety
    /// As [`spawn`].
    ///
    /// # Errors
    /// `EAGAIN` with [`Reason::NoPlace`] (there are `N` already), and as [`spawn`].
    pub unsafe fn spawn<T: Exit>(&mut self, run: impl FnOnce() -> T) -> Result<Pid> {
        let place = self.place()?;
        let leads_group = self.lead_groups;
        let run = move || {
            if leads_group {
                // The parent does the same: whoever comes first, it leads its group before anybody relies on it.
                let _ = sys::setpgid(None, None);
            }
            run()
        };
        // SAFETY: passed on to the caller.
        let child = unsafe { if self.die_with_parent { spawn_bound(run) } else { spawn(run) } }?;
        if leads_group {
            let _ = sys::setpgid(Some(child.pid()), None);
        }
        Ok(self.add(place, child))
    }

    /// Adds a child that is another program.
    ///
    /// # Errors
    /// `EAGAIN` with [`Reason::NoPlace`] (there are `N` already), and as [`Program::start`].
    pub fn start(&mut self, program: &Program<'_>) -> Result<Pid> {
        let place = self.place()?;
        let mut program = *program;
        if self.lead_groups {
            program = program.group(Group::New);
        }
        if self.die_with_parent {
            program = program.die_with_parent();
        }
        let child = program.start()?;
        Ok(self.add(place, child))
    }

    /// Waits until any of them has ended, and says which and how; `None` if there is none.
    ///
    /// # Errors
    /// `ECHILD` (somebody else waited for one, or `SIGCHLD` is ignored: it counts no more).
    pub fn wait_any(&mut self) -> Result<Option<Waited>> {
        self.wait_any_with(None)
    }

    /// [`Children::wait_any`], but not for longer than until the deadline.
    ///
    /// # Errors
    /// `ETIMEDOUT` (none has ended by then), and as [`Children::wait_any`].
    pub fn wait_any_until(&mut self, deadline: Deadline) -> Result<Option<Waited>> {
        self.wait_any_with(Some(deadline))
    }

    /// Sends all of them a signal. One that has ended meanwhile is no error.
    ///
    /// # Errors
    /// `EPERM` (one of them runs as another user; the rest have got it).
    pub fn kill(&mut self, signal: Signal) -> Result<()> {
        self.forget_others();
        let mut result = Ok(());
        for member in self.members.iter().flatten() {
            if let Err(errno) = member.kill(signal)
                && errno != Errno::ESRCH
            {
                result = Err(Error::new(Operation::Kill, errno));
            }
        }
        result
    }

    /// Kills all of them by SIGKILL, and waits until they are gone. A drop does the same.
    pub fn end(&mut self) {
        // All first, so that they end at the same time.
        let _ = self.kill(Signal::KILL);
        for slot in &mut self.members {
            if let Some(mut member) = slot.take() {
                // One that could not be killed would be waited for, for ever: it is asked once.
                let _ = match member.kill(Signal::KILL) {
                    Ok(()) => member.child.wait_here().map(drop),
                    Err(_) => member.child.try_wait().map(drop),
                };
            }
        }
    }

    /// Where another may be put, before it is made.
    fn place(&mut self) -> Result<usize> {
        self.forget_others();
        self.parent = Some(sys::getpid());
        let place = self.members.iter().position(Option::is_none);
        place.ok_or(Error::because(Operation::Fork, Errno::EAGAIN, Reason::NoPlace { most: N }))
    }

    fn add(&mut self, place: usize, child: Child) -> Pid {
        let (pid, process) = (child.pid(), child.descriptor());
        self.members[place] = Some(Member { child, process, leads_group: self.lead_groups });
        pid
    }

    fn wait_any_with(&mut self, deadline: Option<Deadline>) -> Result<Option<Waited>> {
        self.forget_others();
        if self.members.iter().all(Option::is_none) {
            return Ok(None);
        }
        if let Some(ended) = self.try_wait_any()? {
            return Ok(Some(ended));
        }
        let mut pauses = Pauses::new();
        loop {
            let is_blind = self.members.iter().flatten().any(|member| member.process.is_none());
            let processes = self.members.each_ref().map(|member| member.as_ref()?.process.as_ref());
            let mut processes = processes.map(poll_of);
            pauses.pause(&mut processes, is_blind, deadline)?;
            let told = processes.map(|process| !process.returned().is_empty());
            if let Some(ended) = self.try_wait_any()? {
                return Ok(Some(ended));
            }
            for (member, _) in self.members.iter_mut().zip(told).filter(|(_, told)| *told) {
                // It has ended, and is not to be waited for yet: a tracer comes first. The descriptor would say so again and again.
                if let Some(member) = member {
                    member.process = None;
                }
            }
        }
    }

    /// Any that has ended.
    fn try_wait_any(&mut self) -> Result<Option<Waited>> {
        for slot in &mut self.members {
            let Some(member) = slot else { continue };
            let pid = member.child.pid();
            if member.leads_group {
                match member.look() {
                    Ok(None) => continue,
                    // As long as nobody has waited for the leader, the group's number is no other's.
                    Ok(Some(_)) => drop(sys::kill_group(pid, Some(Signal::KILL))),
                    // The wait says the same.
                    Err(_) => {}
                }
            }
            match member.child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => {
                    *slot = None;
                    return Ok(Some(Waited { pid, status }));
                }
                Err(error) => {
                    if error.errno() == Errno::ECHILD {
                        *slot = None;
                    }
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// Whether they are this process's children. A forked one's copy is of its parent's.
    fn is_own(&self) -> bool {
        self.parent.is_some_and(|parent| parent == sys::getpid())
    }

    fn forget_others(&mut self) {
        if !self.is_own() {
            self.members = [const { None }; N];
        }
    }
}

impl Member {
    /// Asks for its end without taking it.
    fn look(&self) -> core::result::Result<Option<Waited>, Errno> {
        let flags = WaitFlags::EXITED | WaitFlags::NOHANG | WaitFlags::NOWAIT;
        sys::waitid(WaitFor::Pid(self.child.pid()), flags)
    }

    /// Sends it, and its group if it leads one, a signal.
    fn kill(&self, signal: Signal) -> core::result::Result<(), Errno> {
        let pid = self.child.pid();
        // If it is no child any more, somebody else has waited for it, and the number may be another process's.
        if self.look() == Err(Errno::ECHILD) {
            return Err(Errno::ESRCH);
        }
        if self.leads_group {
            match sys::kill_group(pid, Some(signal)) {
                // It has left the group that it led, or may have, with others in it: who is to end is killed by itself too.
                Err(Errno::ESRCH) => {}
                Ok(()) if signal == Signal::KILL => {}
                result => return result,
            }
        }
        let by_descriptor = self.process.as_ref().map(|fd| sys::pidfd_send_signal(fd.as_fd(), Some(signal)));
        match by_descriptor {
            Some(result @ (Ok(()) | Err(Errno::ESRCH | Errno::EPERM))) => result,
            // None, or a sandbox that does not know the call.
            _ => sys::kill(pid, Some(signal)),
        }
    }
}

impl<const N: usize> Default for Children<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Drop for Children<N> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<const N: usize> fmt::Debug for Children<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.pids()).finish()
    }
}
