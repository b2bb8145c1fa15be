//! What happens if rules are gone.

use super::*;
use crate::memory::Memory;
use crate::sources::Request;
use crate::sources::sandbox::Sandbox;
use std::fs;

const RULES: &str = ".claude-sessions/redact.toml";
const WORD: &str = "Blue Heron";

/// A project with a rule, in which a person said what the rule is about; the folder.
fn ground() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let folder = sandbox.store.home.root().join("work/api");
    register(&sandbox, &[("api", &folder)]);
    sandbox.write(&format!("work/api/{RULES}"), "[[rules]]\nid = \"codename\"\nregex = \"Blue Heron\"\n");
    sandbox.say(&format!("build {WORD}"));
    (sandbox, folder)
}

fn register(sandbox: &Sandbox, projects: &[(&str, &Path)]) {
    let all: serde_json::Map<String, serde_json::Value> = projects
        .iter()
        .map(|(slug, path)| (slug.to_string(), serde_json::json!({"name": slug, "path": path, "registered_at": ""})))
        .collect();
    sandbox.write("config.json", &serde_json::json!({"version": 1, "projects": all}).to_string());
}

fn push(sandbox: &Sandbox, to: &mut Memory) {
    sandbox.push(to, &Request::default());
    assert!(!to.text().contains(WORD), "{}", to.text());
}

/// A push fails, and sends nothing; what it says.
fn stopped(sandbox: &Sandbox, to: &mut Memory) -> String {
    let before = to.text();
    let error = sandbox.try_push(to, &Request::default()).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert_eq!(to.text(), before);
    error.to_string()
}

#[test]
fn a_file_of_rules_that_is_gone_stops_all_until_it_is_back_or_a_person_says_so() {
    let ((sandbox, folder), mut to) = (ground(), Memory::default());
    push(&sandbox, &mut to);
    assert!(to.text().contains("build [codename:"), "{}", to.text());
    let (file, aside) = (folder.join(RULES), folder.join("aside"));
    fs::rename(&file, &aside).unwrap();
    for _ in 0..2 {
        let text = stopped(&sandbox, &mut to);
        assert!(text.contains(&format!("--without-rules '{}'", file.display())), "{text}");
    }
    fs::rename(&aside, &file).unwrap();
    push(&sandbox, &mut to);
    fs::remove_file(&file).unwrap();
    assert!(go_without(&sandbox.store.home, &[folder.join("other")]).is_err());
    stopped(&sandbox, &mut to);
    go_without(&sandbox.store.home, &[file]).unwrap();
    sandbox.push(&mut to, &Request::default());
    assert!(to.text().contains(WORD), "a person wanted it");
}

#[test]
fn a_folder_that_is_gone_stops_all_if_it_had_rules() {
    let ((sandbox, folder), mut to) = (ground(), Memory::default());
    let plain = sandbox.store.home.root().join("work/plain");
    register(&sandbox, &[("api", &folder), ("plain", &plain)]);
    push(&sandbox, &mut to);
    let aside = sandbox.store.home.root().join("work/aside");
    fs::rename(&folder, &aside).unwrap();
    let text = stopped(&sandbox, &mut to);
    assert_eq!(text.matches("--without-rules").count(), 1, "only its own: {text}");
    go_without(&sandbox.store.home, &[folder.parent().unwrap().to_path_buf()]).unwrap();
    sandbox.push(&mut to, &Request::default());
    assert!(to.text().contains(WORD));
    fs::rename(&aside, &folder).unwrap();
    sandbox.push(&mut to, &Request::default());
    assert!(!to.text().contains(WORD), "its rules are in force again");
    fs::rename(&folder, &aside).unwrap();
    stopped(&sandbox, &mut to);
}

#[test]
fn a_project_that_moved_or_is_not_registered_any_more() {
    let ((sandbox, folder), mut to) = (ground(), Memory::default());
    push(&sandbox, &mut to);
    let moved = sandbox.store.home.root().join("work/moved");
    fs::rename(&folder, &moved).unwrap();
    register(&sandbox, &[("api", &moved)]);
    push(&sandbox, &mut to);
    register(&sandbox, &[]);
    let text = stopped(&sandbox, &mut to);
    assert!(text.contains("belongs to no registered project any more"), "{text}");
    sandbox.write("redact.toml", &fs::read_to_string(moved.join(RULES)).unwrap());
    push(&sandbox, &mut to);
    fs::remove_file(sandbox.store.home.root().join("redact.toml")).unwrap();
    let text = stopped(&sandbox, &mut to);
    assert!(text.contains("redact.toml"), "the rules of the user, too: {text}");
}

#[test]
fn what_is_remembered_is_written_only_if_it_changes() {
    let ((sandbox, folder), mut to) = (ground(), Memory::default());
    push(&sandbox, &mut to);
    let path = sandbox.store.home.sync_rules();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(RULES) && text.ends_with("}\n"), "{text}");
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    push(&sandbox, &mut to);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    sandbox.write(&format!("work/api/{RULES}"), "[[rules]]\nid = \"bird\"\nregex = \"Blue Heron\"\n");
    push(&sandbox, &mut to);
    assert_ne!(fs::read_to_string(&path).unwrap(), text, "a person changed them");
    fs::write(&path, "{").unwrap();
    assert!(sandbox.try_push(&mut to, &Request::default()).is_err());
    assert!(folder.is_dir());
}

#[test]
fn a_look_at_a_machine_that_shares_nothing_writes_nothing() {
    let (sandbox, _) = ground();
    let home = &sandbox.store.home;
    fs::remove_file(home.machine()).unwrap();
    check(home, &[("/x".into(), "0".into())]).unwrap();
    assert!(!home.sync_rules().exists());
}
