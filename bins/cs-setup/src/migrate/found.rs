//! Owns what the Python tool leaves on a machine besides its records: its hook, its launchd agents, its skills and
//! commands. Must stay true: only what names the tool's own script is its own; a file that merely has the same name is
//! the user's. Source: the installation steps in that tool's README.

use crate::document::Document;
use crate::jobs::{self, Unit};
use crate::others;
use crate::others::{PROGRAM, is_program};
use crate::places::Places;
use crate::swap;
use cs_core::error::Result;
use cs_core::store::Store;
use std::path::{Path, PathBuf};

/// The names that the tool's instructions give its agents and its skills.
const AGENTS: [&str; 3] =
    ["com.claude.sessions-dashboard", "com.claude.sessions-cleanup", "com.claude.sessions-notify"];
const SKILLS: [&str; 2] = ["session-start", "session-end"];

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A launchd agent.
    Agent,
    /// The folder of a skill.
    Skill,
    /// The file of a command.
    Command,
}

/// A file or folder of the tool.
#[derive(Debug)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub path: PathBuf,
    /// The name by which launchd knows an agent.
    pub label: Option<String>,
}

impl Piece {
    /// What it is, for people.
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Agent => "a launchd agent of the Python tool, which is unloaded",
            Kind::Skill => "a skill of the Python tool",
            Kind::Command => "a command of the Python tool",
        }
    }

    /// The folder of `replaced/<time>` that takes it.
    pub fn folder(&self) -> &'static str {
        match self.kind {
            Kind::Agent => "LaunchAgents",
            Kind::Skill => "skills",
            Kind::Command => "commands",
        }
    }

    /// The agent, as launchd knows it.
    pub fn unit(&self) -> Option<Unit> {
        self.label.as_deref().map(|label| unit(label, &self.path))
    }
}

/// An agent that is not ours.
pub fn unit(label: &str, path: &Path) -> Unit {
    Unit { job: "", name: label.to_string(), path: path.to_path_buf(), text: String::new(), is_started: true }
}

/// All that is left of the tool.
#[derive(Debug)]
pub struct Remains {
    /// The settings, if its hook is in them.
    pub settings: Option<Document>,
    /// Its files.
    pub pieces: Vec<Piece>,
    /// Files with the names of its files that do not call it.
    pub namesakes: Vec<PathBuf>,
    /// Files that name it in a way that is not understood; they may call it.
    pub suspects: Vec<PathBuf>,
}

impl Remains {
    /// Looks for them. Reads only.
    pub fn find(places: &Places) -> Result<Self> {
        let document = Document::read(&places.settings())?;
        let settings = (!others::found(&document.value).is_empty()).then_some(document);
        let mut remains = Remains { settings, pieces: Vec::new(), namesakes: Vec::new(), suspects: Vec::new() };
        remains.look_for_agents(&places.user.join("Library/LaunchAgents"));
        remains.look_for_skills(&places.claude.join("skills"));
        remains.look_for_commands(&places.claude.join("commands"));
        Ok(remains)
    }

    /// Whether nothing of it is left to be moved aside.
    pub fn is_empty(&self) -> bool {
        self.settings.is_none() && self.pieces.is_empty()
    }

    fn look_for_agents(&mut self, dir: &Path) {
        for path in children(dir).into_iter().filter(|path| path.extension().is_some_and(|end| end == "plist")) {
            let text = text_of(&path);
            let label = text.as_deref().and_then(label);
            let is_dark = text.is_none() && (has_name(&path, &AGENTS) || names_program(&path));
            match text.as_deref().is_some_and(|text| strings(text).any(is_program)) {
                true => self.pieces.push(Piece { kind: Kind::Agent, path, label }),
                false if is_dark || text.is_some_and(|text| text.contains(PROGRAM)) => self.suspects.push(path),
                false if has_name(&path, &AGENTS) => self.namesakes.push(path),
                false => {}
            }
        }
    }

    fn look_for_skills(&mut self, dir: &Path) {
        for path in children(dir) {
            match text_of(&path.join("SKILL.md")) {
                Some(text) if is_of_tool(&path, &text) => {
                    self.pieces.push(Piece { kind: Kind::Skill, path, label: None });
                }
                Some(text) if text.contains(PROGRAM) => self.suspects.push(path),
                Some(text) if has_name(&path, &SKILLS) && !crate::project::is_ours(&text) => self.namesakes.push(path),
                _ => {}
            }
        }
    }

    fn look_for_commands(&mut self, dir: &Path) {
        let files = children(dir).into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
        for path in files {
            match text_of(&path) {
                Some(text) if is_of_tool(&path, &text) => {
                    self.pieces.push(Piece { kind: Kind::Command, path, label: None });
                }
                Some(text) if text.contains(PROGRAM) => self.suspects.push(path),
                _ => {}
            }
        }
    }

    /// What the user should know of what stays.
    pub fn notes(&self, places: &Places) -> Vec<String> {
        let mut notes = data(places);
        notes.extend(self.namesakes.iter().map(|path| {
            format!("{} is called like a part of the Python tool, but does not run it, and is kept", path.display())
        }));
        notes.extend(self.suspects.iter().map(|path| {
            format!("{} names the Python tool, and may run it; it is kept, so look at it", path.display())
        }));
        notes.extend(
            in_projects(places).iter().map(|path| {
                format!("{} runs the Python tool, but belongs to a project; change it there", path.display())
            }),
        );
        let crontab = jobs::crontab(places);
        if crontab.iter().any(|line| !line.trim_start().starts_with('#') && line.contains(PROGRAM)) {
            notes.push("your crontab runs the Python tool; remove its lines with crontab -e".into());
        }
        notes
    }
}

