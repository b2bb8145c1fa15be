//! Owns which hooks we register, and how ours are recognized: a handler is ours if its command is only the absolute path
//! of one of the programs that agents call, in one of our folders. The guard is apart from the others: it is registered
//! only when a person switches it on, and stays when the others are replaced.

use super::places::{self, text_of};
use super::splice::{self, Step, keys};
use super::swap;
use super::text::{self, Trouble};
use agents::event::{AUDIT, CALLED, DELIVER, GUARD, NOTIFY};
use agents::{Agent, Event};
use cs_core::error::{Error, Result};
use cs_core::quote::Quote;
use serde_json::{Value, json};
use std::path::Path;

/// The plugin's own hooks, through its launcher; the settings get the same ones, with absolute paths of programs.
const PLUGIN_HOOKS: &str = include_str!("../../../hooks/hooks.json");
const PLUGIN_ROOT: &str = "${CLAUDE_PLUGIN_ROOT}";

/// Seconds after which Codex stops a hook; it allows three at an interrupt and at the end.
const CODEX_TIMEOUT: u32 = 3;
/// Seconds after which Claude Code stops the guard, which gives up earlier.
const GUARD_TIMEOUT: u32 = 5;
/// The tools that the guard can judge: those with a command line or a file.
const GUARDED: &str = "^(Bash|PowerShell|Monitor|Read|Edit|Write|MultiEdit|NotebookEdit|mcp__.*)$";

/// An event and the group (compact JSON) that it gets.
pub type Hook = (String, String);

/// Hooks or a skill of the repository, with the programs in `bin/` in place of the launcher that looks for them.
/// `packaging/direct.sh` has the same rule, for the folder that is installed.
pub fn direct(text: &str) -> String {
    text.replace("/hooks/run-", "/bin/").replace(".start\"", "\"")
}

/// The hooks for Claude Code's settings: exec form, so that no shell is started.
pub fn for_claude(share: &Path) -> Result<Vec<Hook>> {
    let root = serde_json::to_string(text_of(share)?).unwrap_or_default();
    let root = root.strip_prefix('"').and_then(|root| root.strip_suffix('"')).unwrap_or_default();
    let defect = || Error::Invalid("the built-in hooks cannot be read".into());
    let plugin = direct(PLUGIN_HOOKS);
    let tree = text::parse(&plugin).map_err(|_| defect())?;
    let mut hooks = Vec::new();
    for member in tree.get("hooks").ok_or_else(defect)?.members() {
        for group in member.value.items() {
            let group = plugin.get(group.span.clone()).ok_or_else(defect)?;
            hooks.push((member.key.clone(), compact(group).replace(PLUGIN_ROOT, root)));
        }
    }
    Ok(hooks)
}

/// The hooks for Codex, which runs commands with a shell, does not support `args`, and skips `async` hooks. Outside seats
/// the program that delivers messages ends at once; Claude Code gets it with the settings of a seat (`agents::seat_hooks`).
pub fn for_codex(share: &Path) -> Result<Vec<Hook>> {
    let hook = |(event, program)| of_codex(share, event, program);
    let recorded = Event::ALL.into_iter().filter(|event| event.is_reported_by(Agent::Codex));
    let delivered = Event::ALL.into_iter().filter(|event| event.is_delivered_at(Agent::Codex));
    let audited = Event::ALL.into_iter().filter(|event| event.is_reported_by(Agent::Codex) && event.is_also_audited());
    let programs = recorded.map(|event| (event, event.program())).chain(delivered.map(|event| (event, DELIVER)));
    programs.chain(audited.map(|event| (event, AUDIT))).map(hook).collect()
}

fn of_codex(share: &Path, event: Event, program: &str) -> Result<Hook> {
    let command = shell_word(text_of(&share.join("bin").join(program))?);
    let command = serde_json::to_string(&command).unwrap_or_default();
    let handler = format!("{{\"type\":\"command\",\"command\":{command},\"timeout\":{CODEX_TIMEOUT}}}");
    Ok((event.name().to_string(), format!("{{\"hooks\":[{handler}]}}")))
}

