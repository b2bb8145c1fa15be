//! `poll`: fetches what people wrote, once, and carries it out. Must stay true: what was taken is written down before it is
//! carried out, so that it happens at most once, whenever this program is killed; who is not allowed gets no answer; what
//! came too late is told, not done.

use crate::act;
use crate::bot::{Fault, LONGEST_POLL, Manner};
use crate::desk::Desk;
use crate::failed::Failed;
use crate::settle;
use argh::{ArgsInfo, FromArgs};
use chat::store::{self, Offset, Place, State, Stored, Taken};
use chat::{Incoming, Message, Update};
use cli::{Context, Failure, Form, Outcome};
use cs_core::clock::{self, Instant};
use cs_core::error::Error;
use serde::Serialize;

/// A message that is older when it comes is not carried out: the person who wrote it thinks of another state of things.
const TOO_OLD_SECONDS: i64 = 15 * 60;

/// fetch what was written to the bot, once, and carry it out
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "poll", example = "{command_name}", example = "{command_name} --wait 50")]
pub struct Poll {
    /// wait at most so many seconds for something to come (0 to 50; default: 0)
    #[argh(option, default = "0")]
    wait: u64,
}

/// What a poll did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Polled {
    /// Number of messages and buttons of allowed people that were carried out.
    pub carried_out: u64,
    /// Number of those that were not: too late, forwarded, edited, no text.
    pub left: u64,
    /// Number of those of others.
    pub strangers: u64,
}

impl Poll {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.wait > LONGEST_POLL {
            let text = format!("--wait takes at most {LONGEST_POLL} seconds");
            return Err(Failure::Usage(text, None));
        }
        let desk = Desk::open(context)?;
        let polled = fetch_once(&desk, self.wait, &|_| {})?;
        let settled = settle::settle(&desk);
        drop(desk);
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&polled)?,
            Form::Table => {
                let Polled { carried_out, left, strangers } = polled;
                context.out.line(&format!("carried out {carried_out}, left {left}, from strangers {strangers}"))?;
            }
        }
        context.out.flush()?;
        Ok(settled?)
    }
}

/// Fetches once, and carries out.
pub fn fetch_once(desk: &Desk, wait: u64, busy: &dyn Fn(bool)) -> Result<Polled, Failed> {
    let home = &desk.store.home;
    if !desk.settings.reads() {
        let hint = "set chat.telegram.allow in config.json, or call cs-chat setup";
        let text = "nobody is allowed to write to the bot, so nothing is read";
        return Err(Failure::Advised(text.into(), hint.into()).into());
    }
    let _only = store::only_poller(home).map_err(|error| match error {
        Error::Busy(_) => Failure::Later("another process of this machine reads the bot's messages".into(), None),
        other => other.into(),
    })?;
    let fetched = fetch(desk, wait, busy);
    note_end(desk, &fetched)?;
    fetched
}

/// Notes how a fetch ended, for `status` and `cs-setup doctor`.
fn note_end(desk: &Desk, fetched: &Result<Polled, Failed>) -> Result<(), Error> {
    let error = match fetched {
        Ok(_) => None,
        Err(Failed::Fault(fault)) => Some(fault.to_string()),
        Err(Failed::Other(_)) => return Ok(()),
    };
    let now = clock::now();
    let server = desk.bot.server_time().and_then(|date| clock::parse_http(&date));
    let ahead = server.map(|server| (now - server).num_seconds());
    State::change(&desk.store.home, |state| {
        if error.is_none() {
            state.polled_at = Some(clock::stamp(now));
        }
        state.error = error;
        state.clock_ahead = ahead.or(state.clock_ahead);
        (true, ())
    })
}

fn fetch(desk: &Desk, wait: u64, busy: &dyn Fn(bool)) -> Result<Polled, Failed> {
    let home = &desk.store.home;
    let bot = desk.bot.number();
    let offset = Offset::read(home)?;
    tell_lost(desk, &offset)?;
    let name = name(desk, &offset)?;
    let mut polled = Polled::default();
    let updates = desk.bot.updates(offset.of(bot), wait)?;
    if let Some(first) = updates.first().filter(|first| first.id < offset.of(bot)) {
        Offset::change(home, |offset| (true, offset.count_anew(first.id)))?;
    }
    for update in updates {
        busy(true);
        take(desk, &update, &name, &mut polled)?;
        busy(false);
    }
    Ok(polled)
}

