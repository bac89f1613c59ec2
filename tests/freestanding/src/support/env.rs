//! What `main` was given.

use baremap::rt::Env;
use spin::Once;

static ENV: Once<Env> = Once::new();

pub(crate) fn set(env: Env) {
    ENV.call_once(|| env);
}

pub(crate) fn get() -> Env {
    *ENV.get().expect("main sets it first of all")
}
