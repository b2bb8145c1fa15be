//! Owns the channels by which notices are sent: the user's own command, else what the system has. For each it knows
//! how texts are handed over so that they stay texts: no shell is started, nothing from a record becomes part of a
//! script, an option or markup. Deliberately absent: running anything.

use crate::notice::Notice;
use cli::programs::{is_program, on_path};
use cli::{Failure, Outcome};
use cs_core::clock::Instant;
use std::path::{Path, PathBuf};

/// A channel (`notify.via`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The command if there is one, else the first that the system has.
    Auto,
    Command,
    NotifySend,
    Osascript,
    TerminalNotifier,
}

const ALL: [Channel; 5] =
    [Channel::Auto, Channel::Command, Channel::NotifySend, Channel::Osascript, Channel::TerminalNotifier];

/// What a system has, the best first.
const OF_SYSTEM: &[Channel] =
    if cfg!(target_os = "macos") { &[Channel::TerminalNotifier, Channel::Osascript] } else { &[Channel::NotifySend] };

/// Where programs are that PATH may lack: launchd's knows nothing of Homebrew.
const BESIDE_PATH: &[&str] = if cfg!(target_os = "macos") { &["/opt/homebrew/bin", "/usr/local/bin"] } else { &[] };

/// Says what its second and third argument are. The first is there so that what follows it can be no
/// option: getopt(3) of BSD stops at the first word that is none.
const APPLE_SCRIPT: [&str; 7] = [
    "-e",
    "on run argv",
    "-e",
    "display notification (item 3 of argv) with title (item 2 of argv)",
    "-e",
    "end run",
    "claude-sessions",
];

impl Channel {
    /// The channel of this name.
    pub fn parse(word: &str) -> Option<Channel> {
        ALL.into_iter().find(|channel| channel.as_str() == word)
    }

    /// Its name; for what is a program also the program's.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Auto => "auto",
            Channel::Command => "command",
            Channel::NotifySend => "notify-send",
            Channel::Osascript => "osascript",
            Channel::TerminalNotifier => "terminal-notifier",
        }
    }

    /// All names.
    pub fn words() -> String {
        ALL.map(Channel::as_str).join(", ")
    }
}

/// The channel in use, and its program.
#[derive(Debug)]
pub struct ChannelProgram {
    pub channel: Channel,
    pub program: PathBuf,
    /// Of the user's command.
    args: Vec<String>,
}

/// A program to be run.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub input: Vec<u8>,
}

impl ChannelProgram {
    /// Finds the channel that is set and that the system has; the error says how to get one. `command` is the user's
    /// own, empty for none.
    pub fn choose(channel: Channel, command: &[String]) -> Outcome<ChannelProgram> {
        let wanted = match channel {
            Channel::Auto if !command.is_empty() => &[Channel::Command],
            Channel::Auto => OF_SYSTEM,
            _ => std::slice::from_ref(&channel),
        };
        if let ([Channel::Command], [program, args @ ..]) = (wanted, command) {
            let found = find(program).ok_or_else(|| no_command(program))?;
            return Ok(ChannelProgram { channel: Channel::Command, program: found, args: args.to_vec() });
        }
        let found = wanted.iter().find_map(|channel| Some((*channel, find(channel.as_str())?)));
        let (channel, program) = found.ok_or_else(|| {
            let names: Vec<&str> = wanted.iter().map(|channel| channel.as_str()).collect();
            let names = names.join(" nor ");
            Failure::Nothing(format!(
                "no channel for notices: {names} is not on PATH; install it, or set notify.command in config.json"
            ))
        })?;
        Ok(ChannelProgram { channel, program, args: Vec::new() })
    }

    /// The channel for people.
    pub fn describe(&self) -> String {
        format!("{} ({})", self.channel.as_str(), self.program.display())
    }

    /// What to run to send this notice.
    pub fn call(&self, notice: &Notice, now: Instant) -> Call {
        let (title, body) = (notice.title.as_str(), notice.body.as_str());
        let (args, input) = match self.channel {
            Channel::Command | Channel::Auto => (self.args.clone(), event_line(notice, now)),
            Channel::NotifySend => (notify_send(title, body), Vec::new()),
            Channel::Osascript => (osascript(title, body), Vec::new()),
            Channel::TerminalNotifier => (terminal_notifier(notice), Vec::new()),
        };
        Call { program: self.program.clone(), args, input }
    }
}

fn event_line(notice: &Notice, now: Instant) -> Vec<u8> {
    let mut line = serde_json::to_vec(&notice.event(now)).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The summary is plain text. The body is markup for the server that shows it, after notify-send
/// has replaced what follows a backslash as C does (`g_strcompress`; libnotify, tools/notify-send.c).
fn notify_send(title: &str, body: &str) -> Vec<String> {
    let body = body.replace('\\', "\\\\").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    vec!["--app-name=claude-sessions".into(), "--".into(), title.into(), body]
}

fn osascript(title: &str, body: &str) -> Vec<String> {
    APPLE_SCRIPT.into_iter().chain([title, body]).map(str::to_string).collect()
}

/// Its values are read as property lists (`[`, `(`, `{`, `<`, `"` begin one) or as options (`-`). It
/// takes away one leading backslash, after which anything is text (terminal-notifier, AppDelegate.m).
fn terminal_notifier(notice: &Notice) -> Vec<String> {
    let group = match notice.subjects() {
        [one] => one.session_id.as_str(),
        _ => "several",
    };
    let text = |text: &str| format!("\\{text}");
    let words = ["-title", &text(&notice.title), "-message", &text(&notice.body), "-group", &text(group)];
    words.map(str::to_string).into()
}

fn no_command(program: &str) -> Failure {
    let why = match program {
        _ if program.starts_with('~') => "no shell runs it, so write the whole path instead of ~",
        _ if program.contains('/') && !program.starts_with('/') => "write the whole path",
        _ if program.contains('/') => "there is no such program",
        _ => "it is not on PATH; write the whole path",
    };
    Failure::Nothing(format!("cannot run notify.command {program:?}: {why}"))
}

/// The file of a program: by its path, or by its name on PATH. A relative path would mean another program
/// in every directory.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_absolute() && is_program(path));
    }
    let beside = || BESIDE_PATH.iter().map(|folder| Path::new(folder).join(program)).find(|path| is_program(path));
    on_path(program).or_else(beside)
}
