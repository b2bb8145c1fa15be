//! Names what other tools run beside ours, and what they left behind. Nothing here is wrong with our recording, so each
//! is a remark or an offer, and nothing of others is ever changed. Of a command only the program's name is shown, because
//! the rest may contain secrets.

use super::Check;
use crate::document::Document;
use crate::entries;
use crate::migrate::{self, Remains};
use crate::others;
use crate::places::{Places, set};
use crate::wrapped;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The names of the checks.
const BESIDE: &str = "beside";
const LEFT: &str = "left over";
/// The events of a turn, for which a program of others costs time at each one.
const TURN: [&str; 4] = ["UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"];
/// Words in commands of tools that are known by another name.
const KNOWN: [(&str, &str); 2] = [
    ("send_event.py", "claude-code-hooks-multi-agent-observability"),
    ("@owloops/claude-powerline", "claude-powerline"),
];
/// Words that only start the program that follows them.
const STARTERS: [&str; 16] = [
    "npx", "bunx", "bun", "node", "deno", "uv", "uvx", "run", "x", "exec", "env", "sh", "bash", "python", "python3",
    "pnpm",
];
/// Options of those that have no value.
const FLAGS: [&str; 2] = ["-y", "--yes"];

/// Returns the findings.
pub fn check(places: &Places) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Ok(document) = Document::read(&places.settings()) {
        checks.extend(beside(&document.value));
        checks.extend(gone(&document.value, places));
    }
    checks.extend(of_python(places));
    checks.extend(agents(places));
    checks.extend(data(places));
    checks
}

/// The commands of others, each with its event.
fn foreign(settings: &Value) -> Vec<(String, String)> {
    let command = |handler: &Value| -> Option<String> {
        let is_known = entries::namesake_of(handler).is_some() || others::command_of(handler).is_some();
        let command = handler.get("command")?.as_str().filter(|_| !is_known)?;
        let args = handler.get("args").and_then(Value::as_array);
        let args = args.into_iter().flatten().filter_map(Value::as_str);
        Some(std::iter::once(command).chain(args).collect::<Vec<_>>().join(" "))
    };
    let mut found = Vec::new();
    for (event, groups) in settings.get("hooks").and_then(Value::as_object).into_iter().flatten() {
        let handlers = groups.as_array().into_iter().flatten().filter_map(|group| group.get("hooks")?.as_array());
        found.extend(handlers.flatten().filter_map(command).map(|command| (event.clone(), command)));
    }
    found
}

/// What runs at each turn besides our programs.
fn beside(settings: &Value) -> Option<Check> {
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    let line = settings.get("statusLine").and_then(|line| line.get("command")?.as_str());
    let line = line.and_then(wrapped::theirs).map(|command| ("the status line".to_string(), command));
    let hooks = foreign(settings).into_iter().filter(|(event, _)| TURN.contains(&event.as_str()));
    for (event, command) in hooks.chain(line) {
        let name = name_of(&command);
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, events)) if events.contains(&event) => {}
            Some((_, events)) => events.push(event),
            None => named.push((name, vec![event])),
        }
    }
    let shown: Vec<String> = named.iter().map(|(name, events)| format!("{name} ({})", events.join(", "))).collect();
    let detail = format!("also runs at each turn, and is left alone: {}", shown.join("; "));
    (!shown.is_empty()).then(|| Check::good(BESIDE, detail))
}

