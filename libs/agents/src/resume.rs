//! Owns how a conversation is continued: which log it has, in which folder its client must be started, and with which
//! command. Must stay true: at most the first [`HEAD`] bytes of a log are read.
//! Facts: Claude Code continues a conversation in whatever folder it is started in (2.1.329), so it must be started where
//! the conversation began; the log's first lines name that folder.

use crate::agent::Agent;
use crate::logs::Roots;
use cs_core::id::Uuid;
use cs_core::{open, repair};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Maximum number of bytes that are read at the beginning of a log. The first prompt, which may have pictures in it, stands
/// before the folder.
const HEAD: u64 = 64 * 1024 * 1024;

/// A log of a conversation that can be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The folder in which it began, as the log names it.
    pub folder: Option<PathBuf>,
    /// The client's own folder, if the environment does not name it: the variable and its value.
    variable: Option<(&'static str, PathBuf)>,
}

impl Ended {
    /// The log of a conversation: the one that its hooks named, else a search in the agent's folders. `None` if it is
    /// gone.
    pub fn find(agent: Agent, uuid: &Uuid, named: Option<&Path>) -> Option<Self> {
        let log = log_of(agent, uuid, named)?;
        let own =
            |folder: &&Path| folder.file_name().is_some_and(|name| agent.log_folders().iter().any(|of| name == *of));
        let account = log.ancestors().find(own).and_then(Path::parent);
        let is_named = |account: &Path| agent.home().is_some_and(|home| is_same(&home, account));
        let variable =
            account.filter(|account| !is_named(account)).map(|account| (agent.home_variable(), account.into()));
        Some(Ended { folder: began_in(&log), variable })
    }

    /// The command that continues the conversation.
    pub fn command(&self, agent: Agent, uuid: &Uuid) -> Vec<String> {
        let resume = agent.resume_command(uuid.as_str());
        let words = resume.split(' ').map(str::to_string);
        match &self.variable {
            Some((name, value)) => {
                let set = format!("{name}={}", value.display());
                ["env".to_string(), set].into_iter().chain(words).collect()
            }
            None => words.collect(),
        }
    }
}

/// Whether a conversation has a message, without which its client finds nothing to continue. `named` is as in
/// [`Ended::find`].
pub fn has_messages(agent: Agent, uuid: &Uuid, named: Option<&Path>) -> bool {
    let Some(log) = log_of(agent, uuid, named) else { return false };
    // Codex begins its log with the first prompt, Claude Code perhaps with a name.
    agent == Agent::Codex || lines(&log).is_some_and(|mut lines| lines.any(|line| is_message(&line)))
}

fn is_message(line: &Value) -> bool {
    line.get("type").and_then(Value::as_str).is_some_and(|kind| matches!(kind, "user" | "assistant"))
}

fn log_of(agent: Agent, uuid: &Uuid, named: Option<&Path>) -> Option<PathBuf> {
    named.filter(|path| path.is_file()).map_or_else(|| search(agent, uuid), |path| Some(path.into()))
}

fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    real(a) == real(b)
}

/// Searches the agent's folders for a log whose name ends in the conversation's id.
fn search(agent: Agent, uuid: &Uuid) -> Option<PathBuf> {
    let is_its = |path: &Path| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase());
        stem.is_some_and(|stem| stem.ends_with(uuid.as_str()))
    };
    let logs = Roots::from_env().logs().logs;
    logs.into_iter().find(|log| log.agent == agent && is_its(&log.path)).map(|log| log.path)
}

/// The directory in the first line that names one: `cwd` in Claude Code's lines, `payload.cwd` in Codex's.
fn began_in(log: &Path) -> Option<PathBuf> {
    let named = |line: Value| {
        let cwd = line.get("cwd").or_else(|| line.get("payload")?.get("cwd"))?;
        Some(PathBuf::from(cwd.as_str()?)).filter(|path| path.is_absolute())
    };
    lines(log)?.find_map(named)
}

/// The lines at the beginning of a log that are JSON.
fn lines(log: &Path) -> Option<impl Iterator<Item = Value> + use<>> {
    let lines = BufReader::new(open::foreign(log).ok()?.take(HEAD)).split(b'\n');
    Some(lines.map_while(Result::ok).filter_map(|line| repair::decode(&line, &mut Vec::new()).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

    #[test]
    fn a_log_names_its_folder_and_its_account() {
        let dir = tempfile::tempdir().unwrap();
        let uuid = Uuid::parse(ID).unwrap();
        let log = dir.path().join(format!("other account/projects/-home-dev-api/{ID}.jsonl"));
        assert_eq!(Ended::find(Agent::Claude, &uuid, Some(&log)), None);
        std::fs::create_dir_all(log.parent().unwrap()).unwrap();
        std::fs::write(&log, "{\"type\":\"mode\"}\n{\"cwd\":\"/home/dev/api\"}\n{\"cwd\":\"/home/dev/api/sub\"}\n")
            .unwrap();
        let ended = Ended::find(Agent::Claude, &uuid, Some(&log)).unwrap();
        assert_eq!(ended.folder, Some("/home/dev/api".into()));
        let account = format!("CLAUDE_CONFIG_DIR={}", dir.path().join("other account").display());
        assert_eq!(ended.command(Agent::Claude, &uuid), ["env", &account, "claude", "--resume", ID]);
    }

    #[test]
    fn a_log_without_a_message_is_nothing_to_continue() {
        let dir = tempfile::tempdir().unwrap();
        let (uuid, log) = (Uuid::parse(ID).unwrap(), dir.path().join("log.jsonl"));
        let has = |agent| has_messages(agent, &uuid, Some(&log));
        std::fs::write(&log, "{\"type\":\"custom-title\",\"customTitle\":\"builder\"}\nnot JSON\n").unwrap();
        assert!(!has(Agent::Claude) && has(Agent::Codex), "Codex begins its log with the first prompt");
        for kind in ["user", "assistant"] {
            std::fs::write(&log, format!("{{\"type\":\"mode\"}}\n{{\"type\":\"{kind}\"}}\n")).unwrap();
            assert!(has(Agent::Claude), "{kind}");
        }
    }

    #[test]
    fn a_picture_in_the_first_prompt_does_not_hide_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log.jsonl");
        let line = format!("{{\"message\":\"{}\",\"cwd\":\"/home/dev/api\"}}\n", "x".repeat(1 << 20));
        std::fs::write(&log, line).unwrap();
        assert_eq!(began_in(&log), Some("/home/dev/api".into()));
    }

    #[test]
    fn the_first_line_of_a_rollout_names_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("rollout.jsonl");
        let line = "{\"type\":\"session_meta\",\"payload\":{\"id\":\"x\",\"cwd\":\"/home/dev/project\"}}\n";
        for (text, wanted) in
            [(line, Some("/home/dev/project".into())), ("{\"cwd\":\"relative\"}\n", None), ("{", None)]
        {
            std::fs::write(&log, text).unwrap();
            assert_eq!(began_in(&log), wanted);
        }
    }
}
