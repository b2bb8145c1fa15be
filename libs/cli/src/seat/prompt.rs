//! Owns the prompt of an agent as its client gets it. Must stay true: it is never run as a command.

use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use agents::Agent;
use agents::launch;
use std::borrow::Cow;

/// The prompt as the client gets it. An empty one is a mistake on the command line.
pub fn checked(agent: Agent, text: &str) -> Outcome<String> {
    if text.trim().is_empty() {
        return Err(Failure::Usage("the prompt is empty".into(), None));
    }
    Ok(match launch::check_prompt(agent, text)? {
        Cow::Borrowed(text) => text.to_string(),
        Cow::Owned(text) => {
            note(program(), "the client would run this prompt as a command, so a line was put before it");
            text
        }
    })
}
