//! `/send`, an answer to a notice, a text in a topic: messages to agents and sessions.

use super::Call;
use crate::bot::Fault;
use crate::leaving::Leaving;
use crate::program::{not_done, row_of_text, text};
use crate::receipts;
use crate::who::{self, Who};
use chat::store::{Notice, Notices, Place, Stored, Topics};
use cs_core::clock;

impl Call<'_, '_> {
    /// Sends a message. It reaches an agent in a seat by its hooks; to another conversation it is told at its next prompt.
    pub fn send(&self, who: &Who, message: &str) -> Result<(), Fault> {
        if who.agent.is_empty() && !self.runs(who) {
            return self.reply(&format!("Not done: {} does not run, so nobody can be told.", who.name()));
        }
        let sent = row_of_text("cs-message", &["send", "--by", "telegram"], &[who.id()], message);
        let (told, reason) = match &sent {
            Ok(sent) if !who.agent.is_empty() => {
                (format!("{} to {}", text(sent, "state"), who.name()), Some(receipts::sent(text(sent, "id"))))
            }
            Ok(_) => {
                let told = format!("queued: {} is told at its next prompt, because it is in no seat", who.name());
                (told, Some(receipts::QUEUED.to_string()))
            }
            Err(text) => (not_done(text), None),
        };
        let told = self.desk.guard.text(&told);
        let answer = self.desk.answer(self.message, &told.clone().into())?;
        if let (Some(message), Some(reason)) = (answer, reason) {
            self.remember(who, message, &reason, &told);
        }
        Ok(())
    }

    fn runs(&self, who: &Who) -> bool {
        // What is not known is decided by `cs-message`.
        let lives = self.desk.store.all_live();
        lives.map_or(true, |lives| lives.iter().any(|live| live.claude_session_id == who.conversation))
    }

    /// Remembers an answer of ours, so that an answer to it finds its way, and it is edited when the message was read.
    /// Without that the message itself is not affected.
    fn remember(&self, who: &Who, message: i64, reason: &str, text: &Leaving) {
        let notice = Notice {
            chat: self.message.chat,
            topic: self.message.topic,
            message,
            about: who.about(reason),
            text: text.as_str().to_string(),
            at: clock::stamp(self.now),
            closed_at: None,
        };
        let known = Notices::change(&self.desk.store.home, |notices| {
            notices.add(notice, self.now);
            (true, ())
        });
        if let Err(error) = known {
            cli::note(crate::PROGRAM, &error.to_string());
        }
    }

    /// A text without a command: for whom it is, is told by what it answers, or by the topic.
    pub fn text(&self, message: &str) -> Result<(), Fault> {
        let all = match who::all(self.desk.store, self.now) {
            Ok(all) => all,
            Err(text) => return self.reply(&not_done(&text)),
        };
        match self.answered(&all).or_else(|| self.of_topic(&all)) {
            Some(Ok(who)) => self.send(who, message),
            Some(Err(text)) => self.reply(&text),
            None => self.reply("For whom is this? Answer a notice, write in a topic, or use /send NAME TEXT."),
        }
    }

    /// Of what the answered message tells.
    fn answered<'w>(&self, all: &'w [Who]) -> Option<Result<&'w Who, String>> {
        let id = self.message.answers?;
        let notices = Notices::read(&self.desk.store.home).ok()?;
        let about = &notices.find(self.message.chat, id)?.about;
        let is_it = |who: &&Who| {
            let same = |own: &str, other: &str| !own.is_empty() && own == other;
            same(&who.agent, &about.agent) || same(&who.session, &about.session)
        };
        let gone = || "Not done: what this tells of is over; /list shows what is current.".to_string();
        Some(all.iter().find(is_it).ok_or_else(gone))
    }

    /// Whose topic it is.
    fn of_topic<'w>(&self, all: &'w [Who]) -> Option<Result<&'w Who, String>> {
        let place = Place { chat: self.message.chat, topic: Some(self.message.topic?) };
        let topics = Topics::read(&self.desk.store.home).ok()?;
        let owners = topics.owners(place);
        let owns = |who: &Who, key: &str| match key.split_once(':') {
            Some(("agent", id)) => who.agent == id,
            Some(("session", id)) => who.session == id,
            Some(("project", slug)) => who.project == slug,
            _ => false,
        };
        let found = owners.iter().map(|key| all.iter().filter(|who| owns(who, key)).collect::<Vec<_>>());
        let found: Vec<&Who> = found.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
        match found.as_slice() {
            [] if owners.is_empty() => None,
            [] => Some(Err("Not done: nothing current belongs to this topic; /list shows all.".into())),
            [one] => Some(Ok(one)),
            several => {
                let names: Vec<String> = several.iter().map(|who| who.name()).collect();
                Some(Err(format!(
                    "Not done: this topic is for several ({}). Use /send NAME TEXT, answer a notice, or /follow NAME.",
                    names.join(", ")
                )))
            }
        }
    }
}
