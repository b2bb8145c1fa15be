//! `notify`: reads one event of `cs-notify` on standard input and tells the chat. Must stay true: one message for a session
//! and question, however often it is told; an error makes `cs-notify` try again, so that none is lost; a message that was
//! perhaps sent, because this program was killed meanwhile, is sent again after two minutes, and until then counts as not
//! sent.

use crate::bot::{Fault, Manner};
use crate::desk::Desk;
use crate::leaving::Leaving;
use crate::program::text;
use crate::topics;
use crate::who::{self, Who};
use argh::{ArgsInfo, FromArgs};
use chat::store::{About, Notice, Notices, State, Stored};
use chat::{Event, Mirror};
use cli::{Context, Failure, Outcome};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::Error;
use serde_json::Value;
use std::io::Read;
use std::time::Duration;

/// How long an event may be.
const MOST: u64 = 1024 * 1024;
/// How long all of it may take: `cs-notify` ends a handler after ten seconds, if `notify.timeout_seconds` says nothing else.
const TIME: Duration = Duration::from_secs(9);
/// After this time a message that is being sent counts as not sent.
const SENDING: TimeDelta = TimeDelta::minutes(2);
/// The most messages for an event that tells of several sessions.
const AT_ONCE: usize = 20;

/// tell the chat of an event, which cs-notify writes to standard input
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "notify",
    note = "It is a handler of cs-notify: {{\"name\": \"telegram\", \"command\": [\"/path/to/cs-chat\", \"notify\"]}} in \
            notify.handlers of config.json, which cs-chat setup writes."
)]
pub struct Notify {}

impl Notify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
        let event: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Invalid(format!("standard input is no event of cs-notify: {error}")))?;
        let mut desk = Desk::open(context)?;
        desk.bot.hurry(TIME);
        let Some(chat) = desk.settings.chats.first().copied() else {
            let hint = "set chat.telegram.allow.chats in config.json, or call cs-chat setup";
            return Err(Failure::Advised("no chat is allowed, so nothing is told".into(), hint.into()));
        };
        let now = context.now;
        let is_quiet = State::read(&desk.store.home)?.is_quiet(now);
        let all = who::all(desk.store, now).unwrap_or_default();
        let wanted: Vec<Told> = each(&event)
            .map(|one| Told::of(one, &event))
            .filter(|told| told.kind.is_none_or(|kind| desk.settings.tells(kind) && (kind.is_loud() || !is_quiet)))
            .collect();
        for told in wanted.iter().take(AT_ONCE) {
            told.send(&desk, chat, &all, now)?;
        }
        if wanted.len() > AT_ONCE {
            Told::of_rest(&event, &wanted).send(&desk, chat, &all, now)?;
        }
        // The event is told: what is over is edited by the next poll, if not now.
        crate::settle::settle(&desk).unwrap_or_else(|error| cli::report(crate::PROGRAM, &error.into()));
        Ok(())
    }
}

/// The sessions of an event, or the event itself.
fn each(event: &Value) -> impl Iterator<Item = &Value> {
    match event.get("sessions").and_then(Value::as_array) {
        Some(sessions) => sessions.as_slice(),
        None => std::slice::from_ref(event),
    }
    .iter()
}

/// What a message tells.
struct Told<'e> {
    /// What kind of event it is; `None`: a test, which is always told.
    kind: Option<Event>,
    reason: &'e str,
    about: About,
    event: &'e Value,
    form: Form,
}

/// How an event is put in words.
enum Form {
    /// It tells of one session, and has a title and a body of its own.
    Whole,
    /// It is one of several sessions.
    Part,
    /// There are so many more sessions.
    Rest(usize),
}

/// Whether a message is to be sent.
enum Turn {
    /// Yes, by this process.
    Mine,
    /// It was sent.
    Told,
    /// Another process is sending it, or was killed while it did.
    Others,
}

/// The kind of event for a reason of `cs-notify` (core/FORMAT.md). One that a later version adds is told without a sound.
fn kind(reason: &str) -> Option<Event> {
    Some(match reason {
        "test" => return None,
        "waiting" => Event::Waiting,
        "failed" | "agent_failed" | "error" | "destructive" => Event::Failed,
        "agent_ended" => Event::Ended,
        "agent_spawned" => Event::Spawned,
        "done" | "agent_done" => Event::ChildDone,
        "stale" => Event::Stale,
        "parked" => Event::Parked,
        _ => Event::Limits,
    })
}

/// Whether what a reason tells of can be over: it is edited then.
pub fn ends(reason: &str) -> bool {
    matches!(reason, "waiting" | "failed" | "agent_failed" | "error" | "stale" | "parked")
}

