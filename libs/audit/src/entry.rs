//! Owns what a line of the log says. `core/FORMAT.md` describes each field.

use cs_core::clock::{self, Instant};
use cs_core::validate;
use rules::Verdict;
use serde::{Deserialize, Serialize};

/// Version of the lines.
pub const VERSION: u32 = 1;
/// Maximum number of characters of a command or path.
const INPUT: usize = 2_000;
/// Number of characters of a command that are masked, unless too little of them is left.
const READ: usize = 8 * INPUT;
/// Maximum number of characters of a word, such as a tool's name.
const WORD: usize = 200;
/// Maximum number of verdicts of a line.
const VERDICTS: usize = 50;
/// Maximum number of paths of a lease in a line.
const PATHS: usize = 50;

/// What a line reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A tool is about to be called.
    #[default]
    Attempt,
    /// A call ended.
    Result,
    /// A subagent began.
    SubagentStart,
    /// A subagent ended.
    SubagentStop,
    /// The guard asked about a call, or denied it.
    Decision,
    /// A message between agents.
    Message,
    /// A lease was taken or given back.
    Lease,
    /// The oldest days were removed.
    Base,
}

impl Kind {
    /// Its word in the log.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Attempt => "attempt",
            Kind::Result => "result",
            Kind::SubagentStart => "subagent_start",
            Kind::SubagentStop => "subagent_stop",
            Kind::Decision => "decision",
            Kind::Message => "message",
            Kind::Lease => "lease",
            Kind::Base => "base",
        }
    }
}

/// What a tool was called with: never the contents of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// The command line of a shell, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The file, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Further files, if it names several: those of a patch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

impl Input {
    /// Maximum number of further files.
    const PATHS: usize = 50;

    /// A call that names these files.
    pub fn of_files(files: Vec<String>) -> Self {
        let mut files = files.into_iter();
        Input { command: None, path: files.next(), paths: files.take(Input::PATHS).collect() }
    }
}

/// Sizes of what was passed, in bytes of JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bytes {
    /// Of the tool's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// Of its response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<u64>,
}

/// A verdict, as it was when the call was logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The rule.
    pub rule: String,
    /// The word of its kind.
    pub verdict: String,
    /// 1 to 3.
    pub severity: u8,
}

/// What was removed: everything to the end of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The last file that was removed.
    pub file: String,
    /// The number of its last line.
    pub seq: u64,
    /// The hash of its last line.
    pub hash: String,
}

/// A message between agents: never its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// The seat's id and the message's: `agent_20261129T1134_1f0c/m000012`.
    pub id: String,
    /// The sender: `user`, a seat's id, `claude:` and a conversation's id, or `system`.
    pub from: String,
    /// The recipient, in the same words.
    pub to: String,
}

/// A lease that was taken or given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Leased {
    /// Its id.
    pub id: String,
    /// `acquired`, `released`, or `lost`: taken away, because it had expired or its owner had ended.
    pub what: String,
    /// Its owner: `user`, a seat's id, or `claude:` and a conversation's id.
    pub owner: String,
    /// Its paths in the project, masked.
    pub paths: Vec<String>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Version of the line.
    pub v: u32,
    /// Its number; the first one is 1.
    pub seq: u64,
    /// When it happened, RFC 3339, UTC.
    pub at: String,
    /// What it reports.
    pub kind: Kind,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// The client's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The seat in which the agent works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_seat: Option<String>,
    /// The subagent; absent for the conversation itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The subagent's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// The call, which its attempt and its result share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// The tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What it was called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// SHA-256 of its whole input, as the client reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_sha256: Option<String>,
    /// What the call is about: the words of the worst verdict, or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What the rules said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Said>,
    /// What the guard did: `ask` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// How long the call took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Whether the call succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// Whether a person interrupted it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    /// Where the conversation works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The slug of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Sent>,
    /// The lease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Leased>,
    /// The file in `pending/` from which the line was taken, because the log was locked when it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<String>,
    /// How many result lines were not logged before this one, because the day's log was full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
    /// What was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// What was wrong with `head.json` when the line was appended: `missing`, `damaged` or `behind`. Always the last one
    /// before `prev`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The hash of the line before.
    pub prev: String,
}

