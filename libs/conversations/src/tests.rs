//! Tests on recorded logs in the folders of clients.

use crate::{About, Catalog, MAIN, Place, Wish, find, read};
use agents::Agent;
use agents::logs::Roots;
use agents::part::PartKind;
use cs_core::paths::Home;
use cs_core::refs::Links;
use cs_core::store::Store;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const TALK: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const ROOT: &str = "01a1fc80-468f-7601-9f3c-b71334abad49";
const SUBAGENT: &str = "01a1fc80-4790-71e1-8fc9-b5a5655c73dc";

/// Clients' folders and a data directory.
pub(crate) struct Ground {
    dir: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("dashboard")), agents::WITNESS);
        Ground { dir, store }
    }

    pub(crate) fn catalog(&self) -> Catalog {
        let claude = (Agent::Claude, self.dir.path().join("claude"));
        let codex = (Agent::Codex, self.dir.path().join("codex"));
        let mut roots = Roots::default();
        roots.folders.extend([claude, codex]);
        Catalog::of(&self.store, &roots)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Copies all files below a folder of recordings.
    fn fixtures(&self, from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            match entry.path().is_dir() {
                true => self.fixtures(&entry.path(), &to),
                false => drop(self.write(to.to_str().unwrap(), fs::read(entry.path()).unwrap())),
            }
        }
    }

    fn fixture(&self, from: &str, to: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(from);
        self.write(to, fs::read(path).unwrap());
    }

    /// A conversation of Claude Code with a subagent, and one of Codex.
    pub(crate) fn furnished() -> Self {
        let place = Ground::new();
        let claude = format!("claude/projects/-home-dev-api/{TALK}");
        place.fixture("claude-code/transcripts/print-tour.jsonl", &format!("{claude}.jsonl"));
        let agent = "agent-a3b165bb9d73cc7da.jsonl";
        let from = format!("claude-code/transcripts/print-tour.subagents/{agent}");
        place.fixture(&from, &format!("{claude}/subagents/{agent}"));
        for (name, id) in [("subagent-v1-history", ROOT), ("subagent-v1-history.2", SUBAGENT)] {
            let to = format!("codex/sessions/2026/11/21/rollout-2026-11-21T05-07-07-{id}.jsonl");
            place.fixture(&format!("codex/rollouts/{name}.jsonl"), &to);
        }
        place
    }
}

#[test]
fn subagents_belong_to_their_conversation() {
    let catalog = Ground::furnished().catalog();
    let mut shown: Vec<(&str, Vec<&str>)> = catalog
        .conversations
        .iter()
        .map(|one| (one.uuid.as_str(), one.logs.iter().map(|log| log.thread.as_str()).collect()))
        .collect();
    shown.sort();
    assert_eq!(shown, [(ROOT, vec![MAIN, SUBAGENT]), (TALK, vec![MAIN, "agent-a3b165bb9d73cc7da"])]);
    assert!(catalog.conversations.iter().all(|one| one.place == Place::Live));
}

#[test]
fn words_mean_conversations() {
    let place = Ground::furnished();
    let catalog = place.catalog();
    let of = |word: &str| find(&catalog, &place.store, word).map(|one| one.uuid.clone());
    let claude = format!("claude:{TALK}");
    for word in [TALK, "e998145e", "51c9", &claude, &TALK.to_uppercase()] {
        assert_eq!(of(word).unwrap(), TALK, "{word}");
    }
    assert_eq!(of(SUBAGENT).unwrap(), ROOT, "the id of a subagent");
    assert!(of("").is_err() && of("claude:").is_err() && of("ffff").unwrap_err().to_string().contains("\"ffff\""));
    place.write("claude/projects/-a/e9aa145e-4e5d-40c9-a3a6-681ad5bd51c0.jsonl", "");
    let catalog = place.catalog();
    let error = find(&catalog, &place.store, "e9").unwrap_err().to_string();
    assert!(error.contains("ambiguous") && error.contains(TALK), "{error}");
}

#[test]
fn a_conversation_is_called_by_its_person_or_by_its_first_prompt() {
    let place = Ground::furnished();
    let catalog = place.catalog();
    let one = find(&catalog, &place.store, TALK).unwrap();
    let about = About::whole(one, &Links::default()).unwrap();
    assert!(about.name().is_some() && about.prompts > 0 && about.cwd.as_deref() == Some("/home/dev/repo"), "{about:?}");
    assert_eq!(about.project(&place.store.config()).as_deref(), Some("repo"));
    assert!(about.first_at < about.last_at);
    let outline = About::outline(one).unwrap();
    assert_eq!((outline.name(), outline.prompts), (about.name(), about.prompts), "a short log is read whole");
}

