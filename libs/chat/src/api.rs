//! Owns the Bot API of Telegram as values (core.telegram.org/bots/api): what is asked, what is answered, and what people
//! sent. Must stay true: reading an update never fails, so that one that is not understood cannot stop those after it;
//! what was forwarded, edited, or sent by a bot or in the name of a chat is never a command.

use serde_json::{Map, Value};
use std::time::Duration;

/// The longest wait that an answer can ask for; who asks for more is asked again after this.
const LONGEST_WAIT: u64 = 3600;

/// A call of a method.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method, such as `sendMessage`.
    pub method: &'static str,
    /// Its parameters.
    pub fields: Map<String, Value>,
}

impl Request {
    /// A call without parameters.
    pub fn new(method: &'static str) -> Request {
        Request { method, fields: Map::new() }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Request {
        self.fields.insert(name.to_string(), value.into());
        self
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The result.
    Ok(Value),
    /// Too many calls (429): the next one may be made after this time.
    TooMany(Duration),
    /// Somebody else asks for the same bot's updates, or a webhook is set (409); the words of the API.
    Conflict(String),
    /// The token is not, or no longer, that of a bot (401, 404 of `/bot<token>/…`).
    Unauthorized,
    /// Anything else that the API refuses: its code and words.
    Refused(i64, String),
    /// No answer of a Bot API: not JSON, or not of this form.
    Foreign,
}

impl Answer {
    /// Reads the body of an answer. `status` is that of HTTP.
    pub fn read(status: u16, body: &[u8]) -> Answer {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(body) else { return Answer::Foreign };
        if fields.get("ok") == Some(&Value::Bool(true)) {
            return fields.remove("result").map_or(Answer::Foreign, Answer::Ok);
        }
        if fields.get("ok") != Some(&Value::Bool(false)) {
            return Answer::Foreign;
        }
        let code = fields.get("error_code").and_then(Value::as_i64).unwrap_or(i64::from(status));
        let mut words = fields.get("description").and_then(Value::as_str).unwrap_or("no reason given").to_string();
        let parameter = |name: &str| fields.get("parameters").and_then(|all| all.get(name)?.as_i64());
        // A group that gets topics becomes another chat.
        if let Some(chat) = parameter("migrate_to_chat_id") {
            words = format!("{words}; write its new number {chat} into chat.telegram.allow.chats");
        }
        match code {
            401 => Answer::Unauthorized,
            404 if words == "Not Found" => Answer::Unauthorized,
            409 => Answer::Conflict(words),
            429 => {
                let asked = parameter("retry_after").and_then(|asked| u64::try_from(asked).ok());
                Answer::TooMany(Duration::from_secs(asked.unwrap_or(1).clamp(1, LONGEST_WAIT)))
            }
            _ => Answer::Refused(code, words),
        }
    }
}

/// A message that a person sent, or that a button hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number in the chat.
    pub id: i64,
    /// The chat.
    pub chat: i64,
    /// The topic in it; `None` is the general one, or that there are none.
    pub topic: Option<i64>,
    /// The text; empty for a picture or the like.
    pub text: String,
    /// Seconds since 1970 when it was sent.
    pub date: i64,
    /// The number of the message that it answers. In a topic each message answers the one that made the topic, which is not
    /// meant by this.
    pub answers: Option<i64>,
    /// The name of the topic that it answers to, for a message in a topic whose number nobody remembers.
    pub topic_title: Option<String>,
}

/// A button that a person pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its id, which must be answered so that the phone stops waiting.
    pub id: String,
    /// What it gives back.
    pub data: String,
    /// The message that it hangs on; its text is empty if it is too old.
    pub message: Message,
}

/// Who sent something, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A person wrote.
    Message(Message),
    /// A person pressed a button.
    Button(Button),
    /// A person forwarded, edited or sent something that is no text; never a command.
    NoCommand(Message),
}

impl Incoming {
    /// The message in which it happened.
    pub fn message(&self) -> &Message {
        match self {
            Incoming::Message(message) | Incoming::NoCommand(message) => message,
            Incoming::Button(button) => &button.message,
        }
    }
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its number; each is greater than those before.
    pub id: i64,
    /// The person, their name for people, and what they sent; `None` if no person is known or the update is not understood.
    pub from: Option<(i64, String, Incoming)>,
}

