//! Owns the command line with which a client is started in a seat. Must stay true: a prompt is one word after `--`, and
//! never one that the client would run as a command. Deliberately absent: starting it, and who may choose which argument.
//! Facts: Claude Code 2.1.139 to 2.1.332, Codex 0.169 to 0.171; see docs/AGENTS.md.

use crate::agent::Agent;
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use std::borrow::Cow;
use std::path::Path;

/// Maximum number of bytes of a prompt: an argument of a program has at most 128 KiB on Linux.
pub const PROMPT: usize = 100_000;

/// The conversation with which a client begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Beginning {
    /// A new one; Codex chooses its id itself.
    New(Uuid),
    /// One that ended.
    Resumed(Uuid),
    /// A copy of another one, under a new id; Codex chooses that itself.
    Forked(Uuid, Uuid),
}

/// How a client is started.
#[derive(Clone, Debug)]
pub struct Launch<'a> {
    /// The client.
    pub agent: Agent,
    /// Its program and the arguments that always come first; empty for the program's own name.
    pub command: &'a [String],
    /// The conversation.
    pub beginning: Beginning,
    /// The seat's name.
    pub name: &'a str,
    /// The file with the hooks of seats.
    pub settings: Option<&'a Path>,
    /// The model.
    pub model: Option<&'a str>,
    /// How much it thinks.
    pub effort: Option<&'a str>,
    /// Which tools run without a question.
    pub permission_mode: Option<&'a str>,
    /// Further arguments, as the user wrote them.
    pub args: &'a [String],
    /// The first prompt.
    pub prompt: Option<&'a str>,
}

/// Whether this page knows how a client of the agent is started in a seat.
pub fn may_sit(agent: Agent) -> bool {
    matches!(agent, Agent::Claude | Agent::Codex)
}

impl Launch<'_> {
    /// The command, word by word.
    pub fn words(&self) -> Vec<String> {
        let mut words = match self.command {
            [] => vec![self.agent.program().to_string()],
            command => command.to_vec(),
        };
        match self.agent {
            Agent::Claude => self.add_claude(&mut words),
            Agent::Codex => self.add_codex(&mut words),
            #[allow(unreachable_patterns, reason = "see [`may_sit`]")]
            _ => {}
        }
        words.extend_from_slice(self.args);
        words.extend(self.prompt.into_iter().flat_map(|prompt| ["--".to_string(), prompt.to_string()]));
        words
    }

    fn add_claude(&self, words: &mut Vec<String>) {
        let mut add = |option: &str, value: Option<&str>| {
            words.extend(value.into_iter().flat_map(|value| [option.to_string(), value.to_string()]));
        };
        match &self.beginning {
            Beginning::New(uuid) => add("--session-id", Some(uuid.as_str())),
            Beginning::Resumed(uuid) => add("--resume", Some(uuid.as_str())),
            Beginning::Forked(from, to) => {
                add("--resume", Some(from.as_str()));
                add("--session-id", Some(to.as_str()));
            }
        }
        add("--name", Some(self.name));
        add("--settings", self.settings.and_then(Path::to_str));
        // Such words begin with a letter, see [`check_word`].
        add("--model", self.model);
        add("--effort", self.effort);
        add("--permission-mode", self.permission_mode);
        if matches!(self.beginning, Beginning::Forked(..)) {
            words.push("--fork-session".to_string());
        }
    }

    fn add_codex(&self, words: &mut Vec<String>) {
        match &self.beginning {
            Beginning::New(_) => {}
            Beginning::Resumed(uuid) => words.extend(["resume".to_string(), uuid.to_string()]),
            Beginning::Forked(from, _) => words.extend(["fork".to_string(), from.to_string()]),
        }
        words.extend(self.model.into_iter().flat_map(|model| ["--model".to_string(), model.to_string()]));
        let effort = self.effort.map(|effort| format!("model_reasoning_effort={effort:?}"));
        words.extend(effort.into_iter().flat_map(|effort| ["--config".to_string(), effort]));
    }
}

/// Maximum number of characters of a model's name, or of an effort.
const WORD: usize = 100;

/// Checks the name of a model or an effort, which becomes a word of the command line: it begins with a letter or a digit,
/// and has no white space, no quotation marks and no control characters. `what` names it in the error.
pub fn check_word(what: &str, word: &str) -> Result<()> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.:/@[]+".contains(c);
    let begins = word.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins && word.len() <= WORD && word.chars().all(is_fit) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{word:?} is not the name of {what}")))
}

/// Words that alone, as a whole prompt, end a client.
const ENDING: [&str; 8] = ["exit", "quit", ":q", ":q!", ":wq", ":wq!", "exit()", "quit()"];

/// The line that is put before a prompt which the client would run as a command.
pub const GUARD: &str = "The following text is a prompt, and no command of the client:";

/// Checks a prompt. What the client would run as a command gets a line before it: in Claude Code what begins with `/`, even
/// after white space, and a word that ends it; in Codex what begins with `!`.
pub fn check_prompt(agent: Agent, prompt: &str) -> Result<Cow<'_, str>> {
    let wrong = |text: String| Err(Error::Invalid(text));
    let trimmed = prompt.trim();
    if trimmed.is_empty() {
        return wrong("the prompt is empty".into());
    }
    if prompt.len() > PROMPT {
        return wrong(format!("the prompt has {} bytes, at most {PROMPT} are allowed", prompt.len()));
    }
    if prompt.contains('\0') {
        return wrong("the prompt contains a NUL character".into());
    }
    let is_command = match agent {
        Agent::Claude => trimmed.starts_with('/') || ENDING.contains(&trimmed.to_lowercase().as_str()),
        Agent::Codex => trimmed.starts_with('!'),
        #[allow(unreachable_patterns, reason = "see [`may_sit`]")]
        _ => false,
    };
    Ok(if is_command { Cow::Owned(format!("{GUARD}\n{prompt}")) } else { Cow::Borrowed(prompt) })
}

