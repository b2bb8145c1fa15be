//! Owns the channels by which notices are sent: the user's own command, else a program of the system. For each it knows
//! how to pass texts so that they stay texts: no shell is started, and nothing from a record becomes part of a script,
//! an option or markup. Deliberately absent: running anything.

use crate::click::Jump;
use crate::notice::Notice;
use crate::template::Input;
use cli::programs::{is_program, on_path};
use cs_core::clock::Instant;
use std::path::{Path, PathBuf};

/// A channel (`notify.via`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The command if one is set, else the first program that the system has.
    Auto,
    Command,
    NotifySend,
    Osascript,
    TerminalNotifier,
    /// None: only `notify.handlers` get notices.
    None,
}

const ALL: [Channel; 6] = [
    Channel::Auto,
    Channel::Command,
    Channel::NotifySend,
    Channel::Osascript,
    Channel::TerminalNotifier,
    Channel::None,
];

/// The programs that a system may have, the best first.
const OF_SYSTEM: &[Channel] =
    if cfg!(target_os = "macos") { &[Channel::TerminalNotifier, Channel::Osascript] } else { &[Channel::NotifySend] };

/// The actions of a notice, of which notify-send prints the chosen one: a click on the notice, and its button.
pub const ACTIONS: [&str; 2] = ["default", "jump"];

/// Folders that may be missing in PATH: launchd's PATH does not contain Homebrew's.
const BESIDE_PATH: &[&str] = if cfg!(target_os = "macos") { &["/opt/homebrew/bin", "/usr/local/bin"] } else { &[] };

/// A script that shows its third argument, with its second as the title. The first argument is only there so that those
/// after it cannot be options: BSD's getopt(3) stops at the first word that is not an option.
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

    /// Its name; also the name of the program, unless it is `auto`, `command` or `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Auto => "auto",
            Channel::Command => "command",
            Channel::NotifySend => "notify-send",
            Channel::Osascript => "osascript",
            Channel::TerminalNotifier => "terminal-notifier",
            Channel::None => "none",
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
    /// The arguments of the user's command, and what it reads.
    args: Vec<String>,
    input: Input,
}

/// A program to be run.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub input: Vec<u8>,
}

impl ChannelProgram {
    /// Finds the program of the channel that is set; the error says how to get one. `command` is the user's own, empty
    /// for none.
    pub fn choose(channel: Channel, command: &[String]) -> Result<ChannelProgram, String> {
        let wanted = match channel {
            Channel::Auto if !command.is_empty() => &[Channel::Command],
            Channel::Auto => OF_SYSTEM,
            _ => std::slice::from_ref(&channel),
        };
        if wanted == [Channel::Command] {
            return ChannelProgram::of_command(command, Input::Json);
        }
        let found = wanted.iter().find_map(|channel| Some((*channel, find(channel.as_str())?)));
        let (channel, program) = found.ok_or_else(|| {
            let names: Vec<&str> = wanted.iter().map(|channel| channel.as_str()).collect();
            let names = names.join(" nor ");
            format!("no channel for notices: {names} is not on PATH; install it, or set notify.command in config.json")
        })?;
        Ok(ChannelProgram { channel, program, args: Vec::new(), input: Input::Json })
    }

    /// Finds the program of a command of the user's own.
    pub fn of_command(command: &[String], input: Input) -> Result<ChannelProgram, String> {
        let (program, args) = command.split_first().ok_or("the command is empty")?;
        let found = find(program).ok_or_else(|| command_not_found(program))?;
        Ok(ChannelProgram { channel: Channel::Command, program: found, args: args.to_vec(), input })
    }