/// The name of the program that a command runs.
fn name_of(command: &str) -> String {
    if let Some((_, name)) = KNOWN.iter().find(|(word, _)| command.contains(word)) {
        return (*name).to_string();
    }
    match word_of(command) {
        Ok(word) => {
            let word = word.trim_matches(['\'', '"']);
            let name = base(word);
            // `ccusage@latest`, but not `@owner/name`.
            name.split('@').find(|part| !part.is_empty()).unwrap_or(name).to_string()
        }
        Err(Some(starter)) => format!("a command of {starter}"),
        Err(None) => "a command".into(),
    }
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The word of a command that names its program. The error is the word that starts it, if what follows cannot be told
/// from the value of an option, or from a part of a quoted text: those may be secrets.
fn word_of(command: &str) -> Result<&str, Option<&str>> {
    let mut starter = None;
    for word in command.split_whitespace() {
        let name = base(word.trim_matches(['\'', '"']));
        let is_whole = ['\'', '"'].iter().all(|quote| word.matches(*quote).count() % 2 == 0) && !word.contains('\\');
        let is_setting = word.contains('=');
        match () {
            () if STARTERS.contains(&name) => starter = starter.or(Some(name)),
            () if !is_whole || word.contains("://") => return Err(starter),
            () if word.starts_with('-') && !is_setting && !FLAGS.contains(&word) => return Err(starter),
            () if word.starts_with('-') || is_setting => {}
            () => return Ok(word),
        }
    }
    Err(starter)
}

/// Hooks of others whose program is gone: the client shows an error each time.
fn gone(settings: &Value, places: &Places) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for (event, command) in foreign(settings) {
        let Some(path) = program_of(&command, &places.user).filter(|path| !path.exists()) else { continue };
        let detail = format!("a hook for {event} runs {}, which is gone", path.display());
        if !checks.iter().any(|check| check.detail == detail) {
            checks.push(Check::offer(LEFT, detail, format!("remove it from {}", places.settings().display())));
        }
    }
    checks
}

/// The file that a command runs, if the command names one in a way that needs no shell to understand.
fn program_of(command: &str, user: &Path) -> Option<PathBuf> {
    let word = word_of(command).ok()?;
    let quoted = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    let word = quoted('\'').or_else(|| quoted('"')).unwrap_or(word);
    let in_home = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|home| word.strip_prefix(home));
    let is_plain =
        |path: &str| !path.is_empty() && !path.contains(['$', '`', '*', '?', '{', ';', '|', '&', '\\', '\'', '"']);
    match in_home {
        Some(path) => is_plain(path).then(|| user.join(path)),
        None => (word.starts_with('/') && is_plain(word)).then(|| PathBuf::from(word)),
    }
}

/// What the Python tool left besides its hook, which has a check of its own.
fn of_python(places: &Places) -> Vec<Check> {
    let Ok(remains) = Remains::find(places) else { return Vec::new() };
    let paths: Vec<String> = remains.pieces.iter().map(|piece| piece.path.display().to_string()).collect();
    let mut checks = Vec::new();
    if !paths.is_empty() {
        let detail = format!("the Python tool is still used by {}", paths.join(", "));
        checks.push(Check::offer(LEFT, detail, "cs-setup migrate moves this aside, and can put it back"));
    }
    let suspects: Vec<String> = remains.suspects.iter().map(|path| path.display().to_string()).collect();
    if !suspects.is_empty() {
        let detail = format!("these name the Python tool, and may run it: {}", suspects.join(", "));
        checks.push(Check::offer(LEFT, detail, "look at them; cs-setup migrate leaves them alone"));
    }
    let inside = migrate::in_projects(places).into_iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    if !inside.is_empty() {
        let detail = format!("files of projects run the Python tool: {}", inside.join(", "));
        checks.push(Check::offer(LEFT, detail, "change or remove them there"));
    }
    checks
}

/// Launchd agents, of ours or of the Python tool, whose program is gone.
fn agents(places: &Places) -> Vec<Check> {
    let is_known = |label: &str| label.starts_with("claude-sessions.") || label.starts_with("com.claude.sessions-");
    let mut checks = Vec::new();
    for path in migrate::children(&places.user.join("Library/LaunchAgents")) {
        let Some(text) = migrate::text_of(&path) else { continue };
        if !migrate::label(&text).is_some_and(|label| is_known(&label)) {
            continue;
        }
        let words = text.split_once("<key>ProgramArguments</key>").and_then(|(_, rest)| rest.split_once("</array>"));
        let words = words.map(|(words, _)| words).unwrap_or_default();
        let is_file = |(n, word): &(usize, &str)| word.starts_with('/') && (*n == 0 || word.ends_with("/manage.py"));
        let files = migrate::strings(words).enumerate().filter(is_file).map(|(_, word)| word);
        if let Some(gone) = files.map(Path::new).find(|file| !file.exists()) {
            let detail = format!("{} starts {}, which is gone", path.display(), gone.display());
            let fix =
                format!("launchctl bootout gui/$(id -u) {0}; rm {0}", entries::shell_word(&path.to_string_lossy()));
            checks.push(Check::offer(LEFT, detail, fix));
        }
    }
    checks
}

