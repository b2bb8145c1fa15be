//! Owns the values that are offered for an option or a word: sets that its description lists, times, and the sessions,
//! projects and leases that exist, which other programs list, and names in the configuration.

use crate::find;
use cs_core::config::Config;
use cs_core::file;
use cs_core::paths::Home;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Stands for the names of files.
pub const FILES: &str = ":files";
/// Stands for the names of folders.
pub const FOLDERS: &str = ":folders";
/// Texts that are often meant by `--since` and `--until`.
const TIMES: [(&str, &str); 7] = [
    ("today", "from midnight on"),
    ("yesterday", "the day before today"),
    ("monday", "the latest Monday"),
    ("12h", "12 hours ago"),
    ("7d", "a week ago"),
    ("1mo", "a month ago"),
    ("1y", "a year ago"),
];
/// Sessions that are looked at, the newest ones; and how many of them are offered.
const NEWEST: &str = "200";
const OFFERED: usize = 50;
/// Whether a command takes a session.
type Rule = fn(&Session) -> bool;
/// Commands that act on some sessions only: the command, and the sessions that it takes.
const TAKEN: [(&str, Rule); 5] = [
    ("park", |session| session.status == "active"),
    ("complete", |session| session.status != "completed"),
    ("jump", |session| session.reach == "jump"),
    ("open", |session| session.reach == "open"),
    ("resume", |session| session.status != "active"),
];
/// The command that takes deleted sessions.
const RESTORE: &str = "restore";
/// Digits at the end of an id that name it alone.
const DIGITS: usize = 4;

/// A word that a shell may put in.
#[derive(Debug, PartialEq)]
pub struct Candidate {
    word: String,
    about: String,
}

impl Candidate {
    /// A word, and what it is.
    pub fn new(word: &str, about: &str) -> Self {
        Candidate { word: word.into(), about: about.into() }
    }

    /// Whether it continues what was typed, and no shell sees more than a word in it.
    pub fn fits(&self, typed: &str) -> bool {
        let is_plain = self.word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/@+-".contains(&b));
        is_plain && self.word.starts_with(typed) || [FILES, FOLDERS].contains(&self.word.as_str())
    }

    /// The line for the shell: no control character in it has an effect.
    pub fn line(&self) -> String {
        let about = cli::sanitize(&self.about);
        if about.is_empty() { self.word.clone() } else { format!("{}\t{about}", self.word) }
    }
}

/// Where a value is asked for: the program, and its command.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub program: &'a str,
    pub command: &'a str,
}

/// Programs whose commands act on agents in seats and on their messages.
const AGENTS: &str = "cs-agent";
const MESSAGES: &str = "cs-message";

/// The program that counts, and what it calls the accounts in the agents' default folders.
const USAGE: &str = "cs-usage";
const DEFAULT: &str = "default";

/// The values of an option or a word of a command, by its name and its description.
pub fn values(place: Place, name: &str, about: &str, typed: &str) -> Vec<Candidate> {
    let Place { program, command } = place;
    let is_of_agents = [AGENTS, MESSAGES].contains(&program);
    match name {
        "agent" if about.starts_with("the client") => words(about),
        "agent" | "to" | "from" if is_of_agents => agents(command),
        "name" if program == AGENTS && command == "name" => agents(command),
        "id" if program == MESSAGES => messages(),
        "project" | "slug" => projects(),
        "id" if about.contains("projects") => sessions(command, typed).into_iter().chain(projects()).collect(),
        "id" => sessions(command, typed),
        "since" | "until" => TIMES.iter().map(|(word, about)| Candidate::new(word, about)).collect(),
        "lease" => leases(),
        "window" => windows(about),
        "account" => accounts(program),
        "path" if about.contains("file") => vec![Candidate::new(FILES, "")],
        "repo" | "path" | "worktree" | "old" | "new" | "output-dir" | "into" => vec![Candidate::new(FOLDERS, "")],
        "output" | "template" | "token-file" | "file" | "sqlite" => vec![Candidate::new(FILES, "")],
        _ => words(about),
    }
}

