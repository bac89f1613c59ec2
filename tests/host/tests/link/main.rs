//! Programs of other people's: packages of their own, built by cargo as their owners would and linked as they like.

mod allocator;
mod newcomer;
mod path;
mod position_independent;
mod project;
