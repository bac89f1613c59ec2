use super::{Operation, operation};
use crate::support::text::Text;
use baremap::{Result, shm, sys};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("shm::create_new", |calls| {
        let name = name();
        let result = calls.fail(|| shm::create_new(name.as_bytes()));
        if result.is_ok() {
            shm::unlink(name.as_bytes())?;
        }
        result.map(drop)
    }),
    operation("shm::open", |calls| {
        let name = name();
        shm::create_new(name.as_bytes())?;
        let result = calls.fail(|| shm::open(name.as_bytes()));
        shm::unlink(name.as_bytes())?;
        result.map(drop)
    }),
    operation("shm::unlink", |calls| {
        let name = name();
        shm::create_new(name.as_bytes())?;
        let result: Result<()> = calls.fail(|| shm::unlink(name.as_bytes()));
        if result.is_err() {
            shm::unlink(name.as_bytes())?;
        }
        result
    }),
];

fn name() -> Text {
    Text::of(format_args!("baremap-inject-{}", sys::getpid()))
}
