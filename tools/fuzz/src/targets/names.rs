//! Input that becomes a file name: ids, slugs, UUIDs, selectors, and the input lines that contain them.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use cs_core::id::{self, SessionId, Slug, Uuid};
use cs_core::paths::Home;
use cs_core::store::Selector;
use serde::de::IgnoredAny;

use super::{object, text};
use crate::Target;

pub const TARGET: Target = Target { name: "names", check, words: WORDS, seeds, most: 1 << 10, runs: 250_000 };

const WORDS: &[&str] = &[
    "sess_20261121T0337_ca5d",
    "claude:",
    "1efc27bb-f68f-47d0-bb52-fc872cee82d8",
    "{\"session_id\":",
    "../",
    "/",
    "\0",
    "%2e%2e",
    "..",
    ".json",
    "a",
    "-",
    "A",
    "\u{130}",
    "\u{2028}",
    "\n",
];

fn seeds() -> Vec<Vec<u8>> {
    let lines = [
        "sess_20261121T0337_ca5d",
        "ca5d",
        "api-2",
        "claude:1EFC27BB-F68F-47D0-BB52-FC872CEE82D8",
        "{\"session_id\":\"sess_20261121T0337_ca5d\",\"tasks\":[{\"a\":1}]}\n\nca5d\n",
        "../../etc/passwd",
    ];
    lines.iter().map(|line| line.as_bytes().to_vec()).collect()
}

fn check(bytes: &[u8]) {
    let text = text(bytes);
    let home = Home::at("/data");
    if let Ok(id) = SessionId::parse(&text) {
        assert_eq!(id.as_str(), text);
        check_path(&home.session(&id), "/data/sessions", &text);
        check_path(&home.archived(&id), "/data/sessions/archive", &text);
    }
    if let Ok(slug) = Slug::parse(&text) {
        check_path(&home.project(&slug), "/data/projects", &text);
        check_path(&home.context(&slug), "/data/context", &text);
    }
    if let Ok(uuid) = Uuid::parse(&text) {
        assert_eq!(uuid.as_str(), text.to_ascii_lowercase());
        check_path(&home.live(&uuid), "/data/live", uuid.as_str());
        let task = id::agent_task_id(&uuid, &text);
        assert!(task.len() == 9 && task.starts_with('t'));
    }
    for n in [1, 2, usize::MAX] {
        let slug = Slug::from_name(&text, n);
        assert_eq!(Slug::parse(slug.as_str()).ok().as_ref(), Some(&slug), "made from the name {text:?}");
    }
    if let Ok(Selector::Part(part)) = Selector::parse(&text) {
        assert!(part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !part.is_empty());
    }
    lines(bytes);
}

fn check_path(path: &Path, folder: &str, stem: &str) {
    assert_eq!(path.parent(), Some(Path::new(folder)), "{}", path.display());
    assert_eq!(path.file_stem().and_then(|name| name.to_str()), Some(stem));
}

/// Panics unless a line gives its name, or the name of its record, in whatever pieces it arrives.
fn lines(bytes: &[u8]) {
    let names = cli::read_names(bytes).ok();
    for size in [1, 3, 64] {
        let pieces = BufReader::with_capacity(size, bytes);
        assert_eq!(cli::read_names(pieces).ok(), names, "in pieces of size {size}");
    }
    let Some(names) = names else { return };
    let lines: Vec<String> =
        bytes.split(|byte| *byte == b'\n').map(text).filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(names.len(), lines.len(), "{names:?}");
    for (name, line) in names.iter().zip(&lines) {
        let named = match object(line.trim().as_bytes()) {
            Some(fields) => fields["session_id"].as_str().unwrap_or_default().to_string(),
            // A number that no value can hold: the record still has its name.
            None if serde_json::from_str::<BTreeMap<String, IgnoredAny>>(line.trim()).is_ok() => continue,
            None => line.trim().to_string(),
        };
        assert!(*name == named || named.len() > 200, "{name:?}, not {named:?}");
        assert!(name.chars().count() <= 200, "{} characters", name.chars().count());
    }
}
