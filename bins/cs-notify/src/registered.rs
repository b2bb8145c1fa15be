//! Owns finding out what calls this program: the hook of Claude Code, and the scheduled job. Only the files that name it are
//! read; `cs-setup doctor` examines what they say. Must stay true: what cannot be read is not claimed.

use agents::Agent;
use agents::event::NOTIFY;
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The plugin, as the client's settings name it, before the marketplace.
const PLUGIN: &str = "cs-sessions@";

/// Whether something that calls this program was found, and where.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The agent, or the scheduler.
    pub by: &'static str,
    pub is_there: bool,
    /// The file that says so, or should.
    pub file: Option<PathBuf>,
    /// What installs it.
    pub fix: Option<&'static str>,
}

impl Found {
    /// Describes it for people.
    pub fn describe(&self) -> String {
        let file = self.file.as_ref().map_or_else(String::new, |file| format!(", {}", file.display()));
        match (self.is_there, self.fix) {
            (false, Some(fix)) => format!("not found: {}{file}; {fix}", self.by),
            _ => format!("{}{file}", self.by),
        }
    }
}

/// The hook of Claude Code. Codex waits for its hooks, so only the job sends notices about its conversations.
pub fn hook() -> Found {
    let file = Agent::Claude.home().map(|home| home.join("settings.json"));
    let bytes = file.as_ref().and_then(|file| std::fs::read(file).ok());
    let settings = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let is_there = settings.is_some_and(|settings| has_plugin(&settings) || has_hook(&settings));
    Found { by: "Claude Code", is_there, file, fix: (!is_there).then_some("cs-setup install") }
}

fn has_plugin(settings: &Value) -> bool {
    let plugins = settings.get("enabledPlugins").and_then(Value::as_object);
    plugins.is_some_and(|plugins| plugins.iter().any(|(name, on)| name.starts_with(PLUGIN) && *on == Value::Bool(true)))
}

/// Whether a hook runs this program, and nothing else.
fn has_hook(settings: &Value) -> bool {
    let groups = settings.get("hooks").and_then(Value::as_object).into_iter().flat_map(|events| events.values());
    let handlers = groups.filter_map(Value::as_array).flatten().filter_map(|group| group.get("hooks")?.as_array());
    handlers.flatten().any(is_hook)
}

/// Whether a handler is the one that `cs-setup` or the plugin registers: a program by its path, and one argument.
fn is_hook(handler: &Value) -> bool {
    let program = handler.get("command").and_then(Value::as_str).map(Path::new);
    let is_hook = handler.get("args").and_then(Value::as_array).is_some_and(|args| args[..] == ["hook"]);
    is_hook && program.is_some_and(|path| path.ends_with(NOTIFY) && path.components().count() > 1)
}

/// The job of systemd or launchd that calls this program.
pub fn job() -> Found {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME").unwrap_or_default();
    let (by, file) = match cfg!(target_os = "macos") {
        true => ("launchd", home.join("Library/LaunchAgents/claude-sessions.notify.plist")),
        false => {
            let config =
                variable("XDG_CONFIG_HOME").filter(|dir| dir.is_absolute()).unwrap_or_else(|| home.join(".config"));
            ("systemd", config.join("systemd/user/claude-sessions-notify.timer"))
        }
    };
    let is_there = Path::new(&file).exists();
    let fix = (!is_there).then_some("cs-setup jobs install (a crontab is not read here)");
    Found { by, is_there, file: Some(file), fix }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hook_or_an_enabled_plugin_calls_it() {
        let hook = |command: &str| json!({"hooks": {"Stop": [{"hooks": [{"command": command, "args": ["hook"]}]}]}});
        let shipped = include_str!("../../../hooks/hooks.json").replace("/hooks/run-", "/bin/");
        let ours: Value = serde_json::from_str(&shipped).unwrap();
        assert!(has_hook(&ours) && has_hook(&hook("/x/bin/cs-notify")) && has_hook(&hook("/an app/bin/cs-notify")));
        for other in
            ["/x/bin/cs-heartbeat", "/x/bin/cs-notify-me", "/x/cs-notify/run", "ls /x/cs-notify.log", "cs-notify"]
        {
            assert!(!has_hook(&hook(other)), "{other}");
        }
        for args in [json!(["status"]), json!(["hook", "--watch"]), json!([]), json!(null)] {
            let mut other = hook("/x/bin/cs-notify");
            other["hooks"]["Stop"][0]["hooks"][0]["args"] = args;
            assert!(!has_hook(&other), "{other}");
        }
        let plugin = |on: Value| json!({"enabledPlugins": {"cs-sessions@claude-sessions": on}});
        assert!(has_plugin(&plugin(json!(true))) && !has_plugin(&plugin(json!(false))) && !has_plugin(&json!([])));
    }
}
