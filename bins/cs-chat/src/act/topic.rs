//! `/follow` and `/quiet`: what this chat is told, and where.

use super::Call;
use crate::bot::Fault;
use crate::who::Who;
use chat::Span;
use chat::store::{State, Stored, Topics};
use cs_core::clock::{self, TimeDelta};

impl Call<'_, '_> {
    /// This topic is for that agent or session from now on.
    pub fn follow(&self, who: &Who) -> Result<(), Fault> {
        let Some(topic) = self.message.topic else {
            return self.reply("Write this in a topic: then it is for that session from now on.");
        };
        let key = match who.agent.is_empty() {
            false => format!("agent:{}", who.agent),
            true => format!("session:{}", who.session),
        };
        let done = Topics::change(&self.desk.store.home, |topics| {
            topics.follow(self.message.chat, topic, key);
            (true, ())
        });
        self.answer_result(
            done.map(|()| format!("This topic is for {} from now on.", who.name())).map_err(|e| e.to_string()),
        )
    }

    /// For how long only what is loud is told.
    pub fn quiet(&self, span: Span) -> Result<(), Fault> {
        let home = &self.desk.store.home;
        let until = match span {
            Span::Asked => {
                let state = State::read(home).unwrap_or_default();
                let until = state.quiet_until.as_deref().and_then(clock::parse).filter(|until| *until > self.now);
                return match until {
                    Some(until) => {
                        self.reply(&format!("Only what waits or failed is told until {}.", self.desk.hour(until)))
                    }
                    None => self.reply("Everything is told. /quiet 2h tells only what waits or failed."),
                };
            }
            Span::Off => None,
            Span::For(time) => Some(self.now + TimeDelta::from_std(time).unwrap_or_default()),
        };
        let done = State::change(home, |state| {
            state.quiet_until = until.map(clock::stamp);
            (true, ())
        });
        let told = match until {
            Some(until) => format!("Only what waits or failed is told until {}.", self.desk.hour(until)),
            None => "Everything is told again.".to_string(),
        };
        self.answer_result(done.map(|()| told).map_err(|error| error.to_string()))
    }
}
