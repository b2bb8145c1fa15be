//! Owns the commands that a person writes in a chat: their words, what follows them, and who may use them. Must stay true:
//! names and texts are data; a text that begins like a command and is none is never taken for a message.

use crate::role::Role;
use std::time::Duration;

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `/list [PROJECT|TAG]`, `/status`: what needs the person first.
    List(Option<String>),
    /// `/what NAME`, `/summary NAME`.
    What(String),
    /// `/message NAME`: the last answer, whole.
    Message(String),
    /// `/send NAME TEXT`.
    Send(String, String),
    /// `/new PROJECT TEXT`, `/new TEMPLATE [TEXT]`.
    New(String, String),
    /// `/name NAME NEW`.
    Name(String, String),
    /// `/interrupt NAME`.
    Interrupt(String),
    /// `/park NAME REASON`.
    Park(String, String),
    /// `/done NAME OUTCOME`.
    Done(String, String),
    /// `/follow NAME`.
    Follow(String),
    /// `/kill NAME`.
    Kill(String),
    /// `/quiet 2h`, `/quiet off`, `/quiet`.
    Quiet(Span),
    /// `/usage`.
    Usage,
    /// `/limits`.
    Limits,
    /// `/help`, `/start`.
    Help,
    /// A text for the one whose topic it stands in or whose notice it answers.
    Text(String),
}

/// For how long only what is loud is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Asked, not set.
    Asked,
    /// No longer.
    Off,
    /// So long.
    For(Duration),
}

/// A command in the list that a chat shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its word, without the slash.
    pub word: &'static str,
    /// What follows it.
    pub args: &'static str,
    /// What it does.
    pub does: &'static str,
    /// Who may use it.
    pub role: Role,
}

const fn entry(word: &'static str, args: &'static str, does: &'static str, role: Role) -> Entry {
    Entry { word, args, does, role }
}

/// All commands, the only table of them.
pub const MENU: [Entry; 17] = [
    entry("list", "[PROJECT|TAG]", "what needs you first, then who works, and what is parked", Role::View),
    entry("status", "", "the same as /list", Role::View),
    entry("what", "NAME", "what it is at", Role::View),
    entry("summary", "NAME", "the same as /what", Role::View),
    entry("message", "NAME", "its last answer, whole", Role::View),
    entry("usage", "", "what today cost", Role::View),
    entry("limits", "", "how much of the limits is used", Role::View),
    entry("send", "NAME TEXT", "a message to it; so is an answer to a notice, or a text in a topic", Role::Interact),
    entry("park", "NAME REASON", "park a session", Role::Interact),
    entry("done", "NAME OUTCOME", "complete a session", Role::Interact),
    entry("new", "PROJECT TEXT", "start an agent with this prompt", Role::Admin),
    entry("name", "NAME NEW", "rename an agent", Role::Admin),
    entry("interrupt", "NAME", "interrupt its turn", Role::Admin),
    entry("follow", "NAME", "this topic is for it from now on", Role::Admin),
    entry("kill", "NAME", "end an agent; asks once more", Role::Admin),
    entry("quiet", "[2h|off]", "tell only what waits or failed", Role::Admin),
    entry("help", "", "these commands", Role::View),
];

/// The longest time of `/quiet`.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

impl Command {
    /// Who may use it.
    pub fn role(&self) -> Role {
        match self {
            Command::Text(_) => Role::Interact,
            other => MENU.iter().find(|entry| entry.word == other.word()).map_or(Role::Admin, |entry| entry.role),
        }
    }

    /// Its word, without the slash; empty for a text.
    pub fn word(&self) -> &'static str {
        match self {
            Command::List(_) => "list",
            Command::What(_) => "what",
            Command::Message(_) => "message",
            Command::Send(..) => "send",
            Command::New(..) => "new",
            Command::Name(..) => "name",
            Command::Interrupt(_) => "interrupt",
            Command::Park(..) => "park",
            Command::Done(..) => "done",
            Command::Follow(_) => "follow",
            Command::Kill(_) => "kill",
            Command::Quiet(_) => "quiet",
            Command::Usage => "usage",
            Command::Limits => "limits",
            Command::Help => "help",
            Command::Text(_) => "",
        }
    }
}

