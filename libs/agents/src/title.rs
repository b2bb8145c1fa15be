//! Owns which part of a client's title is a name: markup of the client is removed, and a generated title without
//! meaning is ignored.

use crate::agent::Agent;
use crate::typed;
use cs_core::naming::Title;

/// A name that a person gave in the client; `None` if all of it comes from a program.
pub fn renamed(agent: Agent, text: &str) -> Option<Title> {
    let text = clean(text);
    (!text.is_empty()).then_some(Title { text, renamed: true, may_echo: agent.echoes_prompts() })
}

/// A title that the client generated; `None` if it is empty or a greeting.
pub fn found(text: &str) -> Option<Title> {
    let text = clean(text);
    let tells = !text.is_empty() && !typed::says_nothing(&text);
    tells.then_some(Title { text, renamed: false, may_echo: false })
}

/// A title as a record stores it; empty if all of it comes from a program.
fn clean(text: &str) -> String {
    let of = |text: String| Title { text, renamed: true, may_echo: false }.stored();
    typed::typed(text).map_or_else(String::new, |typed| of(typed.text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cut_and_masked() {
        let of = |text: &str| renamed(Agent::Claude, text).map(|title| title.text);
        for text in ["<system-reminder>x</system-reminder>", "\u{7}\u{1b}", "<ide_selection>torn", " \n "] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of("<ide_opened_file>a</ide_opened_file>\nlogin\u{1b}[31m\u{7}").as_deref(), Some("login [31m"));
        let secret = format!("token=ghp_{}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4");
        assert_eq!(of(&secret).as_deref(), Some("token=[masked]"));
    }

    #[test]
    fn a_generated_greeting_is_not_a_title() {
        assert_eq!(found("Hello"), None);
        assert_eq!(renamed(Agent::Claude, "ok").map(|title| title.text).as_deref(), Some("ok"), "a person may say so");
    }
}
