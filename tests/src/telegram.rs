//! A stand-in for the Bot API of Telegram on loopback: it holds updates and honours offsets, makes messages and topics, and
//! refuses what the real one refuses, in its words. Tests script failures, and read every call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The token of the bot; the file with the token of a test has it.
pub const TOKEN: &str = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K";
/// The chat and the person that tests allow.
pub const CHAT: i64 = -1001;
pub const USER: i64 = 42;

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub fields: Value,
}

/// What happens to the next call of a method instead of an answer.
#[derive(Clone, Debug)]
pub enum Instead {
    /// The API refuses, with this code and these words.
    Refuse(u16, &'static str),
    /// The API asks for a pause of so many seconds.
    TooMany(u64),
    /// The connection is closed in the middle of the answer, after the call was carried out.
    Cut,
    /// This comes, with this status.
    Raw(u16, String),
    /// The answer comes after this time.
    After(Duration),
}

#[derive(Default)]
struct Inner {
    updates: Vec<Value>,
    next_update: i64,
    asked: Vec<Asked>,
    script: BTreeMap<String, VecDeque<Instead>>,
    texts: BTreeMap<i64, String>,
    next_message: i64,
    topics: BTreeMap<i64, String>,
    next_topic: i64,
    is_plain: bool,
    pressed: BTreeSet<String>,
}

/// The stand-in; it ends with the test.
pub struct Telegram {
    pub address: String,
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

impl Telegram {
    /// Starts it on a free port.
    #[allow(clippy::new_without_default)] // it listens
    pub fn new() -> Telegram {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let first = Inner { next_update: 100, next_message: 10, next_topic: 500, ..Inner::default() };
        let inner = Arc::new((Mutex::new(first), Condvar::new()));
        let own = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = Arc::clone(&own);
                std::thread::spawn(move || serve(stream, &inner));
            }
        });
        Telegram { address, inner }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call of this method gets this instead of an answer.
    pub fn script(&self, method: &str, instead: Instead) {
        self.lock().script.entry(method.to_string()).or_default().push_back(instead);
    }

    /// Makes the chat one without topics.
    pub fn make_plain(&self) {
        self.lock().is_plain = true;
    }

    /// Forgets a topic, as if a person had deleted it.
    pub fn delete_topic(&self, topic: i64) {
        self.lock().topics.remove(&topic);
    }

    /// Forgets a message, as if a person had deleted it.
    pub fn delete_message(&self, message: i64) {
        self.lock().texts.remove(&message);
    }

    /// A person writes; returns the number of the message. `more` is merged into it.
    pub fn write(&self, user: i64, chat: i64, text: &str, more: Value) -> i64 {
        let now = now();
        let mut inner = self.lock();
        inner.next_message += 1;
        let id = inner.next_message;
        let mut message = json!({"message_id": id, "date": now, "chat": {"id": chat, "type": "supergroup"},
            "from": {"id": user, "is_bot": false, "first_name": "Ada"}, "text": text});
        for (key, value) in more.as_object().into_iter().flatten() {
            message[key] = value.clone();
        }
        drop(inner);
        self.update(json!({"message": message}));
        id
    }

    /// The person that tests allow writes in their chat.
    pub fn say(&self, text: &str) -> i64 {
        self.write(USER, CHAT, text, json!({}))
    }

    /// A person presses a button with this data, below this message.
    pub fn press(&self, user: i64, message: i64, data: &str) {
        let below = json!({"message_id": message, "date": 1, "chat": {"id": CHAT, "type": "supergroup"}});
        let id = format!("press-{message}-{data}");
        self.update(json!({"callback_query": {"id": id, "data": data, "message": below,
            "from": {"id": user, "is_bot": false, "first_name": "Ada"}}}));
    }

    /// Adds an update with the next number, unless it has one.
    pub fn update(&self, mut update: Value) {
        let mut inner = self.lock();
        if update.get("update_id").is_none() {
            update["update_id"] = json!(inner.next_update);
            inner.next_update += 1;
        }
        let id = update["update_id"].as_i64().unwrap_or_default();
        inner.next_update = inner.next_update.max(id.saturating_add(1));
        inner.updates.push(update);
        self.inner.1.notify_all();
    }

    /// Counts updates anew, from this number on, as the real server does after a week without any.
    pub fn count_anew(&self, first: i64) {
        let mut inner = self.lock();
        inner.updates.clear();
        inner.next_update = first;
    }

    /// All calls so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// The fields of all calls of a method.
    pub fn of(&self, method: &str) -> Vec<Value> {
        self.asked().into_iter().filter(|asked| asked.method == method).map(|asked| asked.fields).collect()
    }

    /// The texts that were sent, in their order.
    pub fn sent(&self) -> Vec<String> {
        self.of("sendMessage").iter().map(|fields| fields["text"].as_str().unwrap_or_default().to_string()).collect()
    }

    /// The text that was sent last.
    pub fn last(&self) -> String {
        self.sent().pop().unwrap_or_default()
    }

    /// The number of the last message, sent or written.
    pub fn last_message(&self) -> i64 {
        self.lock().next_message
    }

    /// What a message says now.
    pub fn text(&self, message: i64) -> Option<String> {
        self.lock().texts.get(&message).cloned()
    }

    /// The topics, by their numbers.
    pub fn topics(&self) -> BTreeMap<i64, String> {
        self.lock().topics.clone()
    }
}

