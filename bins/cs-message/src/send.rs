//! `send`: stores messages in the inboxes of their recipients, and waits for an answer if asked to.

use crate::named::{Named, inbox};
use crate::recipient::{self, Recipient};
use crate::row;
use crate::span;
use crate::wait::{self, Awaited};
use argh::{ArgsInfo, FromArgs};
use cli::seat::post::{self, Way, log};
use cli::seat::{self, Agents, nudge};
use cli::{Context, Failure, Failures, Form, Outcome, STDIN, note, patience, words};
use cs_core::error::Error;
use cs_core::id::{SessionId, Uuid};
use cs_core::live::Live;
use cs_core::zone::Zone;
use cs_core::{store, validate, who};
use seats::{Caller, Draft, Inbox, Message, Mode, Replies, Sender, State, TELEGRAM, limits};
use serde::Serialize;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// send a message: the recipients, then the text
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "send",
    note = "The text is the last word, or - for standard input; after -- it may begin with a hyphen. Recipients are \
            agents, parent, children, me (only for later), or user, who gets an answer to --reply-to. The message is delivered at the end \
            of the recipient's turn, with --important after its next tool call; it never answers a dialog. A person may \
            also name a conversation that is in no seat: it is told at its next prompt.",
    example = "{command_name} builder \"the tests are green, go on\"",
    example = "git diff | {command_name} children --important --wait read -"
)]
pub struct Send {
    /// recipients, then the text
    #[argh(positional, arg_name = "to")]
    words: Vec<String>,
    /// deliver it after the recipient's next tool call
    #[argh(switch)]
    important: bool,
    /// interrupt the recipient's turn; only the user and agents above it may
    #[argh(switch)]
    urgent: bool,
    /// a second call with the same key stores nothing and prints the first message
    #[argh(option)]
    key: Option<String>,
    /// the message in your inbox that this answers; its sender is the default recipient
    #[argh(option)]
    reply_to: Option<String>,
    /// do not deliver it later than this: 90s, 10m, 1h, 2d
    #[argh(option)]
    expires: Option<String>,
    /// do not deliver it earlier than this: 90s, 10m, 1h, 2d
    #[argh(option)]
    after: Option<String>,
    /// the same as a time: 18:00, or 2026-11-21T18:00
    #[argh(option)]
    at: Option<String>,
    /// send a text file of at most 64 KiB instead of a text; it is copied
    #[argh(option)]
    file: Option<String>,
    /// by what the person sends it: telegram (for cs-chat)
    #[argh(option, hidden_help, from_str_fn(by))]
    by: Option<&'static str>,
    /// wait until this has happened: read or reply
    #[argh(option, from_str_fn(awaited))]
    wait: Option<Awaited>,
    /// wait at most so long: 30s, 5m; a number alone is in seconds (default: as long as the recipient runs)
    #[argh(option, from_str_fn(patience))]
    timeout: Option<Duration>,
}

fn awaited(word: &str) -> Result<Awaited, String> {
    words::choose(word, "what can be waited for", &[("read", Awaited::Read), ("reply", Awaited::Reply)])
}

fn by(word: &str) -> Result<&'static str, String> {
    words::choose(word, "a way by which a person sends", &[(TELEGRAM, TELEGRAM)])
}

/// What is sent, before it is known by whom.
enum Content {
    Text(String),
    File(String, Vec<u8>),
}

