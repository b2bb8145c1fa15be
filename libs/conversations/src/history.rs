//! Owns the last source of conversations: clients remember what was typed (`history.jsonl`) longer than they keep logs.
//! Must stay true: only conversations without a log and without a kept copy come from here; a line of any other
//! conversation is not decoded, and memory grows with the conversations, not with their prompts.

use crate::about::About;
use crate::catalog::{Catalog, Conversation, Log, Place};
use agents::Agent;
use agents::history::{NAME, conversation_in, remembered};
use agents::lines::{self, Piece};
use agents::logs::Roots;
use agents::reader::State;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

/// What is known of a conversation of which only prompts are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Number of prompts.
    pub prompts: u64,
    /// Number of bytes of their lines.
    pub bytes: u64,
    /// When the first was typed, in milliseconds since the epoch.
    pub first_at: i64,
    /// When the last was typed.
    pub last_at: i64,
    /// The directory in which the conversation worked, if the client says so.
    pub cwd: Option<String>,
}

impl Left {
    /// What a list says about it.
    pub fn about(&self) -> About {
        let (first_at, last_at) = (Some(self.first_at), Some(self.last_at));
        About { cwd: self.cwd.clone(), first_at, last_at, prompts: self.prompts, ..About::default() }
    }
}

impl Catalog {
    /// Adds the conversations of which only prompts are left, keeps the order, and returns what is known of them.
    pub fn add_remembered(&mut self, roots: &Roots) -> BTreeMap<(Agent, String), Left> {
        let known: BTreeSet<(Agent, String)> =
            self.conversations.iter().map(|one| (one.agent, one.uuid.clone())).collect();
        let mut all: BTreeMap<(Agent, String), Left> = BTreeMap::new();
        for (agent, folder) in &roots.folders {
            let path = folder.join(NAME);
            let mut left = BTreeMap::new();
            match read(*agent, &path, &|id| known.contains(&(*agent, id.to_string())), &mut left) {
                Err(error) if error.kind() != ErrorKind::NotFound => self.unseen.push((path.clone(), error)),
                _ => {}
            }
            for (uuid, left) in left {
                // One that two folders know is the first one's.
                let id = (*agent, uuid);
                if let Entry::Vacant(place) = all.entry(id) {
                    self.conversations.push(conversation(place.key(), &path, &left));
                    place.insert(left);
                }
            }
        }
        self.conversations.sort_by_key(|one| std::cmp::Reverse(one.modified()));
        all
    }
}

impl Conversation {
    /// The state with which each of its logs is read.
    pub fn state(&self) -> State {
        match self.place {
            Place::Prompts => State::History(self.uuid.clone()),
            Place::Live | Place::Kept | Place::Both => State::new(self.agent),
        }
    }
}

fn conversation((agent, uuid): &(Agent, String), path: &Path, left: &Left) -> Conversation {
    let log = Log {
        path: path.to_path_buf(),
        thread: "main".to_string(),
        bytes: left.bytes,
        modified: left.last_at.saturating_mul(1_000_000),
        is_kept: false,
    };
    Conversation { logs: vec![log], ..Conversation::new(*agent, uuid.clone(), Place::Prompts) }
}

fn read(
    agent: Agent,
    path: &Path,
    is_known: &dyn Fn(&str) -> bool,
    left: &mut BTreeMap<String, Left>,
) -> std::io::Result<()> {
    let mut room = Vec::new();
    lines::read(cs_core::open::foreign(path)?, |piece| {
        let (Piece::Line(line) | Piece::Rest(line)) = piece else { return };
        if conversation_in(agent, line).is_some_and(|id| is_known(&id.to_ascii_lowercase())) {
            return;
        }
        room.clear();
        let Some(prompt) = remembered(line, &mut room).filter(|prompt| !is_known(&prompt.conversation)) else {
            return;
        };
        let at = prompt.at.unwrap_or(0);
        let one = left.entry(prompt.conversation).or_insert(Left {
            prompts: 0,
            bytes: 0,
            first_at: at,
            last_at: at,
            cwd: None,
        });
        one.prompts += 1;
        one.bytes += line.len() as u64;
        one.first_at = one.first_at.min(at);
        one.last_at = one.last_at.max(at);
        one.cwd = one.cwd.take().or_else(|| prompt.cwd.map(|cwd| cwd.into_owned()));
    })
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read as read_parts;
    use crate::wish::Wish;
    use std::fs;

    const GONE: &str = "b6bf4e07-880d-4283-a7ce-d88772d6ae9b";
    const THERE: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";

    fn line(id: &str, second: u64, text: &str) -> String {
        format!(
            r#"{{"display":"{text}","pastedContents":{{}},"timestamp":{},"project":"/home/dev/repo","sessionId":"{id}"}}"#,
            (1_795_000_000 + second) * 1000
        )
    }

    fn roots(agent: Agent, folder: &Path) -> Roots {
        let mut roots = Roots::default();
        roots.folders.push((agent, folder.to_path_buf()));
        roots
    }

    #[test]
    fn prompts_of_a_conversation_whose_log_is_gone_are_left() {
        let dir = tempfile::tempdir().unwrap();
        let lines = [line(GONE, 100, "first"), line(THERE, 200, "other"), "torn".into(), line(GONE, 300, "second")];
        fs::write(dir.path().join(NAME), lines.join("\n")).unwrap();
        let roots = roots(Agent::Claude, dir.path());
        let live = Conversation::new(Agent::Claude, THERE.into(), Place::Live);
        let mut catalog = Catalog { conversations: vec![live], ..Catalog::default() };

        let left = catalog.add_remembered(&roots);
        let known = &left[&(Agent::Claude, GONE.to_string())];
        assert_eq!((known.prompts, known.first_at, known.last_at), (2, 1_795_000_100_000, 1_795_000_300_000));
        assert_eq!(known.cwd.as_deref(), Some("/home/dev/repo"));
        let ids: Vec<&str> = catalog.conversations.iter().map(|one| one.uuid.as_str()).collect();
        assert_eq!(ids, [GONE, THERE], "the other one has a log, so its prompts are not taken from here");

        let gone = &catalog.conversations[0];
        assert_eq!(gone.place, Place::Prompts);
        let mut said = Vec::new();
        read_parts(gone, &Wish::default(), &mut |part| said.push((part.text().to_string(), part.turn))).unwrap();
        assert_eq!(said, [("first".to_string(), 1), ("second".to_string(), 2)]);
        assert!(catalog.unseen.is_empty());
    }

    #[test]
    fn a_client_without_that_file_is_no_trouble_and_an_unreadable_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let roots = roots(Agent::Codex, dir.path());
        let mut catalog = Catalog::default();
        catalog.add_remembered(&roots);
        assert!(catalog.unseen.is_empty());
        fs::create_dir(dir.path().join(NAME)).unwrap();
        catalog.add_remembered(&roots);
        assert_eq!(catalog.unseen.len(), 1);
    }
}