/// The guard for a client, which waits for it before each call of a tool.
pub fn guard_for(agent: Agent, share: &Path) -> Result<Hook> {
    match agent {
        Agent::Codex => of_codex(share, Event::PreToolUse, GUARD),
        Agent::Claude => {
            let command = serde_json::to_string(text_of(&share.join("bin").join(GUARD))?).unwrap_or_default();
            let handler =
                format!("{{\"type\":\"command\",\"command\":{command},\"args\":[],\"timeout\":{GUARD_TIMEOUT}}}");
            let group = format!("{{\"matcher\":\"{GUARDED}\",\"hooks\":[{handler}]}}");
            Ok((Event::PreToolUse.name().to_string(), group))
        }
    }
}

/// A text as one word for a shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_string();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// JSON without the blanks between its parts.
fn compact(json: &str) -> String {
    let mut quote = Quote::default();
    let keep = |c: &char| quote.holds_char(*c) || !c.is_whitespace();
    json.chars().filter(keep).collect()
}

/// The program that a handler runs, if it is ours and the handler does nothing else.
pub fn program_of(handler: &Value) -> Option<&str> {
    let folder = |path| Path::new(path).parent().filter(|dir| dir.ends_with("bin")).and_then(Path::parent);
    namesake_of(handler).filter(|path| folder(*path).is_some_and(places::is_ours))
}

/// The program that a handler runs, if it has the name of one of our programs and the handler does nothing else.
pub fn namesake_of(handler: &Value) -> Option<&str> {
    let command = handler.get("command")?.as_str()?;
    let is_exec_form = handler.get("args").is_some();
    let quoted = |quote: char| command.strip_prefix(quote)?.strip_suffix(quote).filter(|path| !path.contains(quote));
    let path = match quoted('\'').or_else(|| quoted('"')) {
        Some(path) if !is_exec_form => path,
        _ if is_exec_form || !command.contains(|c: char| c.is_whitespace() || "'\"$`;&|<>".contains(c)) => command,
        _ => return None,
    };
    let name = CALLED.iter().find(|name| Path::new(path).ends_with(name))?;
    // People use these programs, too: only this command of each is a hook of ours.
    let args = handler.get("args");
    let is_hook = match *name {
        NOTIFY => args == Some(&json!(["hook"])),
        AUDIT => args.is_none_or(|args| *args == json!([])),
        _ => true,
    };
    (path.starts_with('/') && is_hook).then_some(path)
}

/// A handler: the event, the group's and the handler's number, and the program or command.
pub type Found = (String, usize, usize, String);

/// Our handlers but for the guard, with their programs.
pub fn ours(value: &Value) -> Vec<Found> {
    handlers(value, |handler| program_of(handler).filter(|path| !path.ends_with(GUARD)))
}

/// The handlers that run our guard.
pub fn guards(value: &Value) -> Vec<Found> {
    handlers(value, |handler| program_of(handler).filter(|path| path.ends_with(GUARD)))
}

/// The handlers that `wanted` recognizes, with what it returns.
pub fn handlers(value: &Value, wanted: impl Fn(&Value) -> Option<&str>) -> Vec<Found> {
    let mut found = Vec::new();
    let events = value.get("hooks").and_then(Value::as_object);
    for (event, groups) in events.into_iter().flatten() {
        for (g, group) in groups.as_array().into_iter().flatten().enumerate() {
            let handlers = group.get("hooks").and_then(Value::as_array);
            for (h, handler) in handlers.into_iter().flatten().enumerate() {
                if let Some(program) = wanted(handler) {
                    found.push((event.clone(), g, h, program.to_string()));
                }
            }
        }
    }
    found
}

/// Whether the text has exactly these of our hooks, each once.
pub fn has_exactly(value: &Value, hooks: &[Hook]) -> bool {
    ours(value).len() == hooks.len() && hooks.iter().all(|hook| has(value, hook))
}

/// Whether the text has this hook, once.
pub fn has(value: &Value, (event, group): &Hook) -> bool {
    let wanted: Option<Value> = serde_json::from_str(group).ok();
    let groups = value.get("hooks").and_then(|hooks| hooks.get(event)).and_then(Value::as_array);
    groups.is_some_and(|groups| groups.iter().filter(|group| Some(*group) == wanted.as_ref()).count() == 1)
}

/// Whether the plugin's folder has the hooks of this version: those of an installation, or of a checkout.
pub fn is_plugins_own(share: &Path) -> bool {
    let text = swap::bytes(&share.join("hooks/hooks.json")).unwrap_or_default();
    let value = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let found = value(&text);
    let launcher = || share.join("hooks/run").is_file() && found == value(PLUGIN_HOOKS.as_bytes());
    found == value(direct(PLUGIN_HOOKS).as_bytes()) || launcher()
}

