//! Rules of the architecture that a search can check: which crate may link which, and which formats for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cs_tests::{entries, workspace};

/// The crates of ours that hooks may link: a person waits while they run.
const OF_HOOKS: [&str; 3] = ["cs-core", "agents", "redact"];

/// Code that formats a number, an amount or a time for people.
const SIGNS: [&str; 11] =
    [":.0}", ":.1}", ":.2}", "%H:%M", "%b", "<$0", ":02}:{:02}", "rchunks(3)", "}k\"", "}%\"", "/ 86_400"];

/// Files outside `libs/render` that do so, and what they format.
const EXCEPTIONS: [(&str, &str); 1] = [("core/src/clock.rs", "ages in reasons, which hooks write into records")];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = entries(folder).into_iter().partition(|path| path.is_dir());
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let inner = folders.iter().flat_map(|folder| rust_files(folder));
    files.into_iter().filter(is_rust).chain(inner).collect()
}

/// The path of a file in the workspace.
fn inside(path: &Path) -> String {
    path.strip_prefix(workspace()).expect("it is in the workspace").display().to_string()
}

/// The lines of a source file before its tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]").next().unwrap_or_default().lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn only_the_render_crate_formats_for_people() {
    let folders = ["core", "libs", "bins"].map(|folder| workspace().join(folder));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in folders.iter().flat_map(|folder| rust_files(folder)) {
        let (name, text) = (inside(&path), fs::read_to_string(&path).expect("it can be read"));
        if name.starts_with("libs/render/") || name.contains("/tests") || name.contains("_tests") {
            continue;
        }
        let lines = code(&text).filter(|line| SIGNS.iter().any(|sign| line.contains(sign)));
        found.entry(name).or_default().extend(lines.map(|line| line.trim().to_string()));
    }
    found.retain(|_, lines| !lines.is_empty());
    assert!(found.contains_key("core/src/clock.rs"), "the search misses what it must find: {found:?}");
    found.retain(|name, _| !EXCEPTIONS.iter().any(|(exception, _)| exception == name));
    assert!(found.is_empty(), "format it in libs/render: {found:#?}");
}

/// Our own crates that the package in this folder links, by its manifest.
fn links(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("Cargo.toml")).expect("there is a manifest");
    let ours: Vec<String> = all_ours();
    let section = text.split("\n[").find_map(|section| section.strip_prefix("dependencies]")).unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| ours.iter().any(|ours| ours == name)).map(str::to_string).collect()
}

/// The names of our packages.
fn all_ours() -> Vec<String> {
    let named = |folder: &str| {
        let all = entries(&workspace().join(folder)).into_iter();
        all.filter_map(|path| path.file_name()?.to_str().map(str::to_string)).collect::<Vec<_>>()
    };
    ["libs", "bins"].into_iter().flat_map(named).chain(["cs-core".to_string()]).collect()
}

#[test]
fn packages_link_only_lower_layers() {
    let root = workspace();
    let libs: Vec<String> = entries(&root.join("libs")).iter().map(|path| inside(path)).collect();
    assert!(libs.contains(&"libs/render".to_string()), "{libs:?}");
    assert!(links(&root.join("bins/cs-usage")).contains(&"render".to_string()), "no links were found");
    for folder in entries(&root.join("bins")).iter().chain(&entries(&root.join("libs"))) {
        let upwards: Vec<String> =
            links(folder).into_iter().filter(|name| name.starts_with("cs-") && name != "cs-core").collect();
        assert!(upwards.is_empty(), "{} links programs: {upwards:?}", inside(folder));
    }
    assert_eq!(links(&root.join("libs/redact")), [""; 0], "libs/redact depends on nothing of ours");
}

#[test]
fn hooks_link_only_what_they_need() {
    for hook in ["bins/cs-heartbeat", "bins/cs-hook"] {
        let more: Vec<String> =
            links(&workspace().join(hook)).into_iter().filter(|name| !OF_HOOKS.contains(&name.as_str())).collect();
        assert!(more.is_empty(), "{hook} links {more:?}");
    }
}

