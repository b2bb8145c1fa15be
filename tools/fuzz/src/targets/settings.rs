//! Settings of other programs, to which cs-setup adds our entries and from which it removes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cs_core::Error;
use serde_json::Value;
use tempfile::TempDir;

use super::{parts, text};
use crate::Target;
use setup::document::{Document, Ours};
use setup::{client, entries, splice, text as json, wrapped};

/// The program's own source files, because a program cannot be linked.
#[allow(dead_code, reason = "the program uses more of them")]
#[path = "../../../../bins/cs-setup/src"]
mod setup {
    pub mod client;
    pub mod command;
    pub mod document;
    pub mod entries;
    pub mod places;
    pub mod splice;
    pub mod swap;
    pub mod text;
    pub mod wrapped;
}

pub const TARGET: Target = Target { name: "settings", check, words: WORDS, seeds, most: 8 << 10, runs: 6_500 };

const WORDS: &[&str] = &[
    "\"hooks\":",
    "\"Stop\":",
    "\"SessionStart\":",
    "\"command\":",
    "\"type\":\"command\"",
    "\"/x/claude-sessions/bin/cs-hook\"",
    "\"'/x y/claude-sessions/bin/cs-heartbeat'\"",
    "\"args\":[]",
    "\"statusLine\":",
    "\"/x/cs-statusline --wrap 'a'\"",
    "'\\\\''",
    "\\u0027",
    "\"enabledPlugins\":",
    "\"cs-sessions@claude-sessions\":true",
    "\"extraKnownMarketplaces\":",
    "\"claude-sessions\":",
    "\"matcher\":\"\"",
    "\u{feff}",
    "// no",
    "\n\t\"a\": ",
    "\r\n  ",
    "{ }",
    "[ ]",
    "\"\\u0068ooks\":",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "{}",
        " \n",
        "\u{feff}{ }\n",
        "{\n  \"model\": \"opus\",\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]\n      }\n    ]\n  }\n}\n",
        "{\r\n\t\"a\": {\r\n\t}\r\n}\r\n",
        r#"{"statusLine":{"type":"command","command":"echo \"it's\" '' \\ \u0027 \t"},"hooks":{}}"#,
        r#"{"hooks": {"Stop": [{"hooks": [{"command": "/x/claude-sessions/bin/cs-hook"}, {"command": "mine"}]}]}, "hooks": {}}"#,
        r#"{"enabledPlugins": {"x": true}, "extraKnownMarketplaces": {}, "hooks": {"Stop": []}}"#,
        r#"{"hooks": []}"#,
        "{\"a\": 1, // no\n}",
        "{\"statusLine\":{\"command\":\"/old/cs-statusline --format '{model}'\"}}",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(
        b"{\"a\":1.50,\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"/x/claude-sessions/bin/cs-hook\"}]}]}}\xff{ \"a\":1.50 }".to_vec(),
    );
    all
}

/// A folder in memory if possible, since it is written a million times.
fn place() -> &'static Path {
    static PLACE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder can be created");
        let path = folder.path().to_path_buf();
        (folder, path)
    });
    path
}

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let settings = text(parts[0]);
    let backup = parts.get(1).map(|part| text(part));
    check_status_line(&settings);
    let share = Path::new("/opt/our \"share\"/claude-sessions");
    let all = [
        Ours::Hooks(entries::for_claude(share).expect("the hooks were built in")),
        Ours::Hooks(entries::for_codex(share).expect("the hooks were built in")),
        Ours::plugin(share).expect("our path"),
    ];
    for ours in &all {
        check_round_trip(&settings, backup.as_deref(), ours);
    }
}

fn path() -> PathBuf {
    place().join("settings.json")
}

fn found() -> Option<String> {
    fs::read_to_string(path()).ok()
}

fn backup_path() -> PathBuf {
    place().join("settings.json.cs-backup")
}

fn put(settings: &str, backup: Option<&str>) {
    fs::write(path(), settings).expect("our folder can be written");
    let _ = fs::remove_file(backup_path());
    backup.into_iter().for_each(|text| fs::write(backup_path(), text).expect("our folder can be written"));
}