/// The text with these hooks, each at the end of its event.
pub fn add(text: &str, hooks: &[Hook]) -> std::result::Result<String, Trouble> {
    hooks.iter().try_fold(text.to_string(), |text, (event, group)| splice::push(&text, &["hooks", event], group))
}

/// The text without our hooks. Containers that are then empty are removed too, unless `before` has them.
pub fn remove(text: &str, before: Option<&Value>) -> std::result::Result<String, Trouble> {
    remove_all(text, &ours, &|path| was_in(before, path))
}

/// The text without these handlers. Containers that are then empty are removed too, except those for which `keep`
/// returns true.
pub fn remove_all(
    text: &str,
    find: &dyn Fn(&Value) -> Vec<Found>,
    keep: &dyn Fn(&[Step]) -> bool,
) -> std::result::Result<String, Trouble> {
    let mut text = text.to_string();
    loop {
        let root = text::parse(&text)?;
        let value = root.value(&text).unwrap_or_default();
        let Some((event, g, h, _)) = find(&value).into_iter().next() else { return Ok(text) };
        let mut path = keys(&["hooks", &event]);
        path.push(Step::Item(g));
        let handlers = splice::follow(&root, &path).and_then(|group| group.get("hooks"));
        if handlers.is_some_and(|handlers| handlers.items().len() > 1) {
            path.extend([Step::Key("hooks".into()), Step::Item(h)]);
        }
        text = splice::take(&text, &path, keep)?;
    }
}

/// Whether the text from before had this container. Containers in elements never count, because elements have no names.
pub fn was_in(before: Option<&Value>, path: &[Step]) -> bool {
    let step = |value: Option<Value>, step: &Step| match step {
        Step::Key(key) => value?.get(key).cloned(),
        Step::Item(_) => None,
    };
    path.iter().fold(before.cloned(), step).is_some()
}

/// How many handlers run one of our programs as a part of a command, such as in a pipe. Programs of others with the same
/// name do not count.
pub fn mentions(settings: &Value) -> usize {
    let groups = settings.get("hooks").and_then(Value::as_object).into_iter().flat_map(|events| events.values());
    let groups = groups.filter_map(Value::as_array).flatten();
    let handlers = groups.filter_map(|group| group.get("hooks").and_then(Value::as_array)).flatten();
    let names_ours = |handler: &&Value| {
        let command = handler.get("command").and_then(Value::as_str).unwrap_or_default();
        // As above, people use some of them, too.
        let is_named = |name: &&str| match *name {
            NOTIFY => command.contains(&format!("/{name} hook")),
            AUDIT => command.split(&format!("/{name}")).skip(1).any(has_no_words),
            _ => command.contains(&format!("/{name}")),
        };
        namesake_of(handler).is_none() && CALLED.iter().any(is_named)
    };
    handlers.filter(names_ours).count()
}