/// All crates of ours that a package links, through others, too.
fn links_all(folder: &Path) -> BTreeSet<String> {
    let (mut all, mut open) = (BTreeSet::new(), links(folder));
    while let Some(name) = open.pop() {
        let inner = workspace().join("libs").join(&name);
        if all.insert(name) && inner.is_dir() {
            open.extend(links(&inner));
        }
    }
    all
}

#[test]
fn no_hook_links_the_engine_of_rules() {
    let of = |program: &str| links_all(&workspace().join("bins").join(program));
    assert!(of("cs-report").contains("redaction") && of("cs-redact").contains("redaction"), "the search misses it");
    let shipped = fs::read_to_string(workspace().join("hooks/hooks.json")).expect("the hooks can be read");
    let shipped: BTreeSet<&str> =
        shipped.split("/hooks/run-").skip(1).filter_map(|rest| rest.split(['"', ' ', '.']).next()).collect();
    assert!(shipped.contains("cs-hook") && shipped.contains("cs-notify"), "the hooks are not found: {shipped:?}");
    for hook in shipped.into_iter().chain(["cs-guard", "cs-deliver", "cs-wake", "cs-statusline"]) {
        assert!(!of(hook).contains("redaction"), "{hook} links the engine");
    }
}

#[test]
fn no_hook_links_limits() {
    let of = |program: &str| links_all(&workspace().join("bins").join(program));
    let users = of("cs-limits");
    assert!(users.contains("limits") && users.contains("limit-words"), "the search misses it: {users:?}");
    for hook in ["cs-heartbeat", "cs-hook", "cs-audit", "cs-guard", "cs-deliver", "cs-wake"] {
        assert!(!of(hook).contains("limits"), "{hook} links limits, through {:?}", of(hook));
    }
}

/// The names of agents, which only `libs/agents` may contain; one is also part of the record format.
const AGENTS: [&str; 2] = ["\"codex\"", "\"claude-code\""];

/// Files outside `libs/agents` that contain such a name, and why.
const SPELLED: [(&str, &str); 2] = [
    ("core/src/record.rs", "the agent of a record that names none"),
    ("bins/cs-setup/src/doctor/codex.rs", "the name of a check"),
];

#[test]
fn only_the_agents_crate_contains_agent_names() {
    let folders = ["core", "libs", "bins"].map(|folder| workspace().join(folder));
    let mut found: Vec<String> = Vec::new();
    for path in folders.iter().flat_map(|folder| rust_files(folder)) {
        let (name, text) = (inside(&path), fs::read_to_string(&path).expect("it can be read"));
        if code(&text).any(|line| AGENTS.iter().any(|word| line.contains(word))) && !name.contains("tests") {
            found.push(name);
        }
    }
    assert!(found.contains(&"libs/agents/src/agent.rs".to_string()), "the search misses what it must find: {found:?}");
    found.retain(|name| !name.starts_with("libs/agents/") && !SPELLED.iter().any(|(spelled, _)| spelled == name));
    assert!(found.is_empty(), "ask libs/agents: {found:?}");
}

#[test]
fn core_does_not_depend_on_any_agent() {
    let knows: Vec<String> = rust_files(&workspace().join("core/src"))
        .into_iter()
        .filter(|path| !inside(path).contains("tests"))
        .filter(|path| {
            let text = fs::read_to_string(path).expect("it can be read");
            code(&text).any(|line| line.to_lowercase().contains("codex") || line.contains("\"claude\""))
        })
        .map(|path| inside(&path))
        .collect();
    assert!(knows.is_empty(), "{knows:?}");
}

