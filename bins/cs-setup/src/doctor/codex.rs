//! Checks that the hooks are registered with Codex exactly once, and approved. Codex stores approvals in `config.toml`,
//! as `[hooks.state."<file>:<event>:<group>:<handler>"]` with a checksum of the hook (seen in 0.169.0).

use super::Check;
use crate::document::Document;
use crate::entries;
use crate::places::Places;
use crate::swap;
use agents::event::CALLED;
use std::path::Path;

const INSTALL: &str = "cs-setup install --codex";
const REMOVE: &str = "codex plugin remove cs-sessions@claude-sessions";

/// Returns nothing if Codex is not installed.
pub fn check(places: &Places) -> Option<Check> {
    if !places.codex.is_dir() {
        return None;
    }
    let document = match Document::read(&places.codex_hooks()) {
        Ok(document) => document,
        Err(error) => return Some(Check::bad("codex", error.to_string(), "repair the file by hand")),
    };
    let config = swap::bytes(&places.codex.join("config.toml")).unwrap_or_default();
    let config = String::from_utf8_lossy(&config);
    let wanted = entries::for_codex(&places.share).unwrap_or_default();
    if has_plugin(&config) {
        return Some(match entries::ours(&document.value).is_empty() && !runs_ours(&config) {
            true => {
                Check::good("codex", "registered as a plugin; in Codex, /hooks shows whether its hooks are approved")
            }
            false => Check::bad("codex", "registered twice: as a plugin, and by hooks of your own", REMOVE),
        });
    }
    Some(match (entries::ours(&document.value).is_empty(), runs_ours(&config)) {
        (true, true) => Check::good("codex", "registered in config.toml, by hand"),
        (true, false) => Check::offer("codex", "not registered with Codex", INSTALL),
        (false, true) => {
            Check::bad("codex", "registered twice: in hooks.json and in config.toml", "remove them from config.toml")
        }
        (false, false) if !entries::has_exactly(&document.value, &wanted) || entries::mentions(&document.value) > 0 => {
            Check::bad(
                "codex",
                "the hooks in hooks.json are not those of this version, or are registered twice",
                INSTALL,
            )
        }
        (false, false) => approved(&document, &config),
    })
}

/// Whether a line of the configuration runs one of our programs.
fn runs_ours(config: &str) -> bool {
    let is_ours = |line: &str| CALLED.iter().any(|name| line.contains(&format!("bin/{name}")));
    config.lines().any(|line| !line.trim_start().starts_with('#') && is_ours(line))
}

/// Whether the configuration turns our plugin on, from any marketplace.
fn has_plugin(config: &str) -> bool {
    let tables = config.split("\n[").map(|table| table.trim_start_matches('['));
    let is_ours = |table: &&str| table.starts_with("plugins.\"cs-sessions@");
    let is_on = |line: &str| {
        let setting = line.split('#').next().unwrap_or_default();
        setting.split_whitespace().collect::<String>() == "enabled=true"
    };
    tables.filter(is_ours).any(|table| table.lines().any(is_on))
}

fn approved(document: &Document, config: &str) -> Check {
    match unapproved(document, config, &entries::ours(&document.value)) {
        0 => Check::good("codex", "registered once, and approved"),
        missing => Check::bad("codex", format!("{missing} hooks are not approved, so Codex skips them"), APPROVE),
    }
}

/// How to approve hooks.
pub const APPROVE: &str = "in Codex, type /hooks, then t";

/// How many of these hooks are not approved.
fn unapproved(document: &Document, config: &str, hooks: &[entries::Found]) -> usize {
    let path = &document.seen.path;
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    let is_approved = |(event, g, h, _): &entries::Found| {
        let key = |path: &Path| format!("[hooks.state.\"{}:{}:{g}:{h}\"]", path.display(), snake(event));
        config.contains(&key(path)) || config.contains(&key(&real))
    };
    hooks.iter().filter(|hook| !is_approved(hook)).count()
}

/// Whether the guard in Codex's hooks is approved.
pub fn is_guard_approved(places: &Places, document: &Document) -> bool {
    let config = swap::bytes(&places.codex.join("config.toml")).unwrap_or_default();
    unapproved(document, &String::from_utf8_lossy(&config), &entries::guards(&document.value)) == 0
}

/// `PostToolUse` as `post_tool_use`.
fn snake(event: &str) -> String {
    let mut name = String::new();
    for c in event.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::has_plugin;

    #[test]
    fn a_plugin_counts_if_it_is_turned_on() {
        let table =
            |name: &str, on: &str| format!("a = 1\n\n[plugins.\"{name}\"]\nenabled = {on}\n\n[b]\nenabled = true\n");
        assert!(has_plugin(&table("cs-sessions@claude-sessions", "true")));
        assert!(has_plugin("[plugins.\"cs-sessions@x\"]\nenabled = true"));
        assert!(has_plugin(&table("cs-sessions@claude-sessions", "true # on")));
        assert!(!has_plugin(&table("cs-sessions@claude-sessions", "false")));
        assert!(!has_plugin(&table("other@claude-sessions", "true")));
    }
}
