//! Owns the words by which records and people name who does something without a seat: `user`, and `claude:` with the id of
//! a conversation. An agent in a seat is named by the seat's id. Pure.

use std::fmt::Display;

/// The person who uses the agents.
pub const USER: &str = "user";

/// What stands before the id of a conversation.
const BEFORE: &str = "claude:";

/// The word for a conversation.
pub fn word_of(uuid: impl Display) -> String {
    format!("{BEFORE}{uuid}")
}

/// The id in the word for a conversation, which may be no valid one; `None` if it is another word.
pub fn conversation(word: &str) -> Option<&str> {
    word.strip_prefix(BEFORE)
}

/// The word for an agent in a seat, else for a conversation.
pub fn word(agent_id: Option<&str>, uuid: Option<&str>) -> Option<String> {
    agent_id.map(str::to_string).or_else(|| uuid.map(word_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_a_conversation_is_read_back() {
        assert_eq!(word_of("e998"), "claude:e998");
        assert_eq!(conversation(&word_of("e998")), Some("e998"));
        assert_eq!((conversation(USER), conversation("e998")), (None, None));
        assert_eq!(word(Some("agent_a"), Some("e998")).as_deref(), Some("agent_a"));
        assert_eq!((word(None, Some("e998")), word(None, None)), (Some("claude:e998".to_string()), None));
    }
}