fn serve(mut stream: TcpStream, inner: &(Mutex<Inner>, Condvar)) {
    let Some((path, body)) = read(&stream) else { return };
    let Some(method) = path.strip_prefix(&format!("/bot{TOKEN}/")) else {
        respond(
            &mut stream,
            401,
            &json!({"ok": false, "error_code": 401, "description": "Unauthorized"}).to_string(),
            false,
        );
        return;
    };
    let fields: Value = serde_json::from_slice(&body).unwrap_or_default();
    let lock = || inner.0.lock().unwrap_or_else(PoisonError::into_inner);
    let instead = {
        let mut inner = lock();
        inner.asked.push(Asked { method: method.to_string(), fields: fields.clone() });
        inner.script.get_mut(method).and_then(VecDeque::pop_front)
    };
    let mut is_cut = false;
    match instead {
        Some(Instead::Refuse(code, words)) => {
            let body = json!({"ok": false, "error_code": code, "description": words});
            return respond(&mut stream, code, &body.to_string(), false);
        }
        Some(Instead::TooMany(seconds)) => {
            let body = json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry later",
                "parameters": {"retry_after": seconds}});
            return respond(&mut stream, 429, &body.to_string(), false);
        }
        Some(Instead::Raw(status, body)) => return respond(&mut stream, status, &body, false),
        Some(Instead::Cut) => is_cut = true,
        Some(Instead::After(time)) => std::thread::sleep(time),
        None => {}
    }
    let answer = match method {
        "getUpdates" => updates(inner, &fields),
        _ => carry_out(&mut lock(), method, &fields),
    };
    let (status, body) = match answer {
        Ok(result) => (200, json!({"ok": true, "result": result})),
        Err(words) => (400, json!({"ok": false, "error_code": 400, "description": format!("Bad Request: {words}")})),
    };
    respond(&mut stream, status, &body.to_string(), is_cut);
}

/// Waits for updates from the offset on; those before it are forgotten. Asked for a number of the future it gives all that
/// it has (tdlib, `TQueue::get`).
fn updates(inner: &(Mutex<Inner>, Condvar), fields: &Value) -> Result<Value, String> {
    let offset = fields["offset"].as_i64().unwrap_or_default();
    let end = Instant::now() + Duration::from_secs(fields["timeout"].as_u64().unwrap_or_default());
    let mut guard = inner.0.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if offset <= guard.next_update + 10 {
            guard.updates.retain(|update| update["update_id"].as_i64().is_none_or(|id| id >= offset));
        }
        let left = end.saturating_duration_since(Instant::now());
        if !guard.updates.is_empty() || left.is_zero() {
            let most = usize::try_from(fields["limit"].as_u64().unwrap_or(100)).unwrap_or(100);
            return Ok(Value::Array(guard.updates.iter().take(most).cloned().collect()));
        }
        guard = inner.1.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn carry_out(inner: &mut Inner, method: &str, fields: &Value) -> Result<Value, String> {
    let number = |key: &str| fields[key].as_i64();
    let text = || -> Result<String, String> {
        let text = fields["text"].as_str().unwrap_or_default();
        match text.encode_utf16().count() {
            _ if text.trim().is_empty() => Err("message text is empty".into()),
            0..=4096 => Ok(text.to_string()),
            _ => Err("message is too long".into()),
        }
    };
    match method {
        "getMe" => Ok(json!({"id": 123_456, "is_bot": true, "first_name": "Ours", "username": "our_bot"})),
        "sendMessage" => {
            let text = text()?;
            if number("message_thread_id").is_some_and(|topic| !inner.topics.contains_key(&topic)) {
                return Err("message thread not found".into());
            }
            inner.next_message += 1;
            let id = inner.next_message;
            inner.texts.insert(id, text.clone());
            Ok(json!({"message_id": id, "date": 1, "chat": {"id": fields["chat_id"]}, "text": text}))
        }
        "editMessageText" => {
            let (text, id) = (text()?, number("message_id").unwrap_or_default());
            match inner.texts.get_mut(&id) {
                None => Err("message to edit not found".into()),
                Some(known) if *known == text => Err("message is not modified: the new text is the same".into()),
                Some(known) => {
                    known.clone_from(&text);
                    Ok(json!({"message_id": id, "text": text}))
                }
            }
        }
        "createForumTopic" if inner.is_plain => Err("the chat is not a forum".into()),
        "createForumTopic" => {
            let name = fields["name"].as_str().unwrap_or_default();
            if name.is_empty() || name.encode_utf16().count() > 128 {
                return Err("TOPIC_NAME_INVALID".into());
            }
            inner.next_topic += 1;
            inner.topics.insert(inner.next_topic, name.to_string());
            Ok(json!({"message_thread_id": inner.next_topic, "name": name}))
        }
        "answerCallbackQuery" => {
            let id = fields["callback_query_id"].as_str().unwrap_or_default().to_string();
            match inner.pressed.insert(id) {
                true => Ok(json!(true)),
                false => Err("query is too old and response timeout expired or query ID is invalid".into()),
            }
        }
        "sendChatAction" | "setMyCommands" => Ok(json!(true)),
        _ => Err(format!("no method {method}")),
    }
}

fn read(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_string();
    let mut length = 0;
    loop {
        let mut field = String::new();
        if reader.read_line(&mut field).ok()? == 0 || field.trim().is_empty() {
            break;
        }
        if let Some(value) = field.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

fn respond(stream: &mut TcpStream, status: u16, body: &str, is_cut: bool) {
    let date = cs_core::clock::now().format("%a, %d %b %Y %H:%M:%S GMT");
    let head = format!(
        "HTTP/1.1 {status} x\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let end = if is_cut { body.len() / 2 } else { body.len() };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body.as_bytes()[..end]));
}
