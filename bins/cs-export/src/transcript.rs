//! Owns the turns of a conversation, folded from the entries of its log.
//! Must stay true: a turn begins with a prompt that a person typed, just as in the code that counts turns; damaged and
//! too long lines are skipped and counted. Deliberately absent: which turns matter, masking.

use agents::Agent;
use agents::entry::Wanted;
use agents::entry::{Entry, Kind, Source, Stop, Thread, Tool, Understood};
use agents::lines::{self, Piece};
use agents::reader::{Reader, State};
use cs_core::clock;
use cs_core::git::command::{self, Commits};
use cs_core::git::made;
use reports::Replaced;
use std::collections::HashMap;
use std::io::{self, Read};

/// A prompt and its results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// RFC 3339; empty if the log does not say.
    pub at: String,
    pub prompt: String,
    /// The agent's last message in the turn. A message about background work counts only if it is longer than the one
    /// before.
    pub answer: String,
    pub edits: usize,
    pub commits: usize,
    /// Tool calls that failed or were refused.
    pub failures: usize,
    /// Questions to the person, and plans to approve.
    pub questions: usize,
    pub interrupted: bool,
    /// What was replaced in its texts.
    pub replaced: Vec<Replaced>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub turns: usize,
    /// Lines that were skipped because they could not be parsed.
    pub skipped: usize,
}

/// Passes each turn of the main conversation to `take`, in the order of the file.
pub fn read(from: impl Read, agent: Agent, mut take: impl FnMut(Turn)) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut reader = Reader::new(State::new(agent), Wanted::All);
    let mut open: Option<Open> = None;
    let mut number = 0;
    lines::read(from, |piece| {
        number += 1;
        let (Piece::Line(line) | Piece::Rest(line)) = piece else {
            summary.skipped += 1;
            return;
        };
        let mut each = |entry: Entry| match entry.kind {
            _ if entry.thread == Thread::Side => {}
            Kind::Prompt(prompt, _) => {
                summary.turns += 1;
                let at = entry.at.and_then(clock::from_millis).map(clock::stamp).unwrap_or_default();
                let turn = Turn { at, prompt: prompt.into_owned(), ..Turn::default() };
                let before = open.replace(Open { turn, ..Open::default() });
                before.into_iter().for_each(|open| take(open.turn));
            }
            kind => open.iter_mut().for_each(|open| open.add(&kind)),
        };
        let understood = reader.line(line, number, &mut each);
        summary.skipped += usize::from(understood == Understood::Not && !line.is_empty());
    })?;
    open.into_iter().for_each(|open| take(open.turn));
    Ok(summary)
}

/// A turn that is not over, and its open calls.
#[derive(Default)]
struct Open {
    turn: Turn,
    /// Whether background work was reported to the agent.
    news: bool,
    /// Calls without a result yet that may make commits.
    commits: HashMap<String, Commits>,
}

impl Open {
    /// Adds an entry of the turn.
    fn add(&mut self, kind: &Kind) {
        let turn = &mut self.turn;
        match kind {
            Kind::Injected(_, Source::News) => self.news = true,
            Kind::Answer(answer) if !self.news || answer.len() > turn.answer.len() => turn.answer = answer.to_string(),
            Kind::Call { tool: Tool::Edit, .. } => turn.edits += 1,
            Kind::Call { tool: Tool::Ask, .. } => turn.questions += 1,
            Kind::Call { id, tool: Tool::Run(line), .. } => {
                self.commits.extend(command::commits(line).map(|commits| (id.to_string(), commits)));
            }
            Kind::Result { call, end, text, .. } => {
                let failed = end.is_failure();
                turn.failures += usize::from(failed);
                let commits = self.commits.remove(call.as_ref());
                turn.commits += commits.map_or(0, |commits| made::count(&commits, text, failed));
            }
            Kind::Stop(Stop::Failed, _) => turn.failures += 1,
            Kind::Stop(Stop::Interrupted, _) => turn.interrupted = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(text: &[u8]) -> (Vec<Turn>, Summary) {
        let mut turns = Vec::new();
        let summary = read(text, Agent::Claude, |turn| turns.push(turn)).unwrap();
        (turns, summary)
    }

    #[test]
    fn broken_and_unknown_lines_are_skipped() {
        let mut text = b"{\"type\":\"user\",\"timestamp\":\"t\",\"message\":{\"content\":\"hello\"}}\n".to_vec();
        text.extend_from_slice(b"{\"type\":\"new kind\",\"message\":7}\n[]\nnull\n{\"type\":\"user\",\"mess");
        text.extend_from_slice(b"\n\xff\xfe\n\n");
        text.extend(std::iter::repeat_n(b'x', lines::LIMIT + 1));
        text.extend_from_slice(
            b"\n{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hi\"},7]}}",
        );
        let (turns, summary) = turns(&text);
        assert_eq!(summary, Summary { turns: 1, skipped: 3 });
        assert_eq!((turns[0].prompt.as_str(), turns[0].answer.as_str()), ("hello", "hi"));
    }

    #[test]
    fn lines_that_are_nearly_json_are_read() {
        let line = |damage: &[u8]| {
            let (head, tail) = (b"{\"type\":\"user\",\"timestamp\":\"t\",\"message\":{\"content\":\"hello", b"\"}}\n");
            [&head[..], damage, tail].concat()
        };
        for (damage, prompt) in [
            (&br" \ud83d"[..], "hello \u{fffd}"),
            (b" \x01", "hello \u{1}"),
            (br" C:\Users", "hello C:\\Users"),
            (b" \xff", "hello \u{fffd}"),
        ] {
            for before in [&b""[..], b"\xef\xbb\xbf", b"\0\0\0\0"] {
                let (turns, summary) = turns(&[before, &line(damage)].concat());
                assert_eq!((turns[0].prompt.as_str(), summary), (prompt, Summary { turns: 1, skipped: 0 }));
            }
        }
    }

    #[test]
    fn only_typed_text_is_a_prompt() {
        let typed = "<command-name>/a:b</command-name>\\n<command-args>c</command-args>";
        for (content, more, prompt) in [
            (typed, ",\"origin\":{\"kind\":\"human\"}", Some("/a:b c")),
            (typed, "", None),
            ("<ide_opened_file>a.rs</ide_opened_file>\\nfix it", "", Some("fix it")),
            ("<task-notification>a</task-notification>", "", None),
            ("[Request interrupted by user]", "", None),
        ] {
            let line = format!("{{\"type\":\"user\",\"message\":{{\"content\":\"{content}\"}}{more}}}");
            let (turns, _) = turns(line.as_bytes());
            assert_eq!(turns.first().map(|turn| turn.prompt.as_str()), prompt, "{content}");
        }
    }
}
