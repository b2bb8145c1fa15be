//! Owns in which topic of a chat a message goes, and making that topic when it is first needed. Must stay true: two at once
//! make one topic; a topic that was deleted is made anew; in a chat without topics all goes into the chat itself.

use crate::bot::{Bot, Fault, Manner};
use crate::desk::Desk;
use crate::leaving::Leaving;
use chat::store::{Place, Stored, Topics};
use cs_core::clock;
use cs_core::error::Error;

/// Whose message it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The seat's id; empty if it is in none.
    pub agent: String,
    /// The seat's name.
    pub agent_name: String,
    /// The session's id; empty if it has none.
    pub session: String,
    /// The project's slug; empty without one.
    pub project: String,
    /// Its name for people.
    pub project_name: String,
}

impl Wanted {
    /// The keys under which a topic may be known, the most special first.
    fn keys(&self) -> Vec<String> {
        let key = |kind: &str, id: &str| (!id.is_empty()).then(|| format!("{kind}:{id}"));
        [key("session", &self.session), key("agent", &self.agent), self.own_key().map(|(key, _)| key)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The key of the topic that is made for it, and its name: that of the agent, else of the project.
    fn own_key(&self) -> Option<(String, String)> {
        match (self.agent.is_empty(), self.project.is_empty()) {
            (false, _) => Some((format!("agent:{}", self.agent), self.agent_name.clone())),
            (true, false) => Some((format!("project:{}", self.project), self.project_name.clone())),
            (true, true) => None,
        }
    }
}

/// Sends a message into the topic where it belongs; returns the topic and the number of the message.
pub fn send(
    desk: &Desk,
    chat: i64,
    wanted: &Wanted,
    text: &Leaving,
    manner: &Manner,
) -> Result<(Option<i64>, i64), Fault> {
    let topic = if desk.settings.topics { find(desk, chat, wanted)? } else { None };
    match desk.bot.send(Place { chat, topic }, text, manner) {
        Err(Fault::Refused(words)) if topic.is_some() && is_gone(&words) => {
            forget(desk, Place { chat, topic })?;
            let topic = find(desk, chat, wanted)?;
            Ok((topic, desk.bot.send(Place { chat, topic }, text, manner)?))
        }
        sent => Ok((topic, sent?)),
    }
}

/// Whether a topic was deleted or closed, by the words of the API.
fn is_gone(words: &str) -> bool {
    let words = words.to_lowercase();
    ["thread not found", "topic_deleted", "topic_closed", "topic_id_invalid", "topic deleted"]
        .iter()
        .any(|gone| words.contains(gone))
}

fn forget(desk: &Desk, place: Place) -> Result<(), Fault> {
    Topics::change(&desk.store.home, |topics| {
        topics.forget(place);
        (true, ())
    })
    .map_err(unknown)
}

/// The topic, which is made if there is none yet.
fn find(desk: &Desk, chat: i64, wanted: &Wanted) -> Result<Option<i64>, Fault> {
    let keys = wanted.keys();
    let known = Topics::read(&desk.store.home).map_err(unknown)?;
    if let Some(topic) = known.find(chat, &keys) {
        return Ok(Some(topic));
    }
    let Some((key, name)) =
        wanted.own_key().filter(|_| !known.of(chat).is_some_and(|of_chat| of_chat.is_plain(clock::now())))
    else {
        return Ok(None);
    };
    let name = desk.guard.text(&name).topic_name();
    // Under the lock, so that another program waits and finds the topic.
    Topics::change(&desk.store.home, |topics| match topics.find(chat, &keys) {
        Some(topic) => (false, Ok(Some(topic))),
        None => make(&desk.bot, topics, chat, key, &name),
    })
    .map_err(unknown)?
}

fn make(bot: &Bot, topics: &mut Topics, chat: i64, key: String, name: &Leaving) -> (bool, Result<Option<i64>, Fault>) {
    match bot.make_topic(chat, name) {
        Ok(topic) => {
            topics.of_mut(chat).topics.insert(key, topic);
            (true, Ok(Some(topic)))
        }
        // The chat is no forum, or the bot may not make topics: said once a day.
        Err(Fault::Refused(words)) => {
            topics.of_mut(chat).refused_at = clock::stamp(clock::now());
            let told = format!("the chat has no topics, so all goes into the chat itself for a day: {words}");
            cli::note(crate::PROGRAM, &told);
            (true, Ok(None))
        }
        Err(fault) => (false, Err(fault)),
    }
}

fn unknown(error: Error) -> Fault {
    Fault::Network(error.to_string())
}
