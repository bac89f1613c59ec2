//! Every example: what exactly it prints, and how it ends.

mod append;
mod build_tree;
mod cat;
mod files;
mod fork;
mod inherit;
mod jit;
mod json;
mod layout;
mod map_file;
mod name;
mod protections;
mod shm;
mod tail_of_page;
mod tiny;
mod usage;
mod visits;
mod words;
mod workers;

/// The page sizes of all machines: a test at the borders of each needs not know which one it runs on.
const PAGE_SIZES: [usize; 3] = [4 << 10, 16 << 10, 64 << 10];