impl Send {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        self.check_options()?;
        let (names, content) = self.content()?;
        let agents = Agents::read(&context.store)?;
        let answered = self.reply_to.as_deref().map(|id| own_message(&agents, id)).transpose()?;
        let text = self.words.last().map(String::as_str);
        let recipients = recipient::resolve(&agents, &names, text, answered.as_ref())?;
        let draft = self.draft(context, &agents, &content, answered.as_ref())?;
        let mut failures = Failures::default();
        for recipient in &recipients {
            let sent = match recipient {
                Recipient::Asker => answer(context, &agents, answered.as_ref(), &content),
                Recipient::Seat(seat) => self.send(context, &agents, seat, draft.clone(), answered.as_ref()),
                Recipient::Conversation(live) => self.tell(context, &agents, live, &draft),
            };
            match sent {
                Ok(()) => {}
                Err(failure) if recipients.len() == 1 => {
                    context.out.flush()?;
                    return Err(failure);
                }
                Err(failure) => failures.report(failure)?,
            }
        }
        context.out.flush()?;
        failures.end()
    }

    fn check_options(&self) -> Outcome<()> {
        for (wrong, text) in [
            (self.important && self.urgent, "--important and --urgent exclude each other"),
            (self.after.is_some() && self.at.is_some(), "--after and --at exclude each other"),
            (self.timeout.is_some() && self.wait.is_none(), "--timeout needs --wait"),
        ] {
            if wrong {
                return Err(Failure::Usage(text.into(), None));
            }
        }
        Ok(())
    }

    /// The names of the recipients, and what is sent.
    fn content(&self) -> Outcome<(Vec<String>, Content)> {
        if let Some(path) = &self.file {
            let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
            let bytes = read_file(path)?;
            return Ok((seat::names(&self.words)?, Content::File(name.unwrap_or_default(), bytes)));
        }
        let hint = || Some("cs-message send TO... TEXT, or - for standard input, or --file FILE".to_string());
        let Some((text, names)) = self.words.split_last() else {
            return Err(Failure::Usage("neither a recipient nor a text is given".into(), hint()));
        };
        let is_read = text == STDIN;
        if is_read && names.iter().any(|name| name == STDIN) {
            return Err(Failure::Usage("standard input cannot be both recipients and text".into(), hint()));
        }
        // In `words`, what is not UTF-8 was replaced.
        if std::env::args_os().any(|word| word.to_str().is_none()) {
            return Err(Error::Invalid("the text is not UTF-8".into()).into());
        }
        let text = if is_read { read_text()? } else { text.clone() };
        match text.trim().is_empty() {
            true => Err(Failure::Usage("the text is empty".into(), hint())),
            false => Ok((seat::names(names)?, Content::Text(text))),
        }
    }

    fn draft(
        &self,
        context: &Context,
        agents: &Agents,
        content: &Content,
        answered: Option<&Message>,
    ) -> Outcome<Draft> {
        let now = context.now;
        let from = match (self.by, &agents.caller) {
            (None, _) => sender(context, &agents.caller, agents),
            (Some(_), Caller::Person) => Sender::by_telegram(),
            (Some(_), _) => return Err(Failure::Nothing("only a person sends by Telegram".into())),
        };
        let mut draft = match content {
            Content::Text(text) => Draft::new(from, text)?,
            Content::File(name, bytes) => Draft::of_file(from, name, bytes)?,
        };
        draft.mode = match (self.important, self.urgent) {
            (true, _) => Mode::Important,
            (_, true) => Mode::Urgent,
            _ => Mode::Sequential,
        };
        draft.expires_at = self.expires.as_deref().map(|text| span::ahead(text, now)).transpose()?;
        let after = self.after.as_deref().map(|text| span::ahead(text, now));
        let at = || self.at.as_deref().map(|text| span::at(text, Zone::system(), now));
        draft.not_before = after.or_else(at).transpose()?;
        if draft.expires_at.is_some_and(|expires| draft.not_before.is_some_and(|begins| expires <= begins)) {
            return Err(Error::Invalid("it would expire before it may be delivered".into()).into());
        }
        let draft = self.key.as_deref().map(|key| draft.clone().with_key(key)).unwrap_or(Ok(draft))?;
        Ok(answered.map(|message| draft.clone().replying(message)).unwrap_or(draft))
    }

    fn send(
        &self,
        context: &mut Context,
        agents: &Agents,
        seat: &seats::Seat,
        draft: Draft,
        answered: Option<&Message>,
    ) -> Outcome<()> {
        let way = Way { is_urgent: self.urgent, is_for_later: draft.not_before.is_some() };
        let own = agents.caller.seat().map(|own| inbox(agents, own)).transpose()?;
        let replies = Replies::begin(own.clone())?;
        let to = inbox(agents, seat)?;
        let sent = post::post(context, agents, seat, draft, way)?;
        if let (Some(own), Some(message)) = (&own, answered) {
            acknowledge(context, own, message)?;
        }
        if !sent.is_new {
            note(crate::PROGRAM, &format!("{} has this key already; nothing was stored", sent.message.full_id()));
        } else if !way.is_for_later {
            nudge::nudge(context, agents, seat, &to, &sent.message)?;
        }
        match self.wait {
            None => row::print(context, &sent.message),
            Some(awaited) => {
                wait::wait(context, &wait::Watch { agents, seat, to, replies }, awaited, &sent.message, self.timeout)
            }
        }
    }
}

/// What a conversation that was told something gets, as JSON.
#[derive(Serialize)]
struct Told<'a> {
    to: &'a str,
    session_id: Option<&'a str>,
    state: State,
}