/// Reads what a person wrote; an error says what to write instead. `bot` is the bot's name: in a group a command may be
/// addressed (`/list@our_bot`), and one for another bot is none of ours (`None`).
pub fn parse(text: &str, bot: &str) -> Option<Result<Command, String>> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix('/') else { return Some(Ok(Command::Text(text.to_string()))) };
    let (head, args) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(head, args)| (head, args.trim()));
    let word = match head.split_once('@') {
        Some((_, to)) if !bot.is_empty() && !to.eq_ignore_ascii_case(bot) => return None,
        Some((word, _)) => word,
        None => head,
    };
    Some(command(&word.to_ascii_lowercase(), args))
}

fn command(word: &str, args: &str) -> Result<Command, String> {
    let (first, rest) = args.split_once(char::is_whitespace).map_or((args, ""), |(first, rest)| (first, rest.trim()));
    let (first, rest) = (first.to_string(), rest.to_string());
    let one = |make: fn(String) -> Command| if args.is_empty() { Err(usage(word)) } else { Ok(make(args.to_string())) };
    let two = |make: fn(String, String) -> Command| match rest.is_empty() {
        true => Err(usage(word)),
        false => Ok(make(first.clone(), rest.clone())),
    };
    match word {
        "list" | "status" => Ok(Command::List(Some(args.to_string()).filter(|args| !args.is_empty()))),
        "what" | "summary" => one(Command::What),
        "message" => one(Command::Message),
        "send" => two(Command::Send),
        "new" if first.is_empty() => Err(usage(word)),
        "new" => Ok(Command::New(first, rest)),
        "name" => two(Command::Name),
        "interrupt" => one(Command::Interrupt),
        "park" => two(Command::Park),
        "done" => two(Command::Done),
        "follow" => one(Command::Follow),
        "kill" => one(Command::Kill),
        "quiet" => span(args).map(Command::Quiet).ok_or_else(|| usage(word)),
        "usage" => Ok(Command::Usage),
        "limits" => Ok(Command::Limits),
        "help" | "start" => Ok(Command::Help),
        _ => Err(format!("There is no command /{word}. /help lists them; /send NAME /{word} … sends it as a text.")),
    }
}

fn usage(word: &str) -> String {
    let entry = MENU.iter().find(|entry| entry.word == word);
    entry.map_or_else(String::new, |entry| format!("Write /{} {}: {}.", entry.word, entry.args, entry.does))
}

/// Reads a time such as `90s`, `30m`, `2h`, `1d`.
fn span(text: &str) -> Option<Span> {
    match text {
        "" => return Some(Span::Asked),
        "off" | "0" => return Some(Span::Off),
        _ => {}
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let each = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(each).filter(|seconds| *seconds > 0)?;
    Some(Span::For(Duration::from_secs(seconds).min(LONGEST)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Command, String> {
        parse(text, "our_bot").unwrap()
    }

    #[test]
    fn names_and_texts_are_data() {
        let hostile = "$(touch x) `id` --help\n!ls; /quit";
        assert_eq!(read(&format!("/send api {hostile}")), Ok(Command::Send("api".into(), hostile.into())));
        assert_eq!(read("/what --help"), Ok(Command::What("--help".into())));
        assert_eq!(read("  fine, go on "), Ok(Command::Text("fine, go on".into())));
        assert_eq!(read("/new api"), Ok(Command::New("api".into(), String::new())));
        assert_eq!(read("/LIST@Our_Bot web"), Ok(Command::List(Some("web".into()))));
        assert_eq!(parse("/list@other_bot", "our_bot"), None);
    }

    #[test]
    fn what_is_no_command_is_not_sent() {
        for text in ["/quit", "/", "/ x", "/send", "/send api", "/park api", "/kill", "/quiet soon", "/new"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("/quit").unwrap_err().contains("/send NAME /quit"));
    }

    #[test]
    fn times_are_read() {
        let quiet = |text: &str| read(&format!("/quiet {text}"));
        assert_eq!(quiet("2h"), Ok(Command::Quiet(Span::For(Duration::from_secs(7200)))));
        assert_eq!(quiet(""), Ok(Command::Quiet(Span::Asked)));
        assert_eq!(quiet("off"), Ok(Command::Quiet(Span::Off)));
        assert_eq!(quiet("99999d"), Ok(Command::Quiet(Span::For(LONGEST))));
    }

    #[test]
    fn each_command_stands_in_the_table_with_its_role() {
        for entry in MENU {
            let args = if entry.args.is_empty() { "" } else { " 2h x" };
            let args = if entry.word == "quiet" { " 2h" } else { args };
            let got = read(&format!("/{}{args}", entry.word)).unwrap();
            assert_eq!(got.role(), entry.role, "{}", entry.word);
        }
        assert_eq!(Command::Text("x".into()).role(), Role::Interact);
    }
}