#[test]
fn the_outline_of_a_long_log_has_its_beginning_and_its_end() {
    let place = Ground::new();
    let line = |text: &str, n: usize| {
        format!(
            "{{\"type\":\"user\",\"cwd\":\"/home/dev/api\",\"timestamp\":\"2026-11-21T10:{:02}:{:02}Z\",\"message\":{{\"content\":\"{text}\"}}}}\n",
            n / 60 % 60,
            n % 60
        )
    };
    let long: String = (0..3000).map(|n| line(&format!("fix the login page {}", "x".repeat(500)), n)).collect();
    let title = "{\"type\":\"custom-title\",\"customTitle\":\"login\"}\n";
    place.write(&format!("claude/projects/-a/{TALK}.jsonl"), format!("{long}{title}"));
    let catalog = place.catalog();
    let (whole, outline) = (
        About::whole(&catalog.conversations[0], &Links::default()).unwrap(),
        About::outline(&catalog.conversations[0]),
    );
    assert_eq!((whole.prompts, whole.name().as_deref()), (3000, Some("login")));
    let outline = outline.unwrap();
    assert_eq!((outline.name(), outline.cwd, outline.first_at), (whole.name(), whole.cwd, whole.first_at));
    assert_eq!(outline.last_at, whole.last_at);
}

/// The conversations of a recording, and how often each call, and each prompt's line, is shown.
fn told(name: &str) -> (Catalog, HashMap<String, usize>) {
    let place = Ground::new();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/claude-code/conversations");
    place.fixtures(&recorded.join(name), Path::new("claude"));
    let catalog = place.catalog();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for one in &catalog.conversations {
        let of_person = Wish { kinds: vec![PartKind::Prompt, PartKind::Call, PartKind::Usage], ..Wish::default() };
        read(one, &of_person, &mut |part| {
            *counts.entry(format!("{} {}", part.kind.word(), part.anchor)).or_default() += 1;
        })
        .unwrap();
        let (about, mut prompts) = (About::whole(one, &Links::default()).unwrap(), 0);
        let wish = Wish { kinds: vec![PartKind::Prompt], thread: Some(MAIN.into()), ..Wish::default() };
        read(one, &wish, &mut |_| prompts += 1).unwrap();
        assert_eq!(about.prompts, prompts, "{name} {}: the list and the conversation disagree", one.uuid);
    }
    let origins = catalog.conversations.iter().filter(|one| About::outline(one).unwrap().forked_from.is_some()).count();
    assert_eq!(origins, 1, "{name}: one of the two came from the other");
    (catalog, counts)
}

#[test]
fn what_goes_on_in_another_log_is_told_once() {
    for name in ["background", "fork", "fork-terminal", "fork-command", "branch"] {
        let (catalog, counts) = told(name);
        assert_eq!(catalog.conversations.len(), 2, "{name}");
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(counts.len() > 3 && twice.is_empty(), "{name}: {twice:?}");
    }
}

/// The prompts of one conversation of a recording whose other logs are put elsewhere: `None` removes them.
fn prompts_beside(name: &str, uuid: &str, elsewhere: Option<&str>) -> Vec<String> {
    let place = Ground::new();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/claude-code/conversations");
    place.fixtures(&recorded.join(name), Path::new("claude"));
    let folder = place.dir.path().join("claude/projects/-home-dev-repo");
    for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_string();
        if path.is_dir() || stem == uuid {
            continue;
        }
        let text = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        elsewhere.into_iter().for_each(|to| drop(place.write(&to.replace("UUID", &stem), &text)));
    }
    let catalog = place.catalog();
    let one = catalog.conversations.iter().find(|one| one.uuid == uuid).unwrap();
    let wish = Wish { kinds: vec![PartKind::Prompt], thread: Some(MAIN.into()), ..Wish::default() };
    let mut prompts = Vec::new();
    read(one, &wish, &mut |part| prompts.push(part.text().into_owned())).unwrap();
    assert_eq!(About::whole(one, &Links::default()).unwrap().prompts as usize, prompts.len(), "{name}");
    prompts
}

/// Forks, and the number of prompts that each has: its own and all.
const FORKS: [(&str, &str, usize, usize); 4] = [
    ("fork", "7bf8ef9b-81a6-46b9-b196-827b608736ef", 1, 3),
    ("branch", "9471c3da-1443-43e1-8380-feb65a3d69ee", 1, 3),
    ("fork-command", "2f79956c-132d-4b6c-b586-5e3dbf7e5c00", 1, 2),
    ("fork-terminal", "cf23d264-9b53-4e77-a883-e1fd99d218e3", 1, 2),
];

#[test]
fn a_fork_whose_origin_is_gone_has_all_that_was_said() {
    for (name, uuid, _, all) in FORKS {
        let prompts = prompts_beside(name, uuid, None);
        assert_eq!(prompts.len(), all, "{name}: {prompts:?}");
    }
}

#[test]
fn a_fork_is_compared_with_its_origin_wherever_it_is() {
    for place in ["claude/projects/-home-dev-other/UUID.jsonl", "dashboard/kept/claude-code/UUID/main.2.jsonl"] {
        for (name, uuid, own, _) in FORKS {
            let prompts = prompts_beside(name, uuid, Some(place));
            assert_eq!(prompts.len(), own, "{name} {place}: {prompts:?}");
        }
    }
}