/// Whether what follows a program's name in a command is neither a word nor an option of that program.
fn has_no_words(rest: &str) -> bool {
    !rest.trim_start_matches(['\'', '"']).trim_start_matches(' ').starts_with(|c: char| c == '-' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_handler_that_does_nothing_else_is_ours() {
        let of = |command: &str| json!({ "command": command.replace("/x", "/x/claude-sessions/bin") });
        for command in ["/x/cs-hook", "/x/cs-deliver", "'/y /x/cs-hook'", "\"/y /x/cs-heartbeat\""] {
            assert!(program_of(&of(command)).is_some(), "{command}");
        }
        assert!(program_of(&json!({"command": "/x y/claude-sessions/bin/cs-hook", "args": []})).is_some());
        for command in [
            "cs-hook",
            "/bin/cat /x/cs-hook",
            "/x/cs-hook --verbose",
            "/x/cs-hook|tee log",
            "/x/my-cs-hook",
            "/y /x/cs-hook",
            "'/x'/cs-hook",
            "echo '/x/cs-hook'",
            "/x/cs-session",
            "$HOME/cs-hook",
            "",
        ] {
            assert_eq!(program_of(&of(command)), None, "{command}");
        }
    }

    #[test]
    fn a_notifier_with_other_words_is_the_users() {
        let of = |args: Value| json!({"command": "/x/claude-sessions/bin/cs-notify", "args": args});
        assert!(program_of(&of(json!(["hook"]))).is_some());
        for args in [json!([]), json!(["--json"]), json!(["hook", "--json"]), json!("hook"), Value::Null] {
            assert_eq!(program_of(&of(args.clone())), None, "{args}");
        }
        assert_eq!(program_of(&json!({"command": "/x/claude-sessions/bin/cs-notify"})), None);
    }

    #[test]
    fn a_log_of_tools_with_words_is_the_users() {
        let program = "/x/claude-sessions/bin/cs-audit";
        for handler in [json!({"command": program}), json!({"command": program, "args": []})] {
            assert_eq!(program_of(&handler), Some(program));
        }
        assert_eq!(program_of(&json!({"command": program, "args": ["verify"]})), None);
        let mentioned = |command: &str| mentions(&json!({"hooks": {"Stop": [{"hooks": [{"command": command}]}]}}));
        for command in ["tee log | /x/cs-audit", "'/x/cs-audit' >/dev/null", "/x/cs-audit; true", "/x/cs-audit | cat"] {
            assert_eq!(mentioned(command), 1, "{command}");
        }
        for command in ["/x/cs-audit verify", "cat | /x/cs-audit --json list", "'/x/cs-audit' head | mail"] {
            assert_eq!(mentioned(command), 0, "{command}");
        }
    }

    #[test]
    fn a_namesake_in_a_folder_of_others_is_theirs() {
        for command in ["/x/cs-hook", "/x/bin/cs-hook", "/x/claude-sessions/cs-hook", "/claude-sessions/sbin/cs-hook"] {
            let handler = json!({ "command": command });
            assert_eq!((namesake_of(&handler), program_of(&handler)), (Some(command), None));
        }
    }

    #[test]
    fn the_hooks_for_settings_are_those_of_the_plugin() {
        let hooks = for_claude(Path::new("/a \"b\"/claude-sessions")).unwrap();
        let plugin: Value = serde_json::from_str(&direct(PLUGIN_HOOKS)).unwrap();
        let reported = || Event::ALL.into_iter().filter(|event| event.is_reported_by(Agent::Claude));
        let recorded = reported().map(|event| (event.name(), event.program()));
        let notified = reported().filter(|event| event.may_notify()).map(|event| (event.name(), NOTIFY));
        let audited = reported().filter(|event| event.is_also_audited()).map(|event| (event.name(), AUDIT));
        let mut programs: Vec<_> = recorded.chain(notified).chain(audited).collect();
        programs.sort_unstable();
        let name = |program: &str| programs.iter().map(|(_, name)| *name).find(|name| program.ends_with(name));
        let mut registered = Vec::new();
        for (event, group) in &hooks {
            let group: Value = serde_json::from_str(group).unwrap();
            let handler = &group["hooks"][0];
            let command = handler["command"].as_str().unwrap();
            registered.push((event.as_str(), name(command).unwrap()));
            let of_plugin = command.replace("/a \"b\"/claude-sessions", PLUGIN_ROOT);
            let groups = plugin["hooks"][event].as_array().unwrap();
            assert!(groups.iter().any(|group| group["hooks"][0]["command"] == of_plugin), "{event}");
            assert_eq!(program_of(handler), Some(command));
            let is_notifier = command.ends_with(NOTIFY);
            assert_eq!(handler["args"], if is_notifier { json!(["hook"]) } else { json!([]) }, "{event}");
            let may_wait = !is_notifier && !command.ends_with(AUDIT);
            assert!(may_wait || handler["async"] == json!(true), "{event}");
            assert!(!command.ends_with(AUDIT) || group.get("matcher").is_none(), "{event}: each tool is logged");
        }
        registered.sort_unstable();
        assert_eq!(registered, programs);
    }

    #[test]
    fn a_shared_group_keeps_the_other_handler() {
        let text =
            r#"{"hooks": {"Stop": [{"hooks": [{"command": "/x/claude-sessions/bin/cs-hook"}, {"command": "mine"}]}]}}"#;
        assert_eq!(remove(text, None).unwrap(), r#"{"hooks": {"Stop": [{"hooks": [{"command": "mine"}]}]}}"#);
    }
}