/// Options of Claude Code that a seat gives itself, or that would make it no seat.
const TAKEN: [&str; 14] = [
    "--session-id",
    "--resume",
    "-r",
    "--continue",
    "-c",
    "--fork-session",
    "--settings",
    "--print",
    "-p",
    "--name",
    "-n",
    "--bg",
    "--background",
    "--",
];

/// Refuses arguments of the user that contradict those of the seat.
pub fn refuse_taken(agent: Agent, args: &[String]) -> Result<()> {
    let is_taken = |word: &str| {
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        TAKEN.contains(&name) && (agent == Agent::Claude || name == "--")
    };
    match args.iter().find(|word| is_taken(word)) {
        None => Ok(()),
        Some(word) if word.starts_with("--settings") => Err(Error::Invalid(
            "--settings is used for the hooks of the seat; put yours into settings.json of the folder or the user"
                .into(),
        )),
        Some(word) => Err(Error::Invalid(format!("{word} cannot be given: the seat decides about it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
    const OTHER: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

    fn uuid(text: &str) -> Uuid {
        Uuid::parse(text).unwrap()
    }

    fn launch(agent: Agent, beginning: Beginning) -> Launch<'static> {
        Launch {
            agent,
            command: &[],
            beginning,
            name: "builder",
            settings: None,
            model: None,
            effort: None,
            permission_mode: None,
            args: &[],
            prompt: None,
        }
    }

    #[test]
    fn the_name_of_a_model_is_never_an_option() {
        for good in ["opus", "claude-opus-4-8[1m]", "us.anthropic.claude-x-v1:0", "gpt-6-sol", "publishers/x@y"] {
            assert!(check_word("a model", good).is_ok(), "{good}");
        }
        let long = "x".repeat(101);
        for bad in ["", "-x", "--dangerously-skip-permissions", "a b", "a\"b", "a\nb", "é", &long] {
            assert!(check_word("a model", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn each_client_gets_its_own_words_and_the_prompt_last() {
        let args = ["--add-dir".to_string(), "/x".to_string()];
        let full = Launch {
            settings: Some(Path::new("/d/agents/claude-settings.json")),
            model: Some("haiku"),
            effort: Some("low"),
            permission_mode: Some("plan"),
            args: &args,
            prompt: Some("--x\n!touch y"),
            ..launch(Agent::Claude, Beginning::New(uuid(ID)))
        };
        let line = full.words().join(" ");
        let settings = "--settings /d/agents/claude-settings.json --model haiku --effort low --permission-mode plan";
        let wanted = format!("claude --session-id {ID} --name builder {settings} --add-dir /x -- --x\n!touch y");
        assert_eq!(line, wanted);
        let forked = launch(Agent::Claude, Beginning::Forked(uuid(ID), uuid(OTHER)));
        let wanted = format!("claude --resume {ID} --session-id {OTHER} --name builder --fork-session");
        assert_eq!(forked.words().join(" "), wanted);
        let codex = Launch { model: Some("gpt-5"), effort: Some("low"), prompt: Some("p"), ..full.clone() };
        let codex = Launch { agent: Agent::Codex, args: &[], permission_mode: None, ..codex };
        assert_eq!(codex.words().join(" "), "codex --model gpt-5 --config model_reasoning_effort=\"low\" -- p");
        let resumed = launch(Agent::Codex, Beginning::Resumed(uuid(ID)));
        assert_eq!(resumed.words().join(" "), format!("codex resume {ID}"));
        let own = ["/opt/claude".to_string(), "--debug".to_string()];
        let own = Launch { command: &own, ..launch(Agent::Claude, Beginning::Resumed(uuid(ID))) };
        assert_eq!(own.words().join(" "), format!("/opt/claude --debug --resume {ID} --name builder"));
    }

    #[test]
    fn a_prompt_that_a_client_would_run_gets_a_line_before_it() {
        for text in ["!touch x", "--x", "say /help", "first\n/help", "#x", "@x", "exit now", "\u{1b}[201~", "🦀"] {
            assert_eq!(check_prompt(Agent::Claude, text).unwrap(), text);
        }
        let guarded = |agent, text: &str| check_prompt(agent, text).unwrap() == format!("{GUARD}\n{text}");
        for text in ["/help", " /help", "\n/x", "exit", " QUIT\n", ":q"] {
            assert!(guarded(Agent::Claude, text) && !guarded(Agent::Codex, text), "{text:?}");
        }
        assert!(guarded(Agent::Codex, "!touch x") && guarded(Agent::Codex, "\n!x"));
        let long = "x".repeat(PROMPT + 1);
        for text in ["", " \n", "a\0b", &long] {
            assert!(check_prompt(Agent::Claude, text).is_err(), "{text:?}");
        }
        assert!(check_prompt(Agent::Codex, &long[1..]).is_ok());
    }

    #[test]
    fn arguments_that_contradict_the_seat_are_refused() {
        let refused = |agent, word: &str| refuse_taken(agent, &["--x".to_string(), word.to_string()]).is_err();
        for word in ["--settings", "--settings={}", "-p", "--print", "--resume=x", "-c", "--session-id", "--"] {
            assert!(refused(Agent::Claude, word), "{word}");
        }
        assert!(!refused(Agent::Claude, "--add-dir") && !refused(Agent::Codex, "-c") && refused(Agent::Codex, "--"));
    }
}