/// The words that a description lists, as candidates.
fn words(about: &str) -> Vec<Candidate> {
    set(about).into_iter().map(|word| Candidate::new(word, "")).collect()
}

/// The words that a description lists: `only this status: active, parked or completed`.
fn set(about: &str) -> Vec<&str> {
    let clause = about.split([';', '(']).next().unwrap_or_default().trim();
    let list = clause.split_once(": ").map_or(clause, |(_, list)| list);
    let Some((first, last)) = list.rsplit_once(" or ") else { return Vec::new() };
    let words: Vec<&str> = first.split(", ").chain([last]).collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if words.iter().all(is_word) { words } else { Vec::new() }
}

/// A line of `cs-session list`, or of `cs-session restore --list`, which has no state.
#[derive(Deserialize)]
struct Session {
    session_id: String,
    status: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    reach: String,
    intent: String,
}

impl Session {
    fn about(&self) -> String {
        format!("{}: {}", self.state.as_ref().unwrap_or(&self.status), self.intent)
    }
}

/// A line of `cs-project list`.
#[derive(Deserialize)]
struct Project {
    slug: String,
    #[serde(default)]
    name: Option<String>,
}

/// The newest sessions that a command takes, by the short form of their ids, unless a long one was begun.
fn sessions(command: &str, typed: &str) -> Vec<Candidate> {
    let list: &[&str] =
        if command == RESTORE { &[RESTORE, "--list", "--json"] } else { &["list", "--json", "--limit", NEWEST] };
    let mut found: Vec<Session> = ask("cs-session", list);
    if command == RESTORE {
        // The oldest comes first there.
        found.reverse();
    }
    let rule = TAKEN.iter().find(|(name, _)| *name == command);
    let is_taken = |session: &&Session| rule.is_none_or(|(_, takes)| takes(session));
    let is_long = typed.len() > DIGITS || typed.starts_with('s');
    let candidate = |session: &Session| {
        let id = session.session_id.as_str();
        let short = id.get(id.len().saturating_sub(DIGITS)..).filter(|_| !is_long).unwrap_or(id);
        let is_unique = found.iter().filter(|other| other.session_id.ends_with(short)).count() == 1;
        Candidate::new(if is_unique { short } else { id }, &session.about())
    };
    found.iter().filter(is_taken).take(OFFERED).map(candidate).collect()
}

fn projects() -> Vec<Candidate> {
    let found: Vec<Project> = ask("cs-project", &["list", "--json"]);
    found.iter().map(|project| Candidate::new(&project.slug, project.name.as_deref().unwrap_or_default())).collect()
}

/// A line of `cs-lease list`.
#[derive(Deserialize)]
struct Lease {
    id: String,
    paths: Vec<String>,
}

/// The leases of the project.
fn leases() -> Vec<Candidate> {
    let found: Vec<Lease> = ask("cs-lease", &["list", "--json"]);
    found.iter().map(|lease| Candidate::new(&lease.id, &lease.paths.join(", "))).collect()
}

/// A line of `cs-limits`.
#[derive(Deserialize)]
struct Limit {
    /// The account's name or hash; none for the default one without a name.
    #[serde(default)]
    account: Option<String>,
    window: String,
    says: String,
}

/// The windows of limits: those that were reported, else those that clients are known to report.
fn windows(about: &str) -> Vec<Candidate> {
    let mut found: Vec<Limit> = ask("cs-limits", &["now", "--json"]);
    found.sort_by(|one, two| one.window.cmp(&two.window));
    found.dedup_by(|one, two| one.window == two.window);
    let reported = found.iter().map(|limit| Candidate::new(&limit.window, &limit.says)).collect();
    if found.is_empty() { words(about) } else { reported }
}

