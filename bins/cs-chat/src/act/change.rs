//! `/park`, `/done`, `/name`, `/interrupt`, `/kill`: changing sessions and agents, by the programs that do it for people.

use super::Call;
use crate::bot::Fault;
use crate::program::run;
use crate::reply::Reply;
use crate::who::Who;
use chat::store::{State, Stored};
use cs_core::clock;

/// How many seconds a question whether an agent is to be ended can be answered.
const CONFIRM_SECONDS: i64 = 60;

impl Call<'_, '_> {
    pub fn park(&self, who: &Who, reason: &str) -> Result<(), Fault> {
        match self.session(who) {
            Ok(id) => {
                let done = run("cs-session", &["park", &format!("--reason={reason}")], &[id]);
                self.answer_result(done.map(|_| format!("{} is parked", who.name())))
            }
            Err(text) => self.reply(&text),
        }
    }

    pub fn done(&self, who: &Who, outcome: &str) -> Result<(), Fault> {
        match self.session(who) {
            Ok(id) => {
                let done = run("cs-session", &["complete", &format!("--outcome={outcome}")], &[id]);
                self.answer_result(done.map(|_| format!("{} is completed", who.name())))
            }
            Err(text) => self.reply(&text),
        }
    }

    pub fn rename(&self, who: &Who, name: &str) -> Result<(), Fault> {
        match self.agent(who) {
            Ok(id) => {
                let done = run("cs-agent", &["name"], &[id, name]);
                self.answer_result(done.map(|_| format!("{} is called {name} now", who.name())))
            }
            Err(text) => self.reply(&text),
        }
    }

    pub fn interrupt(&self, who: &Who) -> Result<(), Fault> {
        match self.agent(who) {
            Ok(id) => {
                let done = run("cs-agent", &["interrupt"], &[id]);
                self.answer_result(done.map(|_| format!("{} was interrupted", who.name())))
            }
            Err(text) => self.reply(&text),
        }
    }

    /// Asks once more before an agent is ended.
    pub fn ask_kill(&self, who: &Who) -> Result<(), Fault> {
        if !self.desk.settings.kill {
            return self.reply("Not done: ending agents from a chat is off; set chat.telegram.kill in config.json.");
        }
        let id = match self.agent(who) {
            Ok(id) => id.to_string(),
            Err(text) => return self.reply(&text),
        };
        let until = self.now.timestamp().saturating_add(CONFIRM_SECONDS);
        let guard = &self.desk.guard;
        let text = guard.text(&format!(
            "End the agent {}? What it has not committed stays in its folder. The button works for a minute.",
            who.name()
        ));
        let key = (guard.text(&format!("End {}", who.name())).button(), format!("kill:{until:x}:{:x}:{id}", self.user));
        self.answer(&Reply { text, keys: vec![key] })
    }

    /// Ends an agent after the button was pressed: by the same person, once, within a minute.
    pub fn kill_confirmed(&self, data: &str) -> Result<(), Fault> {
        let mut parts = data.splitn(3, ':');
        let number = |text: Option<&str>| text.and_then(|text| i64::from_str_radix(text, 16).ok());
        let (until, user, id) = (number(parts.next()), number(parts.next()), parts.next().unwrap_or_default());
        let is_current = until.is_some_and(|until| clock::now().timestamp() <= until);
        if !self.desk.settings.kill || self.role < chat::Role::Admin || user != Some(self.user) {
            return self.reply("Not done: only the admin who asked for it can confirm this.");
        }
        if !is_current {
            return self.reply("Not done: the minute is over. Write /kill again.");
        }
        let key = format!("{}:{}", self.message.chat, self.message.id);
        let is_first = State::change(&self.desk.store.home, |state| {
            let is_first = state.pressed != Some(key.clone());
            state.pressed = Some(key);
            (is_first, is_first)
        });
        match is_first {
            Ok(true) => self.answer_result(run("cs-agent", &["kill"], &[id]).map(|_| "It was ended.".to_string())),
            Ok(false) => Ok(()),
            Err(error) => self.reply(&format!("Not done: {error}.")),
        }
    }

    fn session<'w>(&self, who: &'w Who) -> Result<&'w str, String> {
        match who.session.is_empty() {
            true => Err(format!("Not done: {} has no session yet.", who.name())),
            false => Ok(&who.session),
        }
    }

    fn agent<'w>(&self, who: &'w Who) -> Result<&'w str, String> {
        match who.agent.is_empty() {
            true => Err(format!("Not done: {} is no agent in a seat; it runs in a terminal of yours.", who.name())),
            false => Ok(&who.agent),
        }
    }
}
