//! Programs of other people's: packages of their own, built by cargo as their owners would and linked as they like.

mod newcomer;
mod position_independent;
mod project;