impl Entry {
    /// A line of this kind, which happens now.
    pub fn new(kind: Kind, now: Instant) -> Self {
        Entry { v: VERSION, at: clock::stamp(now), kind, ..Entry::default() }
    }

    /// Notes what the rules said, and what the worst verdict is about.
    #[must_use]
    pub fn with_verdicts(mut self, verdicts: &[Verdict]) -> Self {
        let said = |verdict: &Verdict| Said {
            rule: verdict.rule.to_string(),
            verdict: verdict.kind.word().to_string(),
            severity: verdict.severity,
        };
        for verdict in verdicts.iter().map(said) {
            if !self.verdicts.contains(&verdict) {
                self.verdicts.push(verdict);
            }
        }
        let worst = verdicts.iter().max_by_key(|verdict| verdict.severity);
        self.target = worst.map(|verdict| verdict.target.clone()).or(self.target);
        self
    }

    /// The same with every text within its limit, on one line and masked.
    #[must_use]
    pub(crate) fn storable(mut self) -> Self {
        let words = [
            &mut self.claude_session_id,
            &mut self.agent,
            &mut self.agent_seat,
            &mut self.agent_id,
            &mut self.agent_type,
            &mut self.tool_use_id,
            &mut self.tool,
            &mut self.input_sha256,
            &mut self.target,
            &mut self.decision,
            &mut self.project,
        ];
        words.into_iter().for_each(|word| cut(word, WORD));
        cut(&mut self.cwd, validate::PATH);
        cut_word(&mut self.at);
        self.verdicts.truncate(VERDICTS);
        for said in &mut self.verdicts {
            cut_word(&mut said.rule);
            cut_word(&mut said.verdict);
        }
        if let Some(message) = &mut self.message {
            [&mut message.id, &mut message.from, &mut message.to].into_iter().for_each(cut_word);
        }
        if let Some(lease) = &mut self.lease {
            [&mut lease.id, &mut lease.what, &mut lease.owner].into_iter().for_each(cut_word);
            lease.paths.truncate(PATHS);
            lease.paths.iter_mut().for_each(cut_word);
        }
        if let Some(input) = &mut self.input {
            input.command = input.command.take().map(|line| shown(&line));
            cut(&mut input.path, INPUT);
            input.paths.iter_mut().for_each(|path| *path = validate::cut(path, INPUT));
        }
        self
    }
}

/// A command as the log shows it.
fn shown(command: &str) -> String {
    let line = rules::without_passed(command);
    let begin = line.char_indices().nth(READ).map_or(&*line, |(end, _)| line.get(..end).unwrap_or_default());
    let masked = redact::mask_command(begin);
    // Where it was cut, a part of a secret may have stayed, which must not be among what is shown.
    let is_enough = begin.len() == line.len() || masked.chars().nth(2 * INPUT).is_some();
    let masked = if is_enough { masked } else { redact::mask_command(&line) };
    validate::cut_lines(&masked, INPUT)
}

fn cut_word(word: &mut String) {
    *word = validate::cut(word, WORD);
}

fn cut(text: &mut Option<String>, limit: usize) {
    *text = text.take().map(|text| validate::cut(&text, limit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_secret_is_shown_where_a_long_command_is_cut_before_it_is_masked() {
        let token = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        for length in READ - 120..READ {
            let key = format!("-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----", "A".repeat(length - 60));
            let text = shown(&format!("use {key} {token} {}", "ls; ".repeat(READ)));
            assert!(!text.contains("a1B2") && text.starts_with("use "), "{length}: {text}");
        }
        assert_eq!(shown(&"x".repeat(READ + 1)).chars().count(), INPUT);
    }
}
