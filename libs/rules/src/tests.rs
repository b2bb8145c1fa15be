//! Compares the rules with the table of commands, in which each entry of a rule has a row, and half of the
//! rows have none.

use crate::builtin::builtin;
use crate::*;
use std::collections::BTreeSet;

/// A row: the rules that apply, and the command.
struct Row {
    line: usize,
    wanted: BTreeSet<String>,
    command: String,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("table.txt").lines().enumerate();
    let rows = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    rows.map(|(n, line)| {
        let (wanted, command) = line.split_once(" | ").unwrap_or_else(|| panic!("line {}: {line}", n + 1));
        let wanted = wanted.split(' ').filter(|id| *id != "-").map(str::to_string).collect();
        Row { line: n + 1, wanted, command: unescaped(command) }
    })
    .collect()
}

fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut whole = String::new();
    while let Some(c) = chars.next() {
        whole.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('\\') => '\\',
                other => panic!("\\{other:?} in {text}"),
            },
            c => c,
        });
    }
    whole
}

fn found(command: &str, rules: &Rules) -> BTreeSet<String> {
    judge(&Call::shell(command), rules).verdicts.into_iter().map(|verdict| verdict.rule.into_owned()).collect()
}

/// The rows that the rules do not fulfil.
fn misses(rows: &[Row]) -> Vec<String> {
    let rules = Rules::with(Vec::new());
    let missed = rows.iter().filter_map(|row| {
        let found = found(&row.command, &rules);
        (found != row.wanted).then(|| format!("line {}: {:?}: {found:?}, not {:?}", row.line, row.command, row.wanted))
    });
    missed.collect()
}

#[test]
fn each_row_of_the_table_is_fulfilled() {
    let rows = rows();
    let missed = misses(&rows);
    assert!(missed.is_empty(), "{} of {} rows:\n{}", missed.len(), rows.len(), missed.join("\n"));
    let silent = rows.iter().filter(|row| row.wanted.is_empty()).count();
    assert!(rows.len() >= 400 && silent * 2 >= rows.len(), "{silent} of {} rows are silent", rows.len());
}

#[test]
fn each_row_that_is_changed_is_missed() {
    for mut row in rows() {
        match row.wanted.pop_first() {
            Some(_) => {}
            None => drop(row.wanted.insert("rm-recursive".to_string())),
        }
        assert_eq!(misses(&[row]).len(), 1);
    }
}

/// Each entry of the list alone, so that none is there in vain.
#[test]
fn each_entry_of_a_rule_has_a_row() {
    let rows = rows();
    let without: Vec<Rule> = builtin()
        .into_iter()
        .filter(|rule| {
            let alone = Rules::only(vec![rule.clone()]);
            let of_rule = rows.iter().filter(|row| row.wanted.contains(rule.id.as_ref()));
            !of_rule.into_iter().any(|row| found(&row.command, &alone).contains(rule.id.as_ref()))
        })
        .collect();
    assert!(without.is_empty(), "{}: {without:#?}", without.len());
}

#[test]
fn a_file_is_named_by_the_program_that_gets_it() {
    let targets = |line: &str| -> Vec<String> {
        let judged = judge(&Call::shell(line), &Rules::with(Vec::new()));
        let of_files = judged.verdicts.into_iter().filter(|verdict| verdict.rule == "secret-file");
        of_files.map(|verdict| verdict.target).collect()
    };
    assert_eq!(targets("sudo env A=1 cat .env"), ["cat .env"]);
    assert_eq!(targets("xargs -a .env echo"), ["xargs -a .env echo"]);
}

/// `RULES=renew` writes the table anew.
#[test]
fn the_page_lists_the_rules() {
    const BEGIN: &str = "<!-- rules -->\n";
    const END: &str = "<!-- end of the rules -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/AUDIT.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    let wanted = table(&Rules::with(Vec::new()));
    if std::env::var("RULES").as_deref() == Ok("renew") {
        std::fs::write(path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert!(listed == wanted, "docs/AUDIT.md: run RULES=renew cargo test -p rules");
    }
}

#[test]
fn a_grave_command_after_many_lesser_ones_is_said_and_so_is_what_was_not_read() {
    let lesser =
        ["sudo a", "eval \"$x\"", "npm i -g a", "pip install a", "brew install a", "apt install a", "cargo install a"];
    let many: Vec<String> = (0..12).flat_map(|n| lesser.map(|command| format!("{command}{n}"))).collect();
    let line = format!("{}; rm -rf /; {}", many.join("; "), "true; ".repeat(20_000));
    let judged = judge(&Call::shell(&line), &Rules::with(Vec::new())).verdicts;
    assert_eq!(judged.len(), 50, "{judged:?}");
    assert!(judged.iter().any(|verdict| verdict.target == "rm -rf /" && verdict.severity == 3), "{judged:?}");
    assert!(judged.iter().any(|verdict| verdict.rule == "opaque-long"), "{judged:?}");
}
