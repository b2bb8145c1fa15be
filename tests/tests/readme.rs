//! README.md is true: its examples run, and its table of programs is the list of folders in `bins/`.

use std::collections::BTreeSet;
use std::fs;

use cs_tests::{Sandbox, program_names, table, transcript, workspace};

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).expect("README.md exists")
}

#[test]
fn the_examples_run() {
    let parsed = transcript::parse(&readme()).unwrap_or_else(|e| panic!("README.md: {e}"));
    assert!(!parsed.steps.is_empty(), "README.md has no console block that is run");
    transcript::check(&Sandbox::new(), "README.md", &parsed.steps).unwrap_or_else(|report| panic!("\n{report}"));
}

#[test]
fn the_table_names_every_program_and_nothing_else() {
    let programs: BTreeSet<String> = program_names().into_iter().collect();
    let named = table::programs(&readme());
    let missing: Vec<_> = programs.difference(&named).collect();
    let unknown: Vec<_> = named.difference(&programs).collect();
    assert!(missing.is_empty(), "in bins/ but not in README.md's table `| Program | …`: {missing:?}");
    assert!(unknown.is_empty(), "in README.md's table but not in bins/: {unknown:?}");
    assert!(!named.is_empty(), "README.md has no table `| Program | …`");
}
