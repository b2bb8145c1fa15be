//! Owns the calls of the Bot API that this program makes. Must stay true: every text that goes out is a [`Leaving`]; a
//! message that is refused for its topic or its length is an answer, not a reason to try for ever.

use crate::curl::{self, Reply};
use crate::leaving::Leaving;
use chat::store::Place;
use chat::{Answer, Request, Settings, TokenFile, Update};
use cli::Failure;
use cs_core::error::Error;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long the server may keep a request for updates open.
pub const LONGEST_POLL: u64 = 50;
/// How many updates come at once. One has at most some 60 KB, and curl's output is read up to a megabyte.
const AT_ONCE: u64 = 10;
/// A call is not begun if it has less time.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest pause that is waited for within a call, and how often.
const PATIENCE: Duration = Duration::from_secs(30);
const TRIES: usize = 3;

/// Why a call did not do what it was to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server could not be reached, or what answered is no Bot API.
    Network(String),
    /// The server asks for a pause.
    TooMany(Duration),
    /// Another program asks for the updates of this bot, or a webhook is set.
    Conflict(String),
    /// The token is not that of a bot.
    Unauthorized,
    /// The server refused: its words.
    Refused(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Network(text) => write!(to, "the Bot API cannot be reached: {text}"),
            Fault::TooMany(pause) => write!(to, "the Bot API asks to wait for {} s", pause.as_secs()),
            Fault::Conflict(text) if text.contains("webhook") => {
                write!(to, "the messages of this bot go to a webhook of another program ({text})")
            }
            Fault::Conflict(text) => {
                write!(to, "another program reads the messages of this bot, perhaps on another machine ({text})")
            }
            Fault::Unauthorized => to.write_str("the Bot API does not know the token; cs-chat setup takes another one"),
            Fault::Refused(text) => write!(to, "the Bot API refuses: {text}"),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        match fault {
            Fault::Conflict(_) | Fault::TooMany(_) => Failure::Later(fault.to_string(), None),
            Fault::Unauthorized => Error::Invalid(fault.to_string()).into(),
            _ => Failure::Nothing(fault.to_string()),
        }
    }
}

/// A button: what stands on it, and what it gives back.
pub type Key = (Leaving, String);

/// What a message has besides its text.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Whether a phone makes no sound.
    pub is_silent: bool,
    /// The message that it answers.
    pub answers: Option<i64>,
    /// Buttons, one a line.
    pub keys: Vec<Key>,
}

/// A bot.
#[derive(Clone, Debug)]
pub struct Bot {
    api: String,
    file: TokenFile,
    /// The server's time at the last answer.
    date: RefCell<Option<String>>,
    /// When whoever waits for us ends this program.
    deadline: Option<Instant>,
}

impl Bot {
    /// The bot of these settings; reads the token.
    pub fn of(settings: &Settings) -> cs_core::error::Result<Bot> {
        Ok(Bot::new(&settings.api, TokenFile::read(&settings.config_file)?))
    }

    /// The bot with this token.
    pub fn new(api: &str, file: TokenFile) -> Bot {
        Bot { api: api.to_string(), file, date: RefCell::new(None), deadline: None }
    }

    /// Has all calls from now on end within this time: one that is ended from outside says nothing about what it did.
    pub fn hurry(&mut self, time: Duration) {
        self.deadline = Some(Instant::now() + time);
    }

    /// How much of a time is left until then.
    fn left(&self, time: Duration) -> Duration {
        self.deadline.map_or(time, |deadline| deadline.saturating_duration_since(Instant::now()).min(time))
    }

    /// Its number.
    pub fn number(&self) -> &str {
        self.file.token.bot()
    }

    /// The server's time at the last answer, as HTTP writes it.
    pub fn server_time(&self) -> Option<String> {
        self.date.borrow().clone()
    }

    /// Its name, by which commands in a group are addressed. Also a test of the token.
    pub fn name(&self) -> Result<String, Fault> {
        let me = self.call(&Request::new("getMe"), LIMIT)?;
        let name = me.get("username").and_then(Value::as_str).unwrap_or_default();
        Ok(name.to_string())
    }

    /// Fetches the next updates, from this number on; the server answers after `wait` seconds at the latest.
    pub fn updates(&self, next: i64, wait: u64) -> Result<Vec<Update>, Fault> {
        let wait = wait.min(LONGEST_POLL);
        let request = Request::new("getUpdates")
            .with("offset", next)
            .with("limit", AT_ONCE)
            .with("timeout", wait)
            .with("allowed_updates", json!(["message", "callback_query"]));
        let result = self.call(&request, LIMIT + Duration::from_secs(wait))?;
        Ok(Update::read_all(&result))
    }