/// Records that are not read, and what was moved aside.
fn data(places: &Places) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some((folder, count)) = migrate::unread(places) {
        let sessions = render::format_quantity(count, "session");
        let ours = places.data.root().display();
        let detail = format!("{sessions} in {} are not read: the data directory is {ours}", folder.display());
        let name = if set("CS_HOME").is_some() { "CS_HOME" } else { "CLAUDE_CONFIG_DIR" };
        checks.push(Check::offer(LEFT, detail, format!("unset {name}, or move them there while nothing runs")));
    }
    let replaced = migrate::folders(places).unwrap_or_default();
    if let Some(newest) = replaced.first() {
        let detail = format!("what cs-setup migrate moved aside is in {}", newest.display());
        checks.push(Check::offer(LEFT, detail, "cs-setup migrate --undo puts it back; remove the folder to forget it"));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_after_the_program_that_it_runs() {
        for (command, name) in [
            ("npx -y ccusage@latest statusline", "ccusage"),
            ("bun x ccusage statusline", "ccusage"),
            ("npx -y @owloops/claude-powerline@latest --style=powerline", "claude-powerline"),
            ("bunx ccstatusline@latest", "ccstatusline"),
            ("uv run /x/.claude/hooks/send_event.py --token abc", "claude-code-hooks-multi-agent-observability"),
            ("TOKEN=abc ~/bin/notify.sh --loud", "notify.sh"),
            ("/usr/bin/env python3 '/opt/monitor/hook.py'", "hook.py"),
            ("npx --token s3cret tool", "a command of npx"),
            ("npx --token=s3cret tool", "tool"),
            ("uv run --with requests ~/x.py", "a command of uv"),
            ("bash -c 'curl -H s3cret x'", "a command of bash"),
            ("TOKEN=\"my s3cret\" ~/bin/notify.sh", "a command"),
            ("TOKEN=my\\ s3cret notify.sh", "a command"),
            ("npx git+https://s3cret@host", "a command of npx"),
            ("bash", "a command of bash"),
        ] {
            assert_eq!(name_of(command), name, "{command}");
        }
    }

    #[test]
    fn only_a_plain_path_is_looked_for() {
        let settings = |command: &str| serde_json::json!({"hooks": {"Stop": [{"hooks": [{"command": command}]}]}});
        let own = "/x/claude-sessions/bin/cs-heartbeat";
        assert!(
            foreign(&settings(own)).is_empty() && foreign(&settings("~/.claude/dashboard/heartbeat.sh")).is_empty()
        );
        let path = |command: &str| program_of(command, Path::new("/home/dev")).map(|path| path.display().to_string());
        assert_eq!(path("python3 \"$HOME/x.py\" a").as_deref(), Some("/home/dev/x.py"));
        assert_eq!(path("~/bin/tell --now").as_deref(), Some("/home/dev/bin/tell"));
        assert_eq!(path("uv run /opt/hook.py --a").as_deref(), Some("/opt/hook.py"));
        for command in [
            "$CLAUDE_PROJECT_DIR/hook.sh",
            "say done",
            "uv run --with /opt/x /opt/y",
            "/opt/$NAME/x",
            "cat >> /tmp/log",
            "\"/opt/x y\"",
            "",
        ] {
            assert_eq!(path(command), None, "{command}");
        }
    }
}
