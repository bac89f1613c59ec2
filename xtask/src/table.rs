//! Tables on standard output.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// An empty table with `headers`.
pub fn new(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headers);
    table
}

/// A cell for a number.
pub fn number(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}