/// The folder into which the tool is copied, with its records, and how many there are.
fn records(places: &Places) -> (PathBuf, u64) {
    let home = places.user.join(".claude/dashboard");
    let count = children(&home.join("sessions")).iter().filter(|path| is_record(path)).count();
    (home, count.try_into().unwrap_or(u64::MAX))
}

/// That folder, if there are records in it and ours are elsewhere.
pub fn unread(places: &Places) -> Option<(PathBuf, u64)> {
    let (home, count) = records(places);
    (count > 0 && !is_same(&home, places.data.root())).then_some((home, count))
}

/// Where the tool's records are, and whether they are read.
fn data(places: &Places) -> Vec<String> {
    let (home, count) = records(places);
    let shown = home.display();
    let mut notes = Vec::new();
    if unread(places).is_some() {
        let ours = places.data.root().display();
        notes.push(format!("the Python tool's records are in {shown}, but ours are in {ours}: they are not read"));
    } else if count > 0 {
        let sessions = render::format_quantity(count, "session");
        notes.push(format!("{sessions} in {shown} stay where they are, and are read from there"));
    }
    if home.join("manage.py").exists() {
        notes.push(format!("the Python tool's programs in {shown} stay where they are"));
    }
    notes
}

fn is_record(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("sess_") && name.ends_with(".json")
}

fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|path| other.canonicalize().is_ok_and(|other| other == path))
}

/// The files of registered projects that run the tool. They may be in a repository, so they are only named.
pub fn in_projects(places: &Places) -> Vec<PathBuf> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let folders = config.projects.values().map(|project| Path::new(&project.path).join(".claude"));
    let folders = folders.filter(|dir| !is_same(dir, &places.claude));
    let mut found = Vec::new();
    for dir in folders {
        let skills = children(&dir.join("skills")).into_iter().map(|skill| skill.join("SKILL.md"));
        let files = skills.chain(children(&dir.join("commands")));
        found.extend(files.filter(|path| text_of(path).is_some_and(|text| text.contains(PROGRAM))));
        let settings = ["settings.json", "settings.local.json"].map(|name| dir.join(name));
        let has_hook =
            |path: &PathBuf| Document::read(path).is_ok_and(|document| !others::found(&document.value).is_empty());
        found.extend(settings.into_iter().filter(has_hook));
    }
    found
}

/// What is in a directory, by name; nothing if it cannot be read.
pub fn children(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn has_name(path: &Path, names: &[&str]) -> bool {
    path.file_stem().and_then(|name| name.to_str()).is_some_and(|name| names.contains(&name))
}

/// The text of a file of others; `None` if it is missing or is not text.
pub fn text_of(path: &Path) -> Option<String> {
    swap::bytes(path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// The strings of a property list.
pub fn strings(plist: &str) -> impl Iterator<Item = &str> {
    plist.split("<string>").skip(1).filter_map(|rest| rest.split_once("</string>")).map(|(text, _)| text.trim())
}

/// Whether a file that is not text names the program; a binary property list stores its letters plainly, or each after a 0.
fn names_program(path: &Path) -> bool {
    swap::bytes(path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).replace('\0', "").contains(PROGRAM))
}

/// Whether a skill or command is the tool's: it has the tool's name for it, or calls the program.
fn is_of_tool(path: &Path, text: &str) -> bool {
    text.contains(PROGRAM) && (has_name(path, &SKILLS) || text.lines().any(is_call))
}

/// Whether a line calls the program with a word, and does not only mention it.
fn is_call(line: &str) -> bool {
    let Some((before, after)) = line.split_once(PROGRAM) else { return false };
    let starter = before.rsplit_once(char::is_whitespace).and_then(|(words, _)| words.split_whitespace().next_back());
    let name = starter.unwrap_or_default().rsplit(['/', '`', '(']).next().unwrap_or_default();
    let word = after.trim_start_matches(['"', '\'']).strip_prefix(' ').unwrap_or_default().trim_start();
    let is_name = word.starts_with(|c: char| c.is_ascii_lowercase());
    is_name
        && (name.starts_with("python")
            || word.starts_with("heartbeat")
            || word.split(' ').next().unwrap_or_default().contains('-'))
}

/// The name by which launchd knows an agent.
pub fn label(plist: &str) -> Option<String> {
    strings(plist.split_once("<key>Label</key>")?.1).next().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLIST: &str = "<dict>\n<key>Label</key>\n<string>com.claude.sessions-cleanup</string>\n<array>\
        <string>/usr/bin/python3</string><string>/Users/dev/.claude/dashboard/manage.py</string></array></dict>";

    #[test]
    fn a_mention_is_not_a_call() {
        for call in [
            "python3 ~/.claude/dashboard/manage.py overview",
            "Run `python3 \"$HOME/.claude/dashboard/manage.py\" list`",
            "~/.claude/dashboard/manage.py active-sessions",
        ] {
            assert!(is_call(call), "{call}");
        }
        let mention = "never call ~/.claude/dashboard/manage.py, use cs";
        assert!(!is_call(mention) && !is_call("~/.claude/dashboard/manage.py is old"));
        assert!(is_of_tool(Path::new("/x/session-end"), mention) && !is_of_tool(Path::new("/x/mine"), mention));
    }

    #[test]
    fn an_agent_is_the_tools_if_it_runs_its_program() {
        let runs = |text: &str| strings(text).any(is_program);
        assert!(runs(PLIST));
        assert_eq!(label(PLIST).as_deref(), Some("com.claude.sessions-cleanup"));
        for other in ["/src/dashboard/manage.py", "/Users/dev/my.claude/dashboard/manage.py", "echo"] {
            assert!(!runs(&PLIST.replace("/Users/dev/.claude/dashboard/manage.py", other)), "{other}");
        }
        assert_eq!(label("<string>a</string>"), None);
    }
}
