//! Owns which variables a client must not inherit. Claude Code that inherits `CLAUDE_CODE_CHILD_SESSION` from another one
//! saves no transcript and cannot be resumed (2.1.172 to 2.1.332).

/// The start of variables of Claude Code.
const CLAUDE: &str = "CLAUDE_CODE_";
/// Variables, or their beginnings, by which a client describes itself to its children.
const TRAPS: [&str; 22] = [
    "CLAUDECODE",
    "CLAUDE_PID",
    "CLAUDE_EFFORT",
    "CLAUDE_ENV_FILE",
    "CLAUDE_JOB_DIR",
    "CLAUDE_PROJECT_DIR",
    "CLAUDE_PLUGIN_",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SESSION_ATTENDED",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_CODE_REMOTE",
    "CLAUDE_CODE_BRIDGE_SESSION_ID",
    "CLAUDE_CODE_MESSAGING_",
    "CLAUDE_CODE_PARENT_",
    "CODEX_THREAD_ID",
    "CODEX_SESSION_ID",
    "CODEX_TOOL_CALL_ID",
    "CODEX_CI",
    "CODEX_SANDBOX",
];
/// Settings of Claude Code in variables, or their beginnings. Only a person sets them.
const SETTINGS: [&str; 18] = [
    "CLAUDE_CODE_USE_",
    "CLAUDE_CODE_SKIP_",
    "CLAUDE_CODE_DISABLE_",
    "CLAUDE_CODE_ENABLE_",
    "CLAUDE_CODE_OAUTH_",
    "CLAUDE_CODE_API_",
    "CLAUDE_CODE_CLIENT_",
    "CLAUDE_CODE_MAX_",
    "CLAUDE_CODE_SUBAGENT_MODEL",
    "CLAUDE_CODE_EFFORT_LEVEL",
    "CLAUDE_CODE_SHELL",
    "CLAUDE_CODE_IDE_",
    "CLAUDE_CODE_AUTO_",
    "CLAUDE_CODE_EXTRA_",
    "CLAUDE_CODE_PROXY_",
    "CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS",
    "CLAUDE_CODE_NO_",
    "CLAUDE_CODE_PLUGIN_",
];

/// Whether a variable must not reach a client. What a person set in a shell of their own is kept; below an agent, only
/// what is known to be a setting.
pub fn is_trap(variable: &str, of_person: bool) -> bool {
    let begins = |all: &[&str]| all.iter().any(|name| variable.starts_with(name));
    begins(&TRAPS) || (variable.starts_with(CLAUDE) && !of_person && !begins(&SETTINGS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_does_not_inherit_that_it_is_a_child() {
        for name in ["CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_PID", "CODEX_SANDBOX_NETWORK_DISABLED"] {
            assert!(is_trap(name, true) && is_trap(name, false), "{name}");
        }
        for name in ["PATH", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK"] {
            assert!(!is_trap(name, true) && !is_trap(name, false), "{name}");
        }
        assert!(is_trap("CLAUDE_CODE_LATER", false) && !is_trap("CLAUDE_CODE_LATER", true));
    }
}