impl<'e> Told<'e> {
    fn of(one: &'e Value, event: &'e Value) -> Told<'e> {
        let reason = text(one, "reason");
        let own = |key: &str| text(one, key).to_string();
        let about = About {
            session: own("session_id"),
            conversation: own("claude_session_id"),
            agent: own("agent_id"),
            reason: reason.to_string(),
            since: own("since"),
            limit: own("limit"),
            level: one.get("level").and_then(Value::as_u64),
        };
        let form = if std::ptr::eq(one, event) { Form::Whole } else { Form::Part };
        Told { kind: kind(reason), reason, about, event: one, form }
    }

    /// That there are more sessions than are told of one by one. It is as loud as the loudest of them.
    fn of_rest(event: &'e Value, wanted: &[Told]) -> Told<'e> {
        let rest = wanted.get(AT_ONCE..).unwrap_or_default();
        let kind = rest.iter().filter_map(|told| told.kind).max_by_key(|kind| kind.is_loud());
        let reason = text(event, "reason");
        let about = About { reason: reason.to_string(), since: text(event, "at").to_string(), ..About::default() };
        Told { kind, reason, about, event, form: Form::Rest(rest.len()) }
    }

    fn send(&self, desk: &Desk, chat: i64, all: &[Who], now: Instant) -> Outcome<()> {
        let home = &desk.store.home;
        let text = self.text(desk);
        let stamp = clock::stamp(now);
        let old = clock::stamp(now - SENDING);
        let mine = Notice {
            chat,
            topic: None,
            message: 0,
            about: self.about.clone(),
            text: text.as_str().to_string(),
            at: stamp.clone(),
            closed_at: None,
        };
        let turn = match self.kind {
            None => Turn::Mine,
            Some(_) => Notices::change(home, |notices| {
                let same = notices.notices.iter().filter(|one| one.chat == chat && one.about == self.about);
                match same.max_by_key(|one| one.message) {
                    Some(one) if one.message != 0 => (false, Turn::Told),
                    Some(one) if one.at > old => (false, Turn::Others),
                    _ => {
                        notices.notices.retain(|one| !(one.message == 0 && one.about == self.about));
                        notices.add(mine.clone(), now);
                        (true, Turn::Mine)
                    }
                }
            })?,
        };
        match turn {
            Turn::Mine => {}
            Turn::Told => return Ok(()),
            Turn::Others => {
                let text = "another process is sending this notice, or was ended while it did";
                return Err(Failure::Later(text.into(), None));
            }
        }
        let owner = all.iter().find(|who| {
            let same = |own: &str, other: &str| !own.is_empty() && own == other;
            same(&who.agent, &self.about.agent) || same(&who.session, &self.about.session)
        });
        let manner = Manner { is_silent: !self.kind.is_some_and(Event::is_loud), ..Manner::default() };
        let sent = topics::send(desk, chat, &self.topic(owner), &text.cut(chat::MOST_SHOWN), &manner);
        Notices::change(home, |notices| {
            let is_mine = |one: &&mut Notice| one.message == 0 && one.about == self.about && one.at == stamp;
            match (&sent, notices.notices.iter_mut().find(is_mine)) {
                (Ok((topic, message)), Some(notice)) => {
                    notice.topic = *topic;
                    notice.message = *message;
                    if !ends(self.reason) {
                        notice.closed_at = Some(stamp.clone());
                    }
                }
                (Err(_), Some(_)) => notices.notices.retain(|one| !(one.message == 0 && one.about == self.about)),
                (_, None) => {}
            }
            (true, ())
        })?;
        sent.map(drop).map_err(Fault::into)
    }

    /// Whose topic it belongs into: the agent's, the session's, the project's.
    fn topic(&self, owner: Option<&Who>) -> topics::Wanted {
        let project = text(self.event, "project");
        let name = owner.map(|who| who.seat_name.clone()).filter(|name| !name.is_empty());
        topics::Wanted {
            agent: self.about.agent.clone(),
            agent_name: name.unwrap_or_else(|| self.about.agent.clone()),
            session: self.about.session.clone(),
            project: project.to_string(),
            project_name: Some(text(self.event, "project_name"))
                .filter(|name| !name.is_empty())
                .unwrap_or(project)
                .to_string(),
        }
    }

    fn text(&self, desk: &Desk) -> Leaving {
        let guard = &desk.guard;
        let conversation = self.about.conversation.as_str();
        let name = text(self.event, "project_name");
        let is_about_nobody =
            [&self.about.conversation, &self.about.session, &self.about.agent].iter().all(|id| id.is_empty());
        match (&self.form, is_about_nobody) {
            (Form::Rest(count), _) => {
                let sessions = render::format_quantity(*count as u64, "more session");
                guard.text(&format!("{sessions}: /list shows what needs you"))
            }
            // Limits, budgets, a test: nothing of a conversation is in it.
            (Form::Whole, true) => guard.text(text(self.event, "text")),
            (Form::Whole, false) => {
                let title = guard.text(&format!("{}\n", text(self.event, "title")));
                // What was said at the end of a turn comes by itself, if it is mirrored.
                let is_mirrored = desk.settings.mirror != Mirror::Off && matches!(self.reason, "done" | "agent_done");
                let body = text(self.event, if is_mirrored { "intent" } else { "body" });
                title.then(&guard.line(conversation, body))
            }
            (Form::Part, _) => {
                let head = guard.text(&format!("{name}: {}\n", self.reason));
                let parts = [text(self.event, "intent"), text(self.event, "state_reason")];
                head.then(&guard.line(conversation, &parts.join(": ")))
            }
        }
    }
}
