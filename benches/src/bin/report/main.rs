//! `report FOLDER PAGE PICTURES [README]` makes of what benchmarks have written into FOLDER a page of Markdown, pictures in PICTURES, a
//! folder that lies beside the page or below it, and what a README beside the page says of it between its marks.

mod claims;
mod files;
mod page;
mod picture;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let ([folder, page, pictures], readme) = match arguments.as_slice() {
        [folder, page, pictures] => ([folder, page, pictures], None),
        [folder, page, pictures, readme] => ([folder, page, pictures], Some(readme)),
        _ => panic!("three or four arguments, not {arguments:?}"),
    };
    let benchmarks = files::read(folder);
    assert!(!benchmarks.is_empty(), "there is nothing in {}", folder.display());
    fs::create_dir_all(pictures).unwrap_or_else(|error| panic!("{}: {error}", pictures.display()));
    for benchmark in &benchmarks {
        let name = format!("{}.svg", benchmark.header.benchmark);
        picture::draw(benchmark, &pictures.join(name));
    }
    let from_page = page.parent().and_then(|parent| pictures.strip_prefix(parent).ok()).unwrap_or(pictures);
    write(page, &page::text(&benchmarks, &from_page.display().to_string()));
    if let Some(readme) = readme {
        let text = fs::read_to_string(readme).unwrap_or_else(|error| panic!("{}: {error}", readme.display()));
        let name = page.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let text = claims::replace(&text, &benchmarks, &name);
        write(readme, &text.unwrap_or_else(|| panic!("{} has no marks", readme.display())));
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
