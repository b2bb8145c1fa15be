//! Owns what a hook prints for its client so that the agent reads a text: as context, or as the reason why its turn goes
//! on. Must stay true: a client that would refuse the answer, and lose the text, gets another form.
//! Facts: recorded from Claude Code 2.1.139 to 2.1.332 and Codex 0.169. At the end of a turn Claude Code accepts context
//! from 2.1.163 on; older ones refuse the whole answer. Codex accepts it at no version, but a block, which Claude Code
//! shows to the person as a problem. Claude Code moves a text of more than 10,000 characters into a file. Before a call of
//! a tool both clients obey `deny`; Codex ignores `ask`, and the call goes on.

use crate::agent::Agent;
use crate::event::Event;
use serde_json::{Value, json};

/// The first version of Claude Code that accepts context at the end of a turn.
const CONTEXT_AT_STOP: [u32; 3] = [2, 1, 163];
/// The variable in which Claude Code names itself to the programs that it starts: `claude-code_2-1-332_harness`.
const NAME: &str = "AI_AGENT";

/// The answer of a hook that gives a text to the agent; `notice` is a line for the person. `None` if the client reads no
/// answer to this event.
pub fn answer(agent: Agent, event: Event, text: &str, notice: &str) -> Option<String> {
    let answer = match (agent, event) {
        (_, Event::SessionStart | Event::UserPromptSubmit | Event::PostToolUse) => context(event, text, notice),
        (Agent::Claude, Event::Stop) if client_version() >= Some(CONTEXT_AT_STOP) => context(event, text, notice),
        (_, Event::Stop) => json!({"decision": "block", "reason": text, "systemMessage": notice}),
        _ => return None,
    };
    Some(answer.to_string() + "\n")
}

fn context(event: Event, text: &str, notice: &str) -> Value {
    let specific = json!({"hookEventName": event.name(), "additionalContext": text});
    json!({"hookSpecificOutput": specific, "systemMessage": notice})
}

/// What a hook can decide about a call of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// The person is asked.
    Ask,
    /// The tool is not called.
    Deny,
}

impl Permission {
    /// Its word in answers, settings and the log.
    pub fn word(self) -> &'static str {
        match self {
            Permission::Ask => "ask",
            Permission::Deny => "deny",
        }
    }

    /// What has this effect on a client: one that ignores a question gets a refusal.
    #[must_use]
    pub fn for_client(self, agent: Agent) -> Self {
        // Claude Code is known to ask the person; a client that is not known to gets a refusal.
        if agent == Agent::Claude { self } else { Permission::Deny }
    }
}

/// The answer of a hook that decides about the call of a tool; the person and the agent read the reason.
pub fn permission(permission: Permission, reason: &str) -> String {
    let specific = json!({"hookEventName": Event::PreToolUse.name(), "permissionDecision": permission.word(),
        "permissionDecisionReason": reason});
    json!({"hookSpecificOutput": specific}).to_string() + "\n"
}

/// The version of the Claude Code that started this program; `None` if it does not say.
fn client_version() -> Option<[u32; 3]> {
    version(&std::env::var(NAME).ok()?)
}

fn version(name: &str) -> Option<[u32; 3]> {
    let rest = name.strip_prefix("claude-code")?.strip_prefix(['_', '/'])?;
    let mut parts = rest.split(['-', '.', '_', '/']).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_a_version_or_none() {
        assert_eq!(version("claude-code_2-1-332_harness"), Some([2, 1, 332]));
        assert_eq!(version("claude-code/2.1.163/agent"), Some([2, 1, 163]));
        for other in ["", "claude-code", "claude-code_2-1", "claude-code_x", "codex_2-1-332", "claude-codex_2-1-332"] {
            assert_eq!(version(other), None, "{other}");
        }
        assert!(version("claude-code_2-1-139_harness") < Some(CONTEXT_AT_STOP));
    }

    #[test]
    fn a_client_that_ignores_questions_gets_a_refusal() {
        let of = |agent| Permission::Ask.for_client(agent).word();
        assert_eq!((of(Agent::Claude), of(Agent::Codex)), ("ask", "deny"));
        let text = permission(Permission::Deny, "a \"b\"");
        let specific = json!({"hookEventName": "PreToolUse", "permissionDecision": "deny",
            "permissionDecisionReason": "a \"b\""});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({"hookSpecificOutput": specific}));
    }

    #[test]
    fn codex_is_blocked_at_the_end_of_a_turn_and_nothing_is_printed_after_it() {
        let of = |agent, event| answer(agent, event, "a \"b\"\n", "n").map(|text| serde_json::from_str(&text).unwrap());
        let block = json!({"decision": "block", "reason": "a \"b\"\n", "systemMessage": "n"});
        assert_eq!(of(Agent::Codex, Event::Stop), Some(block));
        let specific = json!({"hookEventName": "PostToolUse", "additionalContext": "a \"b\"\n"});
        let context = json!({"hookSpecificOutput": specific, "systemMessage": "n"});
        assert_eq!(of(Agent::Codex, Event::PostToolUse), Some(context));
        for event in [Event::SessionEnd, Event::StopFailure, Event::PermissionRequest, Event::Notification] {
            assert_eq!(of(Agent::Claude, event), None, "{event:?}");
        }
    }
}