impl Update {
    /// Reads an update; `None` without a number.
    pub fn read(value: &Value) -> Option<Update> {
        let id = value.get("update_id")?.as_i64()?;
        let from = of_message(value.get("message"), false)
            .or_else(|| of_message(value.get("edited_message"), true))
            .or_else(|| of_button(value.get("callback_query")));
        Some(Update { id, from })
    }

    /// Reads the result of `getUpdates`: in the order of their numbers, each once.
    pub fn read_all(result: &Value) -> Vec<Update> {
        let mut updates: Vec<Update> = result.as_array().into_iter().flatten().filter_map(Update::read).collect();
        updates.sort_by_key(|update| update.id);
        updates.dedup_by_key(|update| update.id);
        updates
    }
}

/// The fields of a message that a person made, besides those of messages that report a change of the chat.
const CONTENTS: [&str; 14] = [
    "text",
    "animation",
    "audio",
    "contact",
    "dice",
    "document",
    "location",
    "paid_media",
    "photo",
    "poll",
    "sticker",
    "video",
    "video_note",
    "voice",
];

fn of_message(value: Option<&Value>, is_edited: bool) -> Option<(i64, String, Incoming)> {
    let value = value?;
    let message = message(value)?;
    // In the name of a channel or of an anonymous administrator.
    if value.get("sender_chat").is_some() {
        return None;
    }
    let (user, name) = person(value.get("from")?)?;
    let is_forwarded = ["forward_origin", "forward_date", "forward_from", "forward_sender_name", "via_bot"]
        .iter()
        .any(|key| value.get(key).is_some());
    // A new title, a new member, a pinned message: nobody asks for anything.
    let has_content =
        is_forwarded || CONTENTS.iter().any(|key| value.get(key).is_some_and(|content| !content.is_null()));
    if !has_content {
        return None;
    }
    let is_command = !is_edited && !is_forwarded && !message.text.trim().is_empty();
    let incoming = if is_command { Incoming::Message(message) } else { Incoming::NoCommand(message) };
    Some((user, name, incoming))
}

fn of_button(value: Option<&Value>) -> Option<(i64, String, Incoming)> {
    let value = value?;
    let id = value.get("id")?.as_str()?.to_string();
    let data = value.get("data")?.as_str()?.to_string();
    let message = message(value.get("message")?)?;
    let (user, name) = person(value.get("from")?)?;
    Some((user, name, Incoming::Button(Button { id, data, message })))
}

/// The number and the name of a person; `None` for a bot.
fn person(from: &Value) -> Option<(i64, String)> {
    if from.get("is_bot").and_then(Value::as_bool) != Some(false) {
        return None;
    }
    let name =
        ["first_name", "last_name"].iter().filter_map(|key| from.get(key)?.as_str()).collect::<Vec<_>>().join(" ");
    Some((from.get("id")?.as_i64()?, name))
}