/// Takes one update: carries out what an allowed person sent, and counts the others.
fn take(desk: &Desk, update: &Update, bot_name: &str, polled: &mut Polled) -> Result<(), Error> {
    let home = &desk.store.home;
    let is_allowed = allowed(desk, update);
    let taken = update.from.as_ref().filter(|_| is_allowed).map(|(_, _, incoming)| taken(update.id, incoming));
    let is_new = Offset::change(home, |offset| {
        let before = offset.clone();
        let is_new = offset.take(desk.bot.number(), update.id, taken);
        (*offset != before, is_new)
    })?;
    let Some((user, _, incoming)) = update.from.as_ref().filter(|_| is_new) else { return Ok(()) };
    if !is_allowed {
        polled.strangers += 1;
        let now = clock::stamp(clock::now());
        return State::change(home, |state| {
            state.strangers = state.strangers.saturating_add(1);
            state.stranger_at = Some(now);
            (true, ())
        });
    }
    match carry_out(desk, *user, incoming, bot_name) {
        true => polled.carried_out += 1,
        false => polled.left += 1,
    }
    Offset::change(home, |offset| {
        offset.finish(update.id);
        (true, ())
    })
}

/// Whether the person may do anything in this chat.
fn allowed(desk: &Desk, update: &Update) -> bool {
    update.from.as_ref().is_some_and(|(user, _, incoming)| desk.settings.role(incoming.message().chat, *user).is_some())
}

fn taken(update: i64, incoming: &Incoming) -> Taken {
    let message = incoming.message();
    let is_button = matches!(incoming, Incoming::Button(_));
    Taken { update, chat: message.chat, topic: message.topic, message: message.id, date: message.date, is_button }
}

/// The bot's name. It is asked for once, and again for another bot.
fn name(desk: &Desk, offset: &Offset) -> Result<String, Failed> {
    let home = &desk.store.home;
    let known = State::read(home)?.bot_name.filter(|_| offset.bot == desk.bot.number());
    if let Some(name) = known {
        return Ok(name);
    }
    let name = desk.bot.name()?;
    State::change(home, |state| {
        state.bot_name = Some(name.clone());
        (true, ())
    })?;
    Ok(name)
}

/// Carries out what a person sent; returns whether it was something to be carried out. A failure to answer is no reason to
/// do it again, and is noted.
fn carry_out(desk: &Desk, user: i64, incoming: &Incoming, bot_name: &str) -> bool {
    let message = incoming.message();
    let is_too_old = matches!(incoming, Incoming::Message(_)) && age(desk, message) > TOO_OLD_SECONDS;
    let told = match incoming {
        Incoming::Message(_) if is_too_old => {
            let text = "This came too late, so nothing was done: the bot did not read messages for a while. Send it again if you still want it.";
            desk.reply(message, text)
        }
        Incoming::NoCommand(_) => {
            let text = "Nothing was done: only a new text of your own is a command or a message (not one that was forwarded or edited, and no picture).";
            desk.reply(message, text)
        }
        Incoming::Message(message) => act::message(desk, user, message, bot_name),
        Incoming::Button(button) => act::button(desk, user, button),
    };
    if let Err(fault) = told {
        cli::note(crate::PROGRAM, &format!("an answer was not sent: {fault}"));
    }
    !is_too_old && !matches!(incoming, Incoming::NoCommand(_))
}

/// How many seconds ago the person sent it, by the server's clock if it is known.
fn age(desk: &Desk, message: &Message) -> i64 {
    let by_server = desk.bot.server_time().and_then(|date| clock::parse_http(&date));
    let now: Instant = by_server.unwrap_or_else(clock::now);
    now.timestamp().saturating_sub(message.date)
}

/// Says of each message that was taken and perhaps not carried out, because this program was killed, that it may be lost.
/// It is said again rather than not at all; what the server refuses to take is not said.
fn tell_lost(desk: &Desk, offset: &Offset) -> Result<(), Failed> {
    for one in &offset.taken {
        let text = desk.guard.text("This was perhaps not carried out: the program was ended meanwhile. Look with /list, and send it again if it was not.");
        let manner = Manner { answers: Some(one.message), ..Manner::default() };
        if desk.settings.chats.contains(&one.chat) {
            match desk.bot.send(Place { chat: one.chat, topic: one.topic }, &text, &manner) {
                Ok(_) | Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Offset::change(&desk.store.home, |offset| {
            offset.finish(one.update);
            (true, ())
        })?;
    }
    Ok(())
}
