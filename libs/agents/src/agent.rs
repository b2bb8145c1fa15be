//! Owns the list of coding agents and the words of each: its name, its folders, its environment variables, its resume
//! command. Everything else that differs between agents is in their modules. Must stay true: no other file of the
//! project contains an agent's word.
//! Facts: Claude Code 2.1.197 to 2.1.332, Codex 0.42 to 0.171.

use cs_core::live::Live;
use cs_core::paths;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A coding agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Agent {
    /// Claude Code, by Anthropic.
    #[serde(rename = "claude-code")]
    Claude,
    /// Codex, by OpenAI.
    #[serde(rename = "codex")]
    Codex,
}

/// The words of one agent.
struct Words {
    /// As written in records.
    word: &'static str,
    /// As people may abbreviate it on a command line; also the name of its program.
    short: &'static str,
    /// The environment variable with the path of its folder, and the folder's name in the home directory.
    home: (&'static str, &'static str),
    /// Whether that variable may name several folders, with commas between them.
    takes_several: bool,
    /// A folder in `$XDG_CONFIG_HOME` (`~/.config`) that it may use instead.
    xdg: Option<&'static str>,
    /// The folders for logs in its folder.
    logs: &'static [&'static str],
    /// The prefix of the names of its logs.
    log_prefix: &'static str,
    /// The environment variable with the id of the conversation, in the agent's own shell.
    conversation: &'static str,
    /// The command that resumes a conversation, before its id.
    resume: &'static str,
    /// Whether a prompt that is sent during a turn waits for the turn's end; otherwise the running turn handles it.
    queues_prompts: bool,
    /// Whether it uses prompts as titles without marking them.
    echoes_prompts: bool,
}

const CLAUDE: Words = Words {
    word: "claude-code",
    short: "claude",
    home: ("CLAUDE_CONFIG_DIR", ".claude"),
    takes_several: true,
    xdg: Some("claude"),
    logs: &["projects"],
    log_prefix: "",
    conversation: "CLAUDE_CODE_SESSION_ID",
    resume: "claude --resume",
    queues_prompts: true,
    echoes_prompts: false,
};

const CODEX: Words = Words {
    word: "codex",
    short: "codex",
    home: ("CODEX_HOME", ".codex"),
    takes_several: false,
    xdg: None,
    logs: &["sessions", "archived_sessions"],
    log_prefix: "rollout-",
    conversation: "CODEX_THREAD_ID",
    resume: "codex resume",
    queues_prompts: false,
    echoes_prompts: true,
};

impl Agent {
    /// All agents. The first is the agent of a record without this field.
    pub const ALL: [Agent; 2] = [Agent::Claude, Agent::Codex];

    fn words(self) -> &'static Words {
        match self {
            Agent::Claude => &CLAUDE,
            Agent::Codex => &CODEX,
        }
    }

    /// The agent with this word in a record; `None` if it is not known here.
    pub fn of_word(word: &str) -> Option<Agent> {
        Agent::ALL.into_iter().find(|agent| agent.word() == word)
    }

    /// The agent that a person names, by its word or its short name.
    pub fn of_person(text: &str) -> Option<Agent> {
        Agent::of_word(text).or_else(|| Agent::ALL.into_iter().find(|agent| agent.words().short == text))
    }

    /// As people may abbreviate it; also the name of its program.
    pub fn short(self) -> &'static str {
        self.words().short
    }

    /// The short names of all agents: `claude or codex`.
    pub fn shorts() -> String {
        Agent::ALL.map(|agent| agent.words().short).join(" or ")
    }

    /// The agent of a conversation. An unknown word comes from a newer version and is read as the first agent.
    pub fn of(live: &Live) -> Agent {
        live.agent.as_deref().and_then(Agent::of_word).unwrap_or(Agent::Claude)
    }

    /// As written in records.
    pub fn word(self) -> &'static str {
        self.words().word
    }

    /// The variable that names its folder.
    pub fn home_variable(self) -> &'static str {
        self.words().home.0
    }

    /// The folders that its variable names; none if it is not set.
    pub fn named_homes(self) -> Vec<PathBuf> {
        let text = std::env::var_os(self.words().home.0).unwrap_or_default().to_string_lossy().into_owned();
        let folders: Vec<&str> = match self.words().takes_several {
            true => text.split(',').map(str::trim).collect(),
            false => vec![&text],
        };
        folders.into_iter().filter(|folder| !folder.is_empty()).map(paths::expand).collect()
    }

    /// The folders that it uses if its variable is not set.
    pub fn default_homes(self) -> Vec<PathBuf> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let user = set("HOME");
        let config = set("XDG_CONFIG_HOME").or_else(|| Some(user.as_ref()?.join(".config")));
        let other = config.zip(self.words().xdg).map(|(config, folder)| config.join(folder));
        user.map(|user| user.join(self.words().home.1)).into_iter().chain(other).collect()
    }

    /// Its own folder: the first of those.
    pub fn home(self) -> Option<PathBuf> {
        self.named_homes().into_iter().chain(self.default_homes()).next()
    }

    /// The folders for logs in its folder.
    pub fn log_folders(self) -> &'static [&'static str] {
        self.words().logs
    }

    /// Whether a file in its folders can be one of its logs, according to the prefix of its name.
    pub fn names_log(self, name: &str) -> bool {
        name.starts_with(self.words().log_prefix)
    }

    /// The agent whose logs alone have names like this; `None` if the name does not say.
    pub fn of_log(name: &str) -> Option<Agent> {
        Agent::ALL.into_iter().find(|agent| !agent.words().log_prefix.is_empty() && agent.names_log(name))
    }

    /// The id of the conversation in whose shell this program runs.
    pub fn conversation_from_env() -> Option<String> {
        let named = |agent: Agent| std::env::var(agent.words().conversation).ok();
        Agent::ALL.into_iter().filter_map(named).find(|id| !id.is_empty())
    }

    /// The name of its program.
    pub fn program(self) -> &'static str {
        self.words().short
    }

    /// The command that resumes a conversation.
    pub fn resume_command(self, uuid: &str) -> String {
        format!("{} {uuid}", self.words().resume)
    }

    /// Whether a prompt that is sent during a turn waits for the turn's end; otherwise the running turn handles it.
    pub fn queues_prompts(self) -> bool {
        self.words().queues_prompts
    }

    /// Whether it uses prompts as titles without marking them.
    pub fn echoes_prompts(self) -> bool {
        self.words().echoes_prompts
    }
}
