//! The table of programs in README.md: the map of `bins/`.

use std::collections::BTreeSet;

/// The programs in the table (or tables) whose first column is headed `Program`: `cs` and every `cs-*` in backticks in the
/// first cell of a row.
pub fn programs(markdown: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let (mut in_table, mut is_map) = (false, false);
    for line in markdown.lines() {
        let cell = line.strip_prefix('|').and_then(|rest| rest.split('|').next()).map(str::trim);
        if let (Some(heading), false) = (cell, in_table) {
            is_map = heading == "Program";
        }
        in_table = cell.is_some();
        if is_map {
            names
                .extend(cell.into_iter().flat_map(in_backticks).filter(|word| word == "cs" || word.starts_with("cs-")));
        }
    }
    names
}

fn in_backticks(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_of_the_program_table_count() {
        let text = "| `cs-a` | before |\n\n| Program | Concern |\n|---|---|\n| `cs` | x |\n| `cs-b` | uses `cs-x` |\n\
                    | [`cs-c`](c.md), `cs-d` | two |\n\n| What | Budget |\n|---|---|\n| `cs-e` | 3 |\n`cs-f`\n";
        assert_eq!(Vec::from_iter(programs(text)), ["cs", "cs-b", "cs-c", "cs-d"]);
    }
}