/// The accounts whose limits were reported, and for usage, which has more than them, those that have a name.
fn accounts(program: &str) -> Vec<Candidate> {
    let reported: Vec<Limit> = ask("cs-limits", &["now", "--json"]);
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    if program == USAGE {
        found.insert(DEFAULT.into(), "without a name".into());
        found.extend(named_accounts());
    }
    for Limit { account, says, .. } in reported {
        found.entry(account.unwrap_or_else(|| DEFAULT.into())).or_insert(says);
    }
    found.iter().map(|(name, about)| Candidate::new(name, about)).collect()
}

/// The accounts that `config.json` names, with their folders.
fn named_accounts() -> Vec<(String, String)> {
    let group = Home::from_env().ok().and_then(|home| {
        let path = home.config();
        let bytes = file::read(&path).ok()??;
        Config::read(&path, &bytes).group("accounts")
    });
    let all = group.as_ref().and_then(|group| group.as_object()).into_iter().flatten();
    all.filter_map(|(name, folder)| Some((name.clone(), folder.as_str()?.to_string()))).collect()
}

/// A line of `cs-agent list`.
#[derive(Deserialize)]
struct Agent {
    agent_id: String,
    name: String,
    state: String,
}

/// The agents that a command takes: those that run, or for `restore` those that have ended. A name that a shell would
/// not take as one word, or that two agents have, is replaced by the id.
fn agents(command: &str) -> Vec<Candidate> {
    let list: &[&str] = if command == RESTORE { &["list", "--all", "--json"] } else { &["list", "--json"] };
    let found: Vec<Agent> = ask(AGENTS, list);
    let has_ended = |agent: &&Agent| ["ended", "killed", "gone"].contains(&agent.state.as_str());
    let is_taken = |agent: &&Agent| command != RESTORE || has_ended(agent);
    let candidate = |agent: &Agent| {
        let named = Candidate::new(&agent.name, &agent.state);
        let is_unique = found.iter().filter(|other| other.name == agent.name).count() == 1;
        if is_unique && named.fits("") { named } else { Candidate::new(&agent.agent_id, &agent.state) }
    };
    found.iter().filter(is_taken).rev().take(OFFERED).map(candidate).collect()
}

/// A line of `cs-message list`.
#[derive(Deserialize)]
struct Message {
    id: String,
    state: String,
    text: String,
}

/// The newest messages.
fn messages() -> Vec<Candidate> {
    let found: Vec<Message> = ask(MESSAGES, &["list", "--json"]);
    let about = |message: &Message| format!("{}: {}", message.state, message.text);
    found.iter().rev().take(OFFERED).map(|message| Candidate::new(&message.id, &about(message))).collect()
}

/// The lines that a program prints; those that cannot be understood are left out.
fn ask<T: DeserializeOwned>(program: &str, words: &[&str]) -> Vec<T> {
    let printed = find::printed(program, words).unwrap_or_default();
    printed.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_what_a_description_lists() {
        assert_eq!(set("only this status: active, parked or completed"), ["active", "parked", "completed"]);
        assert_eq!(set("json or csv (default: from the file)"), ["json", "csv"]);
        assert_eq!(set("the new status: pending, in_progress or skipped; x"), ["pending", "in_progress", "skipped"]);
        for other in ["the old folder, or the project's short name", "what happened", "", "a port (80 or 81)"] {
            assert_eq!(set(other), [""; 0], "{other}");
        }
    }

    #[test]
    fn a_word_that_means_more_to_a_shell_is_not_offered() {
        for word in ["a$(x)", "a;x", "a b", "a\nb", "a`x`", "a'b", "a*", "a\u{1b}", "a\u{e9}"] {
            assert!(!Candidate::new(word, "").fits("a"), "{word:?}");
        }
        for word in ["a.b_c:/d@e+f-1", ":files"] {
            assert!(Candidate::new(word, "").fits(""), "{word}");
        }
    }

    #[test]
    fn a_line_has_no_second_line() {
        assert_eq!(Candidate::new("ca5d", "a\nb\tc\u{1b}").line(), "ca5d\ta b c\u{fffd}");
        assert_eq!(Candidate::new("x", "").line(), "x");
    }
}
