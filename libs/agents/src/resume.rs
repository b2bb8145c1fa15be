//! Owns how a conversation is continued: which log it has, in which folder its client must be started, and with which
//! command. Must stay true: at most the first [`HEAD`] bytes of a log are read.
//! Facts: Claude Code continues a conversation in whatever folder it is started in (2.1.329), so it must be started where
//! the conversation began; the log's first lines name that folder.

use crate::agent::Agent;
use crate::entry::{Context, Kind, Wanted};
use crate::logs::Roots;
use crate::reader::{Reader, State};
use cs_core::id::Uuid;
use cs_core::open;
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
        Some(Ended { folder: began_in(&log, agent), variable })
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
    // Codex begins its log with the first prompt, Claude Code perhaps with a name, or with what hooks said.
    agent == Agent::Codex || first(&log, agent, &|context| context.is_message.then_some(())).is_some()
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

/// The directory in the first line that names one.
fn began_in(log: &Path, agent: Agent) -> Option<PathBuf> {
    let folder = |context: &Context| context.cwd.as_deref().map(PathBuf::from).filter(|path| path.is_absolute());
    first(log, agent, &folder)
}

/// What the first surroundings say that say it, at the beginning of a log.
fn first<T>(log: &Path, agent: Agent, of: &dyn Fn(&Context) -> Option<T>) -> Option<T> {
    let mut lines = BufReader::new(open::foreign(log).ok()?.take(HEAD));
    let mut reader = Reader::new(State::new(agent), Wanted::Full);
    let (mut line, mut found) = (Vec::new(), None);
    while found.is_none() && lines.read_until(b'\n', &mut line).ok()? > 0 {
        reader.line(&line, 1, &mut |entry| {
            if let (None, Kind::Context(context)) = (&found, &entry.kind) {
                found = of(context);
            }
        });
        line.clear();
    }
    found
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
        std::fs::write(&log, "{\"type\":\"attachment\",\"cwd\":\"/x\"}\n{\"type\":\"system\",\"cwd\":\"/x\"}\n")
            .unwrap();
        assert!(!has(Agent::Claude), "what the client and hooks say");
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
        assert_eq!(began_in(&log, Agent::Claude), Some("/home/dev/api".into()));
    }

    #[test]
    fn the_first_line_of_a_rollout_names_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("rollout.jsonl");
        let line = "{\"timestamp\":\"2026-11-29T11:00:00Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"x\",\"cwd\":\"/home/dev/project\"}}\n";
        for (agent, text, wanted) in [
            (Agent::Codex, line, Some("/home/dev/project".into())),
            (Agent::Claude, "{\"cwd\":\"relative\"}\n", None),
            (Agent::Claude, "{", None),
        ] {
            std::fs::write(&log, text).unwrap();
            assert_eq!(began_in(&log, agent), wanted);
        }
    }
}
