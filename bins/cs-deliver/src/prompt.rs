//! UserPromptSubmit: a turn begins. What waits comes with the prompt. What was delivered before, and nothing proved to have
//! been read, comes once again.

use crate::print;
use crate::seated::Seated;
use agents::Event;
use cs_core::error::Result;
use seats::{Channel, Message, Want};

pub fn on_prompt(seated: &Seated) -> Result<()> {
    let unread = seated.inbox.unread()?;
    let mine: Vec<&Message> = unread.iter().filter(|message| is_of(seated, message)).collect();
    let is_read = |message: &Message| is_of(seated, message) && is_in_prompt(seated, message);
    let is_ours = mine.iter().any(|message| is_read(message));
    if is_ours {
        seated.inbox.mark_read_if(is_read, seated.hook.now)?;
    } else if !mine.is_empty() && !mine.iter().any(|message| is_of_this_turn(seated, message)) {
        seated.inbox.redeliver(seated.uuid(), seated.hook.now)?;
    }
    // Important messages wake a working agent, too: the others then still wait for the end of its turn.
    let want = if is_ours { Want::Important } else { Want::Any };
    let messages = seated.take(want, Channel::Prompt)?;
    print(seated, Event::UserPromptSubmit, &messages)
}

fn is_of(seated: &Seated, message: &Message) -> bool {
    message.may_be_of(seated.uuid())
}

/// Whether the prompt is the message: so the client reports what woke it, or what came from its own queue.
fn is_in_prompt(seated: &Seated, message: &Message) -> bool {
    let head = seats::beginning(&message.message_id);
    seated.hook.payload.prompt.as_deref().is_some_and(|prompt| prompt.contains(&head))
}

/// Whether it was delivered in the turn to which the prompt belongs: a prompt that is typed during a turn has the id of
/// that turn, whose next event will prove that the message was read.
fn is_of_this_turn(seated: &Seated, message: &Message) -> bool {
    message.turn.is_some() && message.turn.as_deref() == seated.turn()
}