/// Words that only the code of one owner may contain: the owner, the words, and files that contain one of them for
/// another reason.
const OWNERS: [(&str, &str, &[&str], &[&str]); 3] = [
    (
        "what a line of an agent's log means",
        "libs/agents/",
        &["isMeta", "isSidechain", "toolUseResult", "isApiErrorMessage", "event_msg", "response_item", "turn_context"],
        &[],
    ),
    ("what a session is doing", "core/src/state", &["Evidence {", "state::derive"], &[]),
    (
        "what --since and --until mean",
        "core/src/range.rs",
        &["parse_from", "NaiveTime", "and_hms"],
        &["core/src/clock.rs", "core/src/zone.rs", "libs/usage/src/prices.rs"],
    ),
];

#[test]
fn a_fact_is_decided_by_its_owner() {
    for (fact, owner, words, exceptions) in OWNERS {
        let has_word = |path: &PathBuf| {
            let text = fs::read_to_string(path).expect("it can be read");
            code(&text).any(|line| words.iter().any(|word| line.contains(word)))
        };
        let files = ["core", "libs", "bins"].iter().flat_map(|folder| rust_files(&workspace().join(folder)));
        let found: Vec<String> =
            files.filter(|path| !inside(path).contains("tests") && has_word(path)).map(|path| inside(&path)).collect();
        let is_elsewhere = |name: &&String| !name.starts_with(owner) && !exceptions.contains(&name.as_str());
        let elsewhere: Vec<&String> = found.iter().filter(is_elsewhere).collect();
        assert!(found.iter().any(|name| name.starts_with(owner)), "{fact}: the search misses its owner: {found:?}");
        assert!(elsewhere.is_empty(), "{fact} is decided by {owner} alone, not in {elsewhere:?}");
    }
}

/// The documents, except `docs/BENCH.md`, which a program writes and whose rows have two names.
fn documents() -> Vec<PathBuf> {
    let named = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "core/FORMAT.md"].map(|name| workspace().join(name));
    let docs = entries(&workspace().join("docs"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("BENCH.md"));
    named.into_iter().chain(docs).collect()
}

/// The first cell of a row of a table.
fn first_cell(line: &str) -> Option<&str> {
    line.strip_prefix('|')?.split(" |").next().map(str::trim).filter(|cell| !cell.starts_with("--"))
}

/// How many characters of two items of a list are compared: a merge leaves the older words of one beside the newer ones.
const ITEM: usize = 50;
/// The same of two paragraphs.
const PARAGRAPH: usize = 100;

/// Lines that say again what a line before them says: rows of one table with the same first cell, items and
/// paragraphs that begin alike.
fn doubled(text: &str) -> Vec<String> {
    let (mut rows, mut lines, mut found) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let prose = text.split("```").step_by(2).flat_map(|part| part.lines().chain([""]));
    for line in prose {
        let is_new = match first_cell(line) {
            Some(cell) => rows.insert(cell.to_string()),
            None => {
                rows.clear();
                let most = if line.starts_with("- ") { ITEM } else { PARAGRAPH };
                line.chars().count() < ITEM || lines.insert(line.chars().take(most).collect::<String>())
            }
        };
        found.extend((!is_new && !line.starts_with("|--")).then(|| line.to_string()));
    }
    found
}

#[test]
fn no_document_says_a_thing_twice_after_a_merge() {
    let twice = "| a | 1 |\n|---|---|\n| `x` | old |\n| `x` | new |\n\n| b | 1 |\n| `x` | other table |\n";
    assert_eq!(doubled(twice), ["| `x` | new |"]);
    let item = "- Tables fit the terminal: columns of less worth go first";
    assert_eq!(doubled(&format!("{item}, costs last.\n- another\n{item} (but not all).\n")).len(), 1);
    let found: Vec<(String, Vec<String>)> = documents()
        .iter()
        .map(|path| (inside(path), doubled(&fs::read_to_string(path).expect("it can be read"))))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    assert!(found.is_empty(), "keep the one that is true: {found:#?}");
}