/// Installs and uninstalls as the program does. Refused settings must stay unchanged, with a one-line error.
fn check_round_trip(settings: &str, backup: Option<&str>, ours: &Ours) {
    put(settings, backup);
    let Some(done) = installed(ours) else {
        assert_eq!(found().as_deref(), Some(settings), "refused");
        return;
    };
    let again = read().with(ours).expect("an installation can be repeated");
    assert_eq!(again, done.text, "a second time");
    if let (Ours::Hooks(hooks), Ok(value)) = (ours, serde_json::from_str::<Value>(plain(&done.text))) {
        assert!(entries::has_exactly(&value, hooks), "{value}");
    }
    let edited = splice::put(&done.text, &["zzz", "y"], "[1]");
    read().restore().expect("an installation can be removed");
    assert!(!backup_path().exists(), "a backup remains");
    let left = found();
    if done.was_fresh && backup.is_none() {
        assert_eq!(left.as_deref(), Some(settings), "removed again");
    }
    if let Some(left) = &left {
        assert!(!has_ours(left), "{left:?}");
    }
    let Ok(edited) = edited else { return };
    check_edit_survives(settings, backup, ours, &edited, done.was_fresh && backup.is_none());
}

/// Panics unless a change made while our entries were in the file survives.
fn check_edit_survives(settings: &str, backup: Option<&str>, ours: &Ours, edited: &str, was_fresh: bool) {
    put(settings, backup);
    installed(ours).expect("it was installed before");
    fs::write(path(), edited).expect("our folder can be written");
    read().restore().expect("an installation can be removed");
    let left = found().expect("it contains more than our entries");
    assert!(!has_ours(&left), "{left:?}");
    let base = if settings.trim().is_empty() { json::NOTHING } else { settings };
    if let (true, Ok(wanted)) = (was_fresh, splice::put(base, &["zzz", "y"], "[1]")) {
        assert_eq!(value(&left), value(&wanted), "edited meanwhile");
        let numbers = |text: &str| text.matches(|c: char| c.is_ascii_digit()).collect::<String>();
        assert_eq!(numbers(&left), numbers(&wanted), "every digit of foreign numbers stays");
    }
}

struct Installed {
    text: String,
    /// Whether the file contained nothing of ours before.
    was_fresh: bool,
}

fn read() -> Document {
    Document::read(&path()).expect("written data can be read")
}

/// Adds our entries; `None` if that is refused.
fn installed(ours: &Ours) -> Option<Installed> {
    let reported = |error: Error| {
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
        assert!(!error.to_string().contains('\n'), "{error}");
    };
    let document = Document::read(&path()).map_err(reported).ok()?;
    let text = document.with(ours).map_err(reported).ok()?;
    // The program does not overwrite a foreign marketplace with our name.
    let is_free = json::at(&document.value, &client::MARKET).is_none();
    let was_fresh = is_free && !document.has_ours().expect("what can be changed can be read");
    let original = document.original().expect("what can be changed has an original");
    document.seen.back_up(original.as_deref()).expect("our folder can be written");
    document.seen.replace(&text).expect("our folder can be written");
    assert_eq!(value(&text).as_object().map(|all| all.is_empty()), Some(false));
    Some(Installed { text, was_fresh })
}

fn plain(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn value(text: &str) -> Value {
    serde_json::from_str(plain(text)).unwrap_or_else(|e| panic!("no JSON: {e}: {text:?}"))
}

fn has_ours(text: &str) -> bool {
    serde_json::from_str::<Value>(plain(text)).is_ok_and(|value| !entries::ours(&value).is_empty())
}

/// Wraps our status line around the existing one, and removes it again.
fn check_status_line(settings: &str) {
    let own = entries::shell_word("/opt/it's ours/bin/cs-statusline");
    let Ok(ours) = wrapped::with(settings, &own) else { return };
    let line = &value(&ours)["statusLine"]["command"];
    assert!(line.as_str().is_some_and(|line| line.starts_with(&own)), "{line}");
    assert_eq!(wrapped::with(&ours, &own).expect("a second time"), ours, "a second time");
    let back = wrapped::without(&ours).expect("added entries can be removed");
    let known = wrapped::without(settings).expect("it was valid before");
    // An empty container loses its blanks.
    let tight = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(tight(&back), tight(&known), "removed again");
    if known == settings && !value(settings).as_object().is_some_and(|all| all.is_empty()) {
        assert_eq!(back, settings, "removed again");
    }
}