/// Reads a message.
pub fn message(value: &Value) -> Option<Message> {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_i64);
    let is_in_topic = value.get("is_topic_message").and_then(Value::as_bool) == Some(true);
    let topic = number(value, "message_thread_id").filter(|_| is_in_topic);
    let answered = value.get("reply_to_message");
    Some(Message {
        id: number(value, "message_id")?,
        chat: number(value.get("chat")?, "id")?,
        topic,
        text: value.get("text").and_then(Value::as_str).unwrap_or_default().to_string(),
        date: number(value, "date").unwrap_or_default(),
        answers: answered.and_then(|answered| number(answered, "message_id")).filter(|id| Some(*id) != topic),
        topic_title: answered
            .and_then(|answered| answered.get("forum_topic_created")?.get("name")?.as_str())
            .map(str::to_string),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent(extra: Value) -> Value {
        let mut message = json!({"message_id": 7, "date": 1_700_000_000, "chat": {"id": -5, "type": "supergroup"},
            "from": {"id": 42, "is_bot": false, "first_name": "Ada"}, "text": "/list"});
        extra.as_object().unwrap().iter().for_each(|(key, value)| message[key] = value.clone());
        message
    }

    fn incoming(update: Value) -> Option<Incoming> {
        Update::read(&update).unwrap().from.map(|(_, _, incoming)| incoming)
    }

    #[test]
    fn a_message_in_a_topic_answers_only_what_the_person_meant() {
        let of_topic = json!({"message_thread_id": 3, "is_topic_message": true, "reply_to_message": {"message_id": 3,
            "forum_topic_created": {"name": "api"}}});
        let Some(Incoming::Message(message)) = incoming(json!({"update_id": 1, "message": sent(of_topic)})) else {
            panic!()
        };
        assert_eq!((message.topic, message.answers, message.topic_title.as_deref()), (Some(3), None, Some("api")));
        let answer = json!({"message_thread_id": 3, "reply_to_message": {"message_id": 6}});
        let Some(Incoming::Message(message)) = incoming(json!({"update_id": 1, "message": sent(answer)})) else {
            panic!()
        };
        assert_eq!((message.topic, message.answers), (None, Some(6)), "a thread of a group without topics");
    }

    #[test]
    fn what_is_not_a_persons_own_new_text_is_no_command() {
        for extra in
            [json!({"forward_origin": {}}), json!({"forward_date": 1}), json!({"text": " "}), json!({"via_bot": {}})]
        {
            let got = incoming(json!({"update_id": 1, "message": sent(extra)}));
            assert!(matches!(got, Some(Incoming::NoCommand(_))), "{got:?}");
        }
        let mut photo = sent(json!({"photo": []}));
        photo.as_object_mut().unwrap().remove("text");
        let got = incoming(json!({"update_id": 1, "message": photo}));
        assert!(matches!(got, Some(Incoming::NoCommand(_))), "{got:?}");
        let mut joined = sent(json!({"new_chat_members": []}));
        joined.as_object_mut().unwrap().remove("text");
        assert_eq!(incoming(json!({"update_id": 1, "message": joined})), None, "nobody asks for anything");
        let edited = incoming(json!({"update_id": 1, "edited_message": sent(json!({}))}));
        assert!(matches!(edited, Some(Incoming::NoCommand(_))));
        for extra in
            [json!({"sender_chat": {"id": -5}}), json!({"from": {"id": 1, "is_bot": true}}), json!({"from": 7})]
        {
            assert_eq!(incoming(json!({"update_id": 1, "message": sent(extra)})), None);
        }
    }

    #[test]
    fn updates_come_in_order_and_once_and_strange_ones_only_count() {
        let all = json!([{"update_id": 3}, {"update_id": 2, "message": 7}, {"x": 1}, {"update_id": 3}, {"update_id": "4"}, 5]);
        let ids: Vec<i64> = Update::read_all(&all).iter().map(|update| update.id).collect();
        assert_eq!(ids, [2, 3]);
        assert_eq!(Update::read_all(&json!("x")), []);
    }

    #[test]
    fn every_answer_has_one_meaning() {
        let read = |status, body: &str| Answer::read(status, body.as_bytes());
        assert_eq!(read(200, r#"{"ok":true,"result":1}"#), Answer::Ok(json!(1)));
        assert_eq!(read(401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#), Answer::Unauthorized);
        assert_eq!(read(404, r#"{"ok":false,"error_code":404,"description":"Not Found"}"#), Answer::Unauthorized);
        let too_many = r#"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":5}}"#;
        assert_eq!(read(429, too_many), Answer::TooMany(Duration::from_secs(5)));
        assert_eq!(read(409, r#"{"ok":false,"description":"other"}"#), Answer::Conflict("other".into()));
        assert_eq!(read(400, r#"{"ok":false,"description":"bad"}"#), Answer::Refused(400, "bad".into()));
        let moved = r#"{"ok":false,"description":"moved","parameters":{"migrate_to_chat_id":-1007}}"#;
        assert!(
            matches!(read(400, moved), Answer::Refused(400, words) if words.contains("-1007 into chat.telegram.allow"))
        );
        for foreign in ["", "<html>", "{}", r#"{"ok":1}"#, r#"{"ok":true}"#, "[]"] {
            assert_eq!(read(200, foreign), Answer::Foreign, "{foreign}");
        }
    }

    #[test]
    fn a_button_knows_the_message_that_it_hangs_on() {
        let pressed =
            json!({"id": "9", "data": "what:1", "from": {"id": 42, "is_bot": false}, "message": sent(json!({}))});
        let Some(Incoming::Button(button)) = incoming(json!({"update_id": 1, "callback_query": pressed})) else {
            panic!()
        };
        assert_eq!((button.data.as_str(), button.message.id), ("what:1", 7));
    }
}
