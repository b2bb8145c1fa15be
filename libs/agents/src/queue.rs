//! Owns the command that gives a client a message while nothing of ours runs in it. Must stay true: the text is part of
//! one word, so that it is never an option. Facts: Codex 0.169 (`codex queue`): it comes as a prompt, after 10 s at most
//! if the client is idle, else after the turn; a dialog is left alone. Claude Code has none, and needs none: a hook
//! waits there.

use crate::agent::Agent;

/// The command, word by word; `None` if the client has no queue. `command` is the client's program and the arguments that
/// always come first; empty for the program's own name.
pub fn words(agent: Agent, command: &[String], conversation: &str, text: &str) -> Option<Vec<String>> {
    if agent != Agent::Codex {
        return None;
    }
    let mut words = if command.is_empty() { vec![agent.program().to_string()] } else { command.to_vec() };
    let rest = ["queue", "--thread", conversation, &format!("--message={text}")].map(str::to_string);
    words.extend(rest);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_an_option() {
        let of = |agent| words(agent, &[], "e998", "--help\n!x");
        assert_eq!(of(Agent::Codex).unwrap(), ["codex", "queue", "--thread", "e998", "--message=--help\n!x"]);
        assert_eq!(of(Agent::Claude), None);
        let own = words(Agent::Codex, &["/opt/codex".into(), "-x".into()], "e998", "y").unwrap();
        assert_eq!(own[..3], ["/opt/codex", "-x", "queue"]);
    }
}
