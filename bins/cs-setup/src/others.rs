//! Owns the hook of the Python tool, whose files these programs share: recognizing it in Claude Code's settings, and
//! taking it out if the user wants that. Must stay true: a script with another path is not the tool's.

use crate::client::PLUGIN;
use crate::document::Document;
use crate::entries::{self, Found};
use crate::places::Places;
use crate::plan::{Consent, Plan};
use crate::swap::NO_FILE;
use crate::text::Trouble;
use cli::{Failure, Form, Out, Outcome};
use cs_core::error::{Error, Result};
use serde_json::Value;

/// The end of the script's path: the tool is copied into the data directory.
const SCRIPT: &str = "/dashboard/heartbeat.sh";
/// Shells with which people start it.
const SHELLS: [&str; 4] = ["sh", "bash", "/bin/sh", "/bin/bash"];
/// The tool's own program, for those who call it without the script, behind a slash. A `manage.py` elsewhere is Django's.
pub const PROGRAM: &str = ".claude/dashboard/manage.py";
/// The commands of that program that a hook calls.
const BEATS: [&str; 2] = ["heartbeat", "heartbeat-project"];
/// What people write behind a command so that it says nothing and never fails.
const SILENCERS: [&str; 7] = ["|| true", "&", "2>&1", ">/dev/null", "> /dev/null", "2>/dev/null", "2> /dev/null"];

/// The handlers of the Python tool, with their commands.
pub fn found(settings: &Value) -> Vec<Found> {
    entries::handlers(settings, command_of)
}

/// The command of a handler, if it runs the script and does nothing else.
pub fn command_of(handler: &Value) -> Option<&str> {
    let command = handler.get("command")?.as_str()?;
    let words = command.trim();
    if calls_program(words) {
        return Some(command);
    }
    let alone = SHELLS.iter().find_map(|shell| words.strip_prefix(shell)?.strip_prefix(' ')).unwrap_or(words);
    let quoted = |quote: char| alone.strip_prefix(quote)?.strip_suffix(quote);
    let path = quoted('\'').or_else(|| quoted('"')).unwrap_or(alone);
    let is_path =
        path.starts_with(['/', '~', '$']) && !path.contains(|c: char| c.is_whitespace() || "'\"`;&|<>()".contains(c));
    (is_path && path.ends_with(SCRIPT)).then_some(command)
}

/// Whether a path is that of the tool's program.
pub fn is_program(path: &str) -> bool {
    path.strip_suffix(PROGRAM).is_some_and(|folder| folder.ends_with('/'))
}

/// Whether a command does nothing but tell the tool's program that a turn is over.
fn calls_program(command: &str) -> bool {
    let mut call = command;
    while let Some(rest) = SILENCERS.iter().find_map(|end| call.strip_suffix(end)) {
        call = rest.trim_end();
    }
    let bare = |word: &str| word.trim_matches(['\'', '"']).to_string();
    let mut words = call.split_whitespace().map(bare).peekable();
    let is_python = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.strip_prefix("python").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    words.next_if(|word| word == "/usr/bin/env");
    words.next_if(is_python);
    let is_path = words.next().is_some_and(|path| path.starts_with(['/', '~', '$']) && is_program(&path));
    let is_beat = words.next().is_some_and(|word| BEATS.contains(&word.as_str()));
    is_path && is_beat && !call.contains(['`', ';', '&', '|', '<', '>', '(', ')', '#', '\n', '\r'])
}

/// What to tell the user about it; `None` if it is not registered.
pub fn notice(settings: &Value) -> Option<String> {
    let (event, _, _, command) = found(settings).into_iter().next()?;
    Some(format!("the Python tool's hook is registered too ({event}: {command}); both record every turn"))
}

/// The command that takes it out.
pub const TAKE_OUT: &str = "cs-setup install --replace-python";

/// The failure if our hooks are not registered: without the tool's, nothing would record.
pub fn refusal() -> Failure {
    let way = "the plugin is turned off, so nothing would record without the Python tool";
    let fix = format!("turn it on with claude plugin enable {PLUGIN}, or remove it with cs-setup uninstall");
    Error::Refused(format!("{way}; {fix}, and try again")).into()
}