/// The word in place of a message's id: such a text has no way through an inbox.
const NO_ID: &str = "now";

impl Send {
    /// Has a conversation that is in no seat told a text at its next prompt: nothing can wake it.
    fn tell(&self, context: &mut Context, agents: &Agents, live: &Live, draft: &Draft) -> Outcome<()> {
        let has_way = self.important || self.urgent || self.key.is_some() || self.expires.is_some();
        if has_way || self.after.is_some() || self.at.is_some() || self.wait.is_some() {
            let text = "a conversation in no seat is told at its next prompt, so no option says when";
            return Err(Failure::Usage(text.into(), None));
        }
        if self.file.is_some() {
            return Err(Failure::Usage("a conversation in no seat gets a text, not a file".into(), None));
        }
        if store::is_alive(live) == Some(false) {
            let text =
                format!("{} is gone: its process ended without a word, so nothing can be told", live.claude_session_id);
            return Err(Failure::Nothing(text));
        }
        let uuid = Uuid::parse(&live.claude_session_id)?;
        context.store.add_next(&uuid, &seats::single(NO_ID, draft))?;
        log(
            context,
            agents,
            NO_ID.into(),
            draft.from.word(),
            who::word(None, Some(&live.claude_session_id)).unwrap_or_default(),
        );
        let session_id = live.session_id.as_deref();
        match context.out.form {
            _ if context.out.quiet => context.out.line(&live.claude_session_id),
            Form::Json => {
                let told = Told { to: &live.claude_session_id, session_id, state: State::Queued };
                context.out.json(&told)
            }
            Form::Table => {
                let name = session_id.unwrap_or(&live.claude_session_id);
                context.out.line(&format!("queued: {name} is told at its next prompt"))
            }
        }
    }
}

/// The answer to a message is the sign that it was read.
fn acknowledge(context: &Context, own: &Inbox, answered: &Message) -> Outcome<()> {
    match own.ack(&answered.message_id, context.now) {
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Answers a message in the caller's inbox for a sender without an inbox.
fn answer(context: &mut Context, agents: &Agents, answered: Option<&Message>, content: &Content) -> Outcome<()> {
    let (Some(message), Content::Text(text)) = (answered, content) else {
        return Err(Failure::Usage("the user gets a text, not a file".into(), None));
    };
    let own = agents.own()?;
    let answered = inbox(agents, own)?.answer(&message.message_id, text, context.now)?;
    log(context, agents, answered.full_id(), own.agent_id.clone(), answered.from.word());
    row::print(context, &answered)
}

/// The message in the caller's inbox that is answered.
fn own_message(agents: &Agents, id: &str) -> Outcome<Message> {
    let own = agents.own()?;
    let named = Named::parse(agents, id)?;
    match named.seat.agent_id == own.agent_id {
        true => named.message(),
        false => Err(Failure::Nothing(format!("{id} is not a message of your inbox, so you cannot answer it"))),
    }
}

/// Who sends. A conversation without a seat is named by what its session is for.
fn sender(context: &Context, caller: &Caller, agents: &Agents) -> Sender {
    let Caller::Conversation(uuid) = caller else { return Sender::caller(caller, None) };
    let live = agents.lives.iter().find(|live| live.claude_session_id == *uuid);
    let id = live.and_then(|live| SessionId::parse(live.session_id.as_deref()?).ok());
    let intent = id.and_then(|id| context.store.session(&id).ok()).map(|session| session.intent);
    let title = intent.map(|intent| validate::cut(&intent, TITLE)).filter(|title| !title.is_empty());
    Sender::caller(caller, title.as_deref())
}

/// Characters of a conversation's title.
const TITLE: usize = 60;

fn read_text() -> Outcome<String> {
    let most = limits::FILE;
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::Invalid(format!("cannot read standard input: {error}")))?;
    if bytes.len() > most {
        let text = format!("the text has more than {most} bytes, at most {} characters are sent", limits::TEXT);
        return Err(Error::Invalid(text).into());
    }
    String::from_utf8(bytes).map_err(|_| Error::Invalid("standard input is not UTF-8".into()).into())
}

fn read_file(path: &str) -> Outcome<Vec<u8>> {
    let read = cs_core::open::foreign_bytes(Path::new(path), limits::FILE + 1);
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Missing(format!("no file {path}")).into(),
        _ => Error::Invalid(format!("cannot read {path}: {error}")).into(),
    })
}
