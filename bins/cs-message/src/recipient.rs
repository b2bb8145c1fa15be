//! Owns who gets a message: the words of a command line. Whether the caller may write to them is in `cli::seat::post`.

use cli::seat::Agents;
use cli::{Failure, Outcome};
use cs_core::error::Error;
use cs_core::live::Live;
use cs_core::who;
use seats::{Caller, Message, Seat, SenderKind, sight};

/// Who gets a message.
#[derive(Clone, Debug)]
pub enum Recipient<'a> {
    /// An agent, in its inbox.
    Seat(&'a Seat),
    /// A conversation that is in no seat: it is told at its next prompt.
    Conversation(&'a Live),
    /// The sender of the message that is answered, who has no inbox.
    Asker,
}

impl Recipient<'_> {
    fn id(&self) -> Option<&str> {
        match self {
            Recipient::Seat(seat) => Some(&seat.agent_id),
            Recipient::Conversation(live) => Some(&live.claude_session_id),
            Recipient::Asker => None,
        }
    }
}

/// The recipients that words name; without words the sender of the message that is answered. `text` is what the command
/// line says after them.
pub fn resolve<'a>(
    agents: &'a Agents,
    words: &[String],
    text: Option<&str>,
    answered: Option<&Message>,
) -> Outcome<Vec<Recipient<'a>>> {
    let mut all = Vec::new();
    match (words, answered) {
        ([], Some(message)) => all.push(asker(agents, message)?),
        ([], None) => {
            let hint = "cs-message send TO... TEXT; TO is an agent, parent or children";
            let is_recipient = text.is_some_and(|text| GROUPS.contains(&text) || agents.find(Some(text)).is_ok());
            let missing = if is_recipient { "the text is missing" } else { "no recipient is named" };
            return Err(Failure::Usage(missing.into(), Some(hint.into())));
        }
        _ => {}
    }
    for (n, word) in words.iter().enumerate() {
        match word.as_str() {
            "parent" => all.push(Recipient::Seat(parent(agents)?)),
            "children" => all.extend(children(agents)?.into_iter().map(Recipient::Seat)),
            who::USER => all.push(user(answered)?),
            name => all.push(match (agents.find(Some(name)), conversation(agents, name)) {
                (Ok(seat), _) => Recipient::Seat(seat),
                (Err(Failure::Core(Error::Missing(_))), Some(found)) => Recipient::Conversation(found?),
                (Err(failure), _) => return Err(unquoted(failure, n)),
            }),
        }
    }
    Ok(once(all))
}

/// The shortest part of an id that names a conversation.
const SHORT: usize = 4;

/// The running conversation without a seat that a person means by its id, its session's, or the beginning or end of one of
/// them; `None` if there is none, or an agent asks: agents write to seats.
fn conversation<'a>(agents: &'a Agents, name: &str) -> Option<Outcome<&'a Live>> {
    if agents.caller != Caller::Person {
        return None;
    }
    let ids =
        |live: &'a Live| [Some(live.claude_session_id.as_str()), live.session_id.as_deref()].into_iter().flatten();
    let is_part = |id: &str| name.len() >= SHORT && (id.starts_with(name) || id.ends_with(name));
    let without = || agents.lives.iter().filter(|live| !agents.seats.iter().any(|seat| sight::is_in(seat, live)));
    if let Some(live) = without().find(|live| ids(live).any(|id| id == name)) {
        return Some(Ok(live));
    }
    let mut found = without().filter(|live| ids(live).any(is_part));
    let first = found.next()?;
    Some(match found.next() {
        None => Ok(first),
        Some(_) => Err(Error::Invalid(format!("{name} may mean several conversations; write more of the id")).into()),
    })
}

/// Each recipient once: two words may name the same one.
fn once(all: Vec<Recipient>) -> Vec<Recipient> {
    let mut once: Vec<Recipient> = Vec::new();
    for recipient in all {
        if !once.iter().any(|known| known.id() == recipient.id()) {
            once.push(recipient);
        }
    }
    once
}

/// Words that name recipients without being the name of an agent.
const GROUPS: [&str; 3] = ["parent", "children", "user"];

/// The failure for the word at this place: a later one that names nobody may be part of a text without quotes.
fn unquoted(failure: Failure, place: usize) -> Failure {
    match failure {
        Failure::Core(Error::Missing(text)) if place > 0 => {
            Failure::Advised(text, "quote a text of several words".into())
        }
        other => other,
    }
}

fn asker<'a>(agents: &'a Agents, message: &Message) -> Outcome<Recipient<'a>> {
    match (message.from.kind, &message.from.agent_id) {
        (SenderKind::Agent, Some(id)) => Ok(Recipient::Seat(agents.find(Some(id))?)),
        (SenderKind::User | SenderKind::Conversation, _) => Ok(Recipient::Asker),
        _ => Err(Failure::Nothing(format!("{} has nobody who reads an answer", message.full_id()))),
    }
}

fn user<'a>(answered: Option<&Message>) -> Outcome<Recipient<'a>> {
    match answered.is_some_and(|message| message.from.kind == SenderKind::User) {
        true => Ok(Recipient::Asker),
        false => Err(Failure::Advised(
            "the user has no inbox".into(),
            "answer a message of the user with --reply-to, or ask in your own conversation".into(),
        )),
    }
}

fn parent(agents: &Agents) -> Outcome<&Seat> {
    let own = agents.own()?;
    match &own.parent {
        None => Err(Failure::Nothing(format!("{} has no parent: the user started it", own.title()))),
        Some(parent) => match &parent.agent_id {
            Some(id) => agents.find(Some(id)),
            None => Err(Failure::Nothing("your parent is a conversation without a seat, so it has no inbox".into())),
        },
    }
}

/// The open seats that the caller spawned.
fn children(agents: &Agents) -> Outcome<Vec<&Seat>> {
    let is_child = |seat: &&Seat| seat.status.is_open() && agents.caller.is_parent_of(seat);
    let children: Vec<&Seat> = agents.seats.iter().filter(is_child).collect();
    match children.is_empty() {
        true => Err(Failure::Nothing("you have no children that run".into())),
        false => Ok(children),
    }
}