    /// Sends a message; returns its number.
    pub fn send(&self, place: Place, text: &Leaving, manner: &Manner) -> Result<i64, Fault> {
        let mut request = at(Request::new("sendMessage"), place)
            .with("text", text.as_str())
            .with("disable_notification", manner.is_silent)
            .with("link_preview_options", json!({"is_disabled": true}));
        if let Some(message) = manner.answers {
            let reply = json!({"message_id": message, "allow_sending_without_reply": true});
            request = request.with("reply_parameters", reply);
        }
        if !manner.keys.is_empty() {
            request = request.with("reply_markup", keyboard(&manner.keys));
        }
        let sent = self.patiently(&request)?;
        sent.get("message_id").and_then(Value::as_i64).ok_or_else(|| Fault::Network("it named no message".into()))
    }

    /// Replaces the text of a message. One that has this text already is as good as edited; `false` if it was deleted.
    pub fn edit(&self, chat: i64, message: i64, text: &Leaving, keys: &[Key]) -> Result<bool, Fault> {
        let mut request = Request::new("editMessageText")
            .with("chat_id", chat)
            .with("message_id", message)
            .with("text", text.as_str())
            .with("link_preview_options", json!({"is_disabled": true}));
        if !keys.is_empty() {
            request = request.with("reply_markup", keyboard(keys));
        }
        match self.patiently(&request) {
            Ok(_) => Ok(true),
            Err(Fault::Refused(words)) if words.contains("not modified") => Ok(true),
            Err(Fault::Refused(words)) if words.contains("not found") || words.contains("can't be edited") => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Makes a topic; returns its number.
    pub fn make_topic(&self, chat: i64, name: &Leaving) -> Result<i64, Fault> {
        let request = Request::new("createForumTopic").with("chat_id", chat).with("name", name.as_str());
        let made = self.patiently(&request)?;
        let topic = made.get("message_thread_id").and_then(Value::as_i64);
        topic.ok_or_else(|| Fault::Network("it named no topic".into()))
    }

    /// Says that a button was pressed, with a text that the phone shows for a moment. The next update matters more than a
    /// phone that waits, so that a failure is no fault.
    pub fn answer_button(&self, id: &str, text: Option<&Leaving>) {
        let mut request = Request::new("answerCallbackQuery").with("callback_query_id", id);
        if let Some(text) = text {
            request = request.with("text", text.as_str());
        }
        let _ = self.call(&request, LIMIT);
    }

    /// Shows for five seconds that an answer is being made. A failure is no fault.
    pub fn show_typing(&self, place: Place) {
        let _ = self.call(&at(Request::new("sendChatAction"), place).with("action", "typing"), LIMIT);
    }

    /// Lists the commands in the chat's menu.
    pub fn set_commands(&self) -> Result<(), Fault> {
        let list: Vec<Value> = chat::MENU
            .iter()
            .map(|entry| json!({"command": entry.word, "description": format!("{} {}", entry.args, entry.does).trim()}))
            .collect();
        self.call(&Request::new("setMyCommands").with("commands", list), LIMIT).map(drop)
    }

    /// Makes a call, and again after a pause that the server asks for, if it is short.
    fn patiently(&self, request: &Request) -> Result<Value, Fault> {
        for _ in 1..TRIES {
            match self.call(request, LIMIT) {
                Err(Fault::TooMany(pause)) if pause <= self.left(PATIENCE) => thread::sleep(pause),
                other => return other,
            }
        }
        self.call(request, LIMIT)
    }

    fn call(&self, request: &Request, limit: Duration) -> Result<Value, Fault> {
        let limit = self.left(limit);
        if limit < SHORTEST {
            return Err(Fault::Network("there was no time left for it".into()));
        }
        let Reply { status, date, body } = curl::call(&self.api, &self.file, request, limit).map_err(Fault::Network)?;
        if date.is_some() {
            self.date.replace(date);
        }
        let hidden = |words: String| cli::sanitize(&self.file.token.hide_in(&words)).to_string();
        Err(match Answer::read(status, body.as_bytes()) {
            Answer::Ok(result) => return Ok(result),
            Answer::TooMany(pause) => Fault::TooMany(pause),
            Answer::Conflict(words) => Fault::Conflict(hidden(words)),
            Answer::Unauthorized => Fault::Unauthorized,
            // It may be well again soon, so that nothing follows from it.
            Answer::Refused(500.., words) => Fault::Network(hidden(words)),
            Answer::Refused(_, words) => Fault::Refused(hidden(words)),
            Answer::Foreign => Fault::Network(format!("what answers at {} is no Bot API (status {status})", self.api)),
        })
    }
}

fn at(request: Request, place: Place) -> Request {
    let request = request.with("chat_id", place.chat);
    match place.topic {
        Some(topic) => request.with("message_thread_id", topic),
        None => request,
    }
}

fn keyboard(keys: &[Key]) -> Value {
    let rows: Vec<Value> =
        keys.iter().map(|(text, data)| json!([{"text": text.as_str(), "callback_data": data}])).collect();
    json!({"inline_keyboard": rows})
}
