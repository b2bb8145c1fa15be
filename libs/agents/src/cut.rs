//! Owns where a log may be cut so that its client resumes the beginning, and what must be changed in it then.
//! Facts: a beginning under a new id, in a file named by it, is resumed like any other conversation (Claude Code 2.1.332,
//! Codex 0.169). Claude Code needs `sessionId` of the lines to be the new one, and leaves `session_id` as it is in its own
//! forks; with a compaction's boundary it needs the summary after it. Codex needs the new id everywhere: a rollout whose
//! first line has the old one takes over that conversation.

use crate::agent::Agent;
use crate::entry::{Kind, Thread, Via, Wanted};
use crate::lines::{self, Piece};
use crate::reader::{Reader, State};
use cs_core::id::Uuid;
use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where a log may be cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// How many lines of it remain.
    pub lines: u64,
    /// The folder in which the conversation worked then.
    pub cwd: Option<String>,
}

/// The last place at which no call waits for its result, no thought for its answer and no compaction for its summary.
pub fn last(agent: Agent, log: impl Read) -> io::Result<Cut> {
    let mut reader = Reader::new(State::new(agent), Wanted::Full);
    let (mut open, mut number, mut cut) = (Open::default(), 0, Cut::default());
    lines::read(log, |piece| {
        number += 1;
        match piece {
            Piece::Line(line) => {
                reader.line(line, number, &mut |entry| {
                    if entry.thread == Thread::Main {
                        open.entry(&entry.kind);
                    }
                });
                // Codex itself ends a call that has no result.
                if agent == Agent::Codex || open.is_nothing() {
                    cut = Cut { lines: number, cwd: open.cwd.clone() };
                }
            }
            // It is whole if another line comes after it, and a picture of a person opens nothing.
            Piece::TooLong(_) => {}
            Piece::Rest(_) => {}
        }
    })?;
    Ok(cut)
}

/// What is still to come at a line.
#[derive(Default)]
struct Open {
    calls: HashSet<String>,
    thinks: bool,
    compacts: bool,
    cwd: Option<String>,
}

impl Open {
    fn is_nothing(&self) -> bool {
        self.calls.is_empty() && !self.thinks && !self.compacts
    }

    fn entry(&mut self, kind: &Kind) {
        match kind {
            Kind::Call { id, .. } => {
                self.calls.insert(id.to_string());
                self.thinks = false;
            }
            Kind::Result { call, .. } => {
                self.calls.remove(call.as_ref());
            }
            Kind::Answer(_) => self.thinks = false,
            Kind::Reasoning(_) => self.thinks = true,
            // What came before it was given up.
            Kind::Stop(..) => (self.thinks, self.calls) = (false, HashSet::new()),
            Kind::Prompt(_, via) if *via != Via::Queued => (self.thinks, self.calls) = (false, HashSet::new()),
            Kind::Compaction { text, .. } => self.compacts = text.is_empty(),
            Kind::Context(context) => {
                if let Some(cwd) = context.cwd.as_deref().filter(|cwd| !cwd.is_empty()) {
                    self.cwd = Some(cwd.to_string());
                }
            }
            _ => {}
        }
    }
}

/// What stands in a log instead of what when its conversation becomes `new`: two texts of the same length.
pub fn renaming(agent: Agent, old: &Uuid, new: &Uuid) -> [String; 2] {
    [old, new].map(|uuid| match agent {
        Agent::Claude => format!("\"sessionId\":\"{uuid}\""),
        // The id stands in other fields too.
        _ => uuid.to_string(),
    })
}

/// The path of the main log then; `None` if its name has no id.
pub fn renamed(main: &Path, old: &Uuid, new: &Uuid) -> Option<PathBuf> {
    let name = main.file_name()?.to_str()?;
    name.contains(old.as_str()).then(|| main.with_file_name(name.replace(old.as_str(), new.as_str())))
}

/// Whether lines name a file in the conversation's folder, by its path there, so that it must stay where it was.
pub fn is_named(path: &str) -> bool {
    path.starts_with("tool-results/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = r#"{"type":"user","uuid":"1","cwd":"/w","message":{"role":"user","content":"do it"}}"#;
    const THINKS: &str = r#"{"type":"assistant","uuid":"2","message":{"id":"m","role":"assistant","content":[{"type":"thinking","thinking":"hm"}]}}"#;
    const CALL: &str = r#"{"type":"assistant","uuid":"3","message":{"id":"m","role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]}}"#;
    const RESULT: &str = r#"{"type":"user","uuid":"4","cwd":"/w/x","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"a"}]}}"#;
    const ANSWER: &str = r#"{"type":"assistant","uuid":"5","message":{"id":"n","role":"assistant","content":[{"type":"text","text":"done"}]}}"#;
    const BOUNDARY: &str = r#"{"type":"system","subtype":"compact_boundary","uuid":"6","content":"Conversation compacted","compactMetadata":{"trigger":"manual"}}"#;
    const SUMMARY: &str =
        r#"{"type":"user","uuid":"7","isCompactSummary":true,"message":{"role":"user","content":"so far"}}"#;

    /// How many lines remain of these, and in which folder.
    fn cut(lines: &[&str]) -> (u64, Option<String>) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let cut = last(Agent::Claude, text.as_bytes()).unwrap();
        (cut.lines, cut.cwd)
    }

    #[test]
    fn nothing_is_left_open() {
        let all = [USER, THINKS, CALL, RESULT, ANSWER, BOUNDARY, SUMMARY];
        let remain: Vec<u64> = (0..=all.len()).map(|count| cut(&all[..count]).0).collect();
        assert_eq!(remain, [0, 1, 1, 1, 4, 5, 5, 7]);
        assert_eq!(cut(&all[..3]).1.as_deref(), Some("/w"));
        assert_eq!(cut(&all).1.as_deref(), Some("/w/x"));
        // A call that was given up does not stay open.
        assert_eq!(cut(&[USER, CALL, USER, ANSWER]).0, 4);
    }

    #[test]
    fn a_torn_line_is_left_out() {
        let text = format!("{USER}\n{ANSWER}\n{}", &USER[..20]);
        assert_eq!(last(Agent::Claude, text.as_bytes()).unwrap().lines, 2);
        assert_eq!(last(Agent::Claude, &b""[..]).unwrap(), Cut::default());
    }

    #[test]
    fn a_conversation_gets_another_id() {
        let [old, new] = [1, 2].map(|n| Uuid::parse(&format!("ca5d0000-0000-4000-8000-00000000000{n}")).unwrap());
        let to = |name: &str| renamed(Path::new(name), &old, &new).map(|path| path.display().to_string());
        assert_eq!(to(&format!("/p/{old}.jsonl")), Some(format!("/p/{new}.jsonl")));
        assert_eq!(to(&format!("/{old}/rollout-1-{old}.jsonl")), Some(format!("/{old}/rollout-1-{new}.jsonl")));
        assert_eq!(to("/p/x.jsonl"), None);
        for agent in Agent::ALL {
            let [from, to] = renaming(agent, &old, &new);
            assert!(from.len() == to.len() && from.contains(old.as_str()) && to.contains(new.as_str()));
        }
    }
}