/// Takes the hook out, if it is registered and the user agrees. Our hooks must be registered. `is_wanted`: the arguments
/// ask for it; otherwise the user is asked, and if nobody can answer it stays.
pub fn replace(places: &Places, is_wanted: bool, consent: Consent, out: &mut Out) -> Outcome<()> {
    let document = Document::read(&places.settings())?;
    let is_shown = out.form == Form::Table && !out.quiet;
    let may_ask = is_shown && Consent::can_ask() && !consent.is_given && !consent.dry_run;
    if found(&document.value).is_empty() || !(is_wanted || may_ask) {
        return Ok(());
    }
    let mut plan = Plan::default();
    let text = without(&document, &document.text)?;
    plan.rewrite(&document.seen, "takes out the hook of the Python tool", &text)?;
    let done = plan.carry_out(out, consent, |_| Ok(document.persist(take_out)?));
    match done {
        // The answer no is about this hook only; ours is registered.
        Err(Failure::Nothing(_)) if !is_wanted => out.line("the hook of the Python tool stays"),
        other => other,
    }
}

/// Takes it out of the file, and of the backup, so that it does not come back when our hooks are removed.
fn take_out(document: &Document) -> Result<()> {
    document.seen.replace(&without(document, &document.text)?)?;
    match document.seen.backup()? {
        Some(backup) if !backup.trim().is_empty() && backup != NO_FILE => {
            document.seen.back_up(Some(&without(document, &backup)?))
        }
        _ => Ok(()),
    }
}

/// A text of the file without it.
pub fn without(document: &Document, text: &str) -> Result<String> {
    let trouble = |trouble: Trouble| Error::corrupt(&document.seen.path, trouble.in_text(text));
    entries::remove_all(text, &found, &|_| false).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_script_of_the_tool_is_recognized() {
        let of = |command: &str| found(&json!({"hooks": {"Stop": [{"hooks": [{"command": command}]}]}})).len();
        for command in [
            "$HOME/.claude/dashboard/heartbeat.sh",
            "~/.claude/dashboard/heartbeat.sh",
            "bash /home/dev/.claude/dashboard/heartbeat.sh",
            "\"$HOME/.claude/dashboard/heartbeat.sh\"",
            "python3 ~/.claude/dashboard/manage.py heartbeat-project api",
            "/usr/bin/env python3.12 \"$HOME/.claude/dashboard/manage.py\" heartbeat \"$ID\" > /dev/null 2>&1 || true",
        ] {
            assert_eq!(of(command), 1, "{command}");
        }
        for command in [
            "~/bin/heartbeat.sh",
            "heartbeat.sh",
            "dashboard/heartbeat.sh",
            "~/.claude/dashboard/heartbeat.sh --verbose",
            "~/.claude/dashboard/heartbeat.sh; say done",
            "echo ~/.claude/dashboard/heartbeat.sh",
            "~/.claude/dashboard/my-heartbeat.sh",
            "python3 ~/src/dashboard/manage.py heartbeat-project api",
            "python3 ~/.claude/dashboard/manage.py overview",
            "python3 ~/.claude/dashboard/manage.py heartbeat-project $(basename $PWD)",
            "python3 ~/.claude/dashboard/manage.py heartbeat-project api; say done",
            "python3 ~/.claude/dashboard/manage.py heartbeat x\n~/bin/backup.sh",
            "python3 ~/.claude/dashboard/manage.py heartbeat x\r\n~/bin/backup.sh > /dev/null",
            "python3 ~/.claude/dashboard/manage.py heartbeat x # || ~/bin/backup.sh",
            "",
        ] {
            assert_eq!(of(command), 0, "{command}");
        }
    }

    #[test]
    fn taking_it_out_leaves_everything_else_as_it_is() {
        let text = "{\n  \"a\": [ 1 ],\n  \"hooks\": {\n    \"Stop\": [\n      {\"hooks\": [{\"command\": \"mine\"}, {\"command\": \"~/.claude/dashboard/heartbeat.sh\"}]}\n    ]\n  }\n}\n";
        let bare = entries::remove_all(text, &found, &|_| false).unwrap();
        assert_eq!(bare, text.replace(", {\"command\": \"~/.claude/dashboard/heartbeat.sh\"}", ""));
    }
}
