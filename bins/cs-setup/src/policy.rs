//! Owns the settings that prevent registered hooks from running: switches in the user's settings and in those of
//! the machine's owner. Source: Claude Code's settings, `disableAllHooks`, `allowManagedHooksOnly`.

use super::swap;
use serde_json::Value;
use std::path::Path;

/// The settings files of the machine's owner. Source: Claude Code's documentation.
pub const MANAGED: [&str; 2] =
    ["/etc/claude-code/managed-settings.json", "/Library/Application Support/ClaudeCode/managed-settings.json"];

/// The settings from `source` that prevent hooks from running, one sentence each.
pub fn obstacles(settings: &Value, source: &str) -> Vec<String> {
    let is_on = |key: &str| settings.get(key).and_then(Value::as_bool) == Some(true);
    let mut found = Vec::new();
    if is_on("disableAllHooks") {
        found.push(format!("\"disableAllHooks\" in {source} prevents all hooks from running"));
    }
    if is_on("allowManagedHooksOnly") {
        found.push(format!(
            "\"allowManagedHooksOnly\" in {source} prevents all hooks but those of the machine's owner from running"
        ));
    }
    found
}

/// The same for all settings that apply: the user's and the machine owner's.
pub fn all_obstacles(user: &Value, user_path: &Path) -> Vec<String> {
    let mut found = obstacles(user, &user_path.display().to_string());
    for path in MANAGED {
        let settings = swap::bytes(Path::new(path)).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        found.extend(settings.iter().flat_map(|settings| obstacles(settings, path)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn switches_are_reported_with_their_file() {
        let told = obstacles(&json!({"disableAllHooks": true, "allowManagedHooksOnly": true}), "/f");
        assert!(told.len() == 2 && told.iter().all(|line| line.contains("/f")));
        assert!(obstacles(&json!({"disableAllHooks": false, "allowManagedHooksOnly": "true"}), "/f").is_empty());
    }
}