    /// Returns the call that sends this notice, with a sound if there is one.
    pub fn call(&self, notice: &Notice, sound: Option<&str>, now: Instant) -> Call {
        let jump = Jump::of(notice).and_then(|jump| jump.command_line());
        let (title, body) = (notice.title.as_str(), notice.body.as_str());
        let (args, input) = match self.channel {
            Channel::Command | Channel::Auto | Channel::None => (self.args.clone(), self.input.of(notice, now)),
            Channel::NotifySend => (notify_send(title, body, sound), Vec::new()),
            Channel::Osascript => (osascript(title, body, sound), Vec::new()),
            Channel::TerminalNotifier => (terminal_notifier(notice, sound, jump), Vec::new()),
        };
        Call { program: self.program.clone(), args, input }
    }

    /// Returns the call that sends this notice with a button, prints its number, waits for the person, and prints one of
    /// [`ACTIONS`] if the person wants to go there; `None` if the program of this channel cannot do that.
    pub fn call_with_button(&self, notice: &Notice, sound: Option<&str>, now: Instant) -> Option<Call> {
        let mut call = Some(self.call(notice, sound, now)).filter(|_| self.channel == Channel::NotifySend)?;
        let actions = ACTIONS.map(|action| format!("--action={action}=Go there"));
        call.args.splice(0..0, actions.into_iter().chain(["--print-id".to_string()]));
        Some(call)
    }
}

/// The arguments of notify-send. The summary is plain text. The body is markup for the server that shows it, after
/// notify-send has replaced escapes with a backslash as in C (`g_strcompress`; libnotify, tools/notify-send.c).
fn notify_send(title: &str, body: &str, sound: Option<&str>) -> Vec<String> {
    let hint = sound.map(|sound| format!("--hint=string:sound-name:{sound}"));
    let body = body.replace('\\', "\\\\").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let options = ["--app-name=claude-sessions".to_string()].into_iter().chain(hint);
    options.chain(["--".to_string(), title.to_string(), body]).collect()
}

fn osascript(title: &str, body: &str, sound: Option<&str>) -> Vec<String> {
    let script = APPLE_SCRIPT.map(|word| match sound {
        Some(_) if word.starts_with("display ") => format!("{word} sound name (item 4 of argv)"),
        _ => word.to_string(),
    });
    script.into_iter().chain([title, body].into_iter().chain(sound).map(str::to_string)).collect()
}

/// The arguments of terminal-notifier. It reads values as property lists (`[`, `(`, `{`, `<`, `"` begin one) or as
/// options (`-`), unless they begin with a backslash, which it removes (terminal-notifier, AppDelegate.m).
fn terminal_notifier(notice: &Notice, sound: Option<&str>, jump: Option<String>) -> Vec<String> {
    let group = match notice.subjects() {
        [one] if one.session_id.is_empty() => one.key(),
        [one] => one.session_id.as_str(),
        _ => "several",
    };
    let text = |text: &str| format!("\\{text}");
    let words = ["-title", &text(&notice.title), "-message", &text(&notice.body), "-group", &text(group)];
    let sound = sound.into_iter().flat_map(|sound| ["-sound".to_string(), sound.to_string()]);
    let jump = jump.into_iter().flat_map(|command| ["-execute".to_string(), command]);
    words.map(str::to_string).into_iter().chain(sound).chain(jump).collect()
}

fn command_not_found(program: &str) -> String {
    format!("cannot run notify.command {program:?}: {}", why_not(program))
}

/// Why a program that somebody named cannot be found.
pub fn why_not(program: &str) -> &'static str {
    match program {
        _ if program.starts_with('~') => "no shell expands ~; write the whole path",
        _ if program.contains('/') && !program.starts_with('/') => "write the whole path",
        _ if program.contains('/') => "there is no such program",
        _ => "it is not on PATH; write the whole path",
    }
}

/// Finds the file of a program, by its path or by its name on PATH. Relative paths are refused: they would mean another
/// program in every directory.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_absolute() && is_program(path));
    }
    let beside = || BESIDE_PATH.iter().map(|folder| Path::new(folder).join(program)).find(|path| is_program(path));
    on_path(program).or_else(beside)
}
