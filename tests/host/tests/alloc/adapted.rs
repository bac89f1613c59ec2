//! Allocators of others on our pages, and our allocators by the trait of others.

mod allocator_api;
mod dlmalloc;
mod talc;

use crate::model::{config, ops};
