//! What holds for both ways to copy. Which of them a process takes is the process's state: each has a test binary.

mod model;
mod threads;

pub(crate) use model::model;
pub(crate) use threads::threads;
