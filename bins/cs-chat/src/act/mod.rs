//! Owns what a message or a button of an allowed person does: who may do it, and which command it is. Must stay true: a text
//! is data; a command that the person may not use does nothing.

mod change;
mod list;
mod look;
mod new;
mod say;
mod topic;

use crate::bot::Fault;
use crate::desk::Desk;
use crate::program::not_done;
use crate::reply::{Reply, place};
use crate::typing;
use crate::who::{self, Who};
use chat::{Button, Command, MENU, Message, Role};
use cs_core::clock::{self, Instant};

/// The most buttons below an answer.
const KEYS: usize = 12;

/// What a command is carried out with.
pub struct Call<'d, 's> {
    /// Settings, bot and rules.
    pub desk: &'d Desk<'s>,
    /// What the person may do.
    pub role: Role,
    /// The person.
    pub user: i64,
    /// The message.
    pub message: &'d Message,
    /// Now.
    pub now: Instant,
}

/// Carries out a message.
pub fn message(desk: &Desk, user: i64, message: &Message, bot_name: &str) -> Result<(), Fault> {
    let Some(role) = desk.settings.role(message.chat, user) else { return Ok(()) };
    let command = match chat::parse(&message.text, bot_name) {
        None => return Ok(()),
        Some(Err(text)) => return desk.reply(message, &text),
        Some(Ok(command)) => command,
    };
    if role < command.role() {
        let text = format!(
            "You may not do that here: it needs the role {}, and yours is {}.",
            command.role().as_str(),
            role.as_str()
        );
        return desk.reply(message, &text);
    }
    let call = Call { desk, role, user, message, now: clock::now() };
    typing::during(&desk.bot, place(message), || call.carry_out(command))
}

/// Carries out a button.
pub fn button(desk: &Desk, user: i64, button: &Button) -> Result<(), Fault> {
    desk.bot.answer_button(&button.id, None);
    let Some(role) = desk.settings.role(button.message.chat, user) else { return Ok(()) };
    let call = Call { desk, role, user, message: &button.message, now: clock::now() };
    let (what, id) = button.data.split_once(':').unwrap_or((&button.data, ""));
    typing::during(&desk.bot, place(&button.message), || match what {
        "what" => call.about(id, |call, who| call.what(who)),
        "kill" => call.kill_confirmed(id),
        _ => desk.reply(&button.message, "This button is of another version; /list shows the present ones."),
    })
}

impl Call<'_, '_> {
    fn carry_out(&self, command: Command) -> Result<(), Fault> {
        match command {
            Command::Help => self.help(),
            Command::List(filter) => self.list(filter.as_deref()),
            Command::What(name) => self.about(&name, |call, who| call.what(who)),
            Command::Message(name) => self.about(&name, |call, who| call.last_answer(who)),
            Command::Usage => self.usage(),
            Command::Limits => self.limits(),
            Command::Send(name, text) => self.about(&name, |call, who| call.send(who, &text)),
            Command::Text(text) => self.text(&text),
            Command::Park(name, reason) => self.about(&name, |call, who| call.park(who, &reason)),
            Command::Done(name, outcome) => self.about(&name, |call, who| call.done(who, &outcome)),
            Command::New(project, text) => self.new_agent(&project, &text),
            Command::Name(name, new) => self.about(&name, |call, who| call.rename(who, &new)),
            Command::Interrupt(name) => self.about(&name, |call, who| call.interrupt(who)),
            Command::Kill(name) => self.about(&name, |call, who| call.ask_kill(who)),
            Command::Follow(name) => self.about(&name, |call, who| call.follow(who)),
            Command::Quiet(span) => self.quiet(span),
        }
    }

    /// Answers with a text of ours.
    pub fn reply(&self, text: &str) -> Result<(), Fault> {
        self.desk.reply(self.message, text)
    }

    /// Answers.
    pub fn answer(&self, reply: &Reply) -> Result<(), Fault> {
        self.desk.answer(self.message, reply).map(drop)
    }

    /// Answers with what a program said: that it is done, or why not.
    pub fn answer_result(&self, done: Result<String, String>) -> Result<(), Fault> {
        match done {
            Ok(text) => self.reply(&text),
            Err(text) => self.reply(&not_done(&text)),
        }
    }

    /// Does something with the one that a name means; if there are several, buttons or names are shown.
    fn about(&self, name: &str, act: impl FnOnce(&Self, &Who) -> Result<(), Fault>) -> Result<(), Fault> {
        let all = match who::all(self.desk.store, self.now) {
            Ok(all) => all,
            Err(text) => return self.reply(&not_done(&text)),
        };
        match who::named(&all, name).as_slice() {
            [] => self.reply(&format!("There is no current session or agent {name}. /list shows all.")),
            [one] => act(self, one),
            several => {
                let text = self
                    .desk
                    .guard
                    .text(&format!("{name} may mean several; nothing was done. Use one of these names:"));
                self.answer(&Reply { text, keys: self.keys(several) })
            }
        }
    }

    /// A button for each.
    fn keys(&self, all: &[&Who]) -> Vec<crate::bot::Key> {
        let key = |who: &&Who| {
            let name = self.desk.guard.text(&format!("{} ", who.name()));
            let label = name.then(&self.desk.guard.line(&who.conversation, &who.intent));
            (label.button(), format!("what:{}", who.id()))
        };
        all.iter().take(KEYS).map(key).collect()
    }

    fn help(&self) -> Result<(), Fault> {
        let settings = &self.desk.settings;
        let may = |entry: &&chat::Entry| entry.role <= self.role && (entry.word != "kill" || settings.kill);
        let mut lines: Vec<String> = MENU
            .iter()
            .filter(may)
            .map(|entry| format!("/{} {}: {}", entry.word, entry.args, entry.does).replace(" : ", ": "))
            .collect();
        lines.push(format!(
            "Your role is {}. No permission can be given here, and no command is run.",
            self.role.as_str()
        ));
        self.reply(&lines.join("\n"))
    }
}
