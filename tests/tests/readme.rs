//! README.md and the pages in `docs/` are true: their examples run, their links lead somewhere, and the table of programs
//! is the list of folders in `bins/`.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use cs_tests::seating::Seating;
use cs_tests::transcript::{self, Step};
use cs_tests::{Sandbox, program_names, stderr, table, workspace};

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).expect("README.md exists")
}

#[test]
fn the_examples_run() {
    let parsed = transcript::parse(&readme()).unwrap_or_else(|e| panic!("README.md: {e}"));
    assert!(!parsed.steps.is_empty(), "README.md has no console block that is run");
    let (of_agents, others): (Vec<Step>, _) =
        parsed.steps.into_iter().partition(|step| lines_of_agents().contains(&step.line));
    assert!(!of_agents.is_empty() && of_agents.len() < others.len(), "{} steps of agents", of_agents.len());
    transcript::check(&Sandbox::new(), "README.md", &others).unwrap_or_else(|report| panic!("\n{report}"));
    check_with_agents("README.md", &of_agents);
}

/// The lines of README.md about agents that work together, from 1.
fn lines_of_agents() -> Range<usize> {
    let text = readme();
    let mut heads = text.lines().enumerate().filter(|(_, line)| line.starts_with("## ")).map(|(n, line)| (n + 1, line));
    let (first, _) = heads.find(|(_, head)| *head == "## Let agents work together").expect("README.md has the section");
    first..heads.next().map_or(usize::MAX, |(next, _)| next)
}

/// Checks examples that spawn agents, in a repository whose files the client trusts.
fn check_with_agents(name: &str, steps: &[Step]) {
    let Some(seating) = Seating::new() else { return };
    let sandbox = &seating.sandbox;
    let made = sandbox.sh("git init -q . && touch CHANGES.md && git add . && git commit -qm begin");
    assert!(made.status.success(), "{}", stderr(&made));
    transcript::check(sandbox, name, steps).unwrap_or_else(|report| panic!("\n{report}"));
}

#[test]
fn the_examples_of_the_other_pages_run() {
    let mut steps = 0;
    for path in pages() {
        let text = fs::read_to_string(&path).expect("a page can be read");
        let parsed = transcript::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.file_name().expect("a file").to_string_lossy();
        steps += parsed.steps.len();
        match &*name {
            "AGENTS.md" => check_with_agents(&name, &parsed.steps),
            _ => transcript::check(&Sandbox::new(), &name, &parsed.steps).unwrap_or_else(|report| panic!("\n{report}")),
        }
    }
    assert!(steps > 0, "no page in docs/ has a console block that is run");
}

fn pages() -> Vec<PathBuf> {
    let mut pages = cs_tests::entries(&workspace().join("docs"));
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for page in pages().into_iter().chain(["README.md", "CONTRIBUTING.md"].map(|name| workspace().join(name))) {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let (file, section) = target.split_once('#').unwrap_or((target, ""));
            let found = page.parent().expect("a folder").join(file);
            assert!(found.exists(), "{}: {target}", page.display());
            let titles = fs::read_to_string(&found).unwrap_or_default().to_lowercase().replace(' ', "-");
            assert!(section.is_empty() || titles.contains(&format!("#-{section}")), "{}: {target}", page.display());
        }
    }
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
    let rows = readme().lines().filter(|line| line.starts_with("| `cs")).count();
    assert_eq!(rows, named.len(), "README.md's table has a program twice");
}
