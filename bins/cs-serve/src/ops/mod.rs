//! Owns the changes that the dashboard makes, a closed list. Each calls the function of the program that does the same.
//!
//! Must stay true: a body is one object with the fields of its change and no others; a change says what its person saw
//! (`if`), and is refused if that is not so any more; nothing here changes settings, rules or paths, runs a command or
//! deletes.

mod control;
mod mark;
mod report;
mod session;

use crate::http::{Refusal, Reply};
use crate::power::Power;
use crate::view::Caches;
use crate::view::seen::seen;
use cs_core::record::Session;
use cs_core::{Error, clock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A change.
#[derive(Debug, Deserialize)]
#[serde(tag = "op")]
enum Op {
    #[serde(rename = "session.park")]
    Park(session::Park),
    #[serde(rename = "session.resume")]
    Resume(session::Resume),
    #[serde(rename = "session.complete")]
    Complete(session::Complete),
    #[serde(rename = "session.event")]
    Event(session::Event),
    #[serde(rename = "session.update")]
    Update(session::Update),
    #[serde(rename = "task.update")]
    UpdateTask(session::UpdateTask),
    #[serde(rename = "request.clear")]
    Clear(session::Clear),
    #[serde(rename = "mark.redact")]
    Redact(mark::Place),
    #[serde(rename = "mark.keep")]
    Keep(mark::Place),
    #[serde(rename = "mark.tag")]
    Tag(mark::Word),
    #[serde(rename = "mark.untag")]
    Untag(mark::Word),
    #[serde(rename = "mark.note")]
    Note(mark::Word),
    #[serde(rename = "mark.disposition")]
    Disposition(mark::Word),
    #[serde(rename = "mark.undo")]
    Undo(mark::Undo),
    #[serde(rename = "message.send")]
    Message(control::Message),
    #[serde(rename = "agent.spawn")]
    Spawn(control::Spawn),
    #[serde(rename = "agent.clear")]
    ClearAgent(control::Clear),
    #[serde(rename = "agent.restore")]
    Restore(control::Stop),
    #[serde(rename = "agent.interrupt")]
    Interrupt(control::Stop),
    #[serde(rename = "agent.kill")]
    Kill(control::Stop),
    #[serde(rename = "agent.name")]
    Name(control::Name),
    #[serde(rename = "report.make")]
    Report(report::Make),
}

impl Op {
    /// Whether it is about agents, which only `--control` allows.
    fn is_control(&self) -> bool {
        matches!(
            self,
            Op::Message(_)
                | Op::Spawn(_)
                | Op::ClearAgent(_)
                | Op::Restore(_)
                | Op::Interrupt(_)
                | Op::Kill(_)
                | Op::Name(_)
        )
    }
}

/// What a change of a session came to.
#[derive(Debug, Serialize)]
pub struct Done {
    done: bool,
    /// The session: the changed one, or the one that continues it.
    session_id: String,
    /// What is to be seen of it now: the next change's `if`.
    seen: String,
}

impl Done {
    fn of(session: &Session) -> Self {
        Done { done: true, session_id: session.session_id.clone(), seen: seen(session) }
    }

    fn reply(self) -> Reply {
        Reply::json(&self)
    }
}

/// Makes the change in the body of a request, if it is in one's power.
pub fn make(caches: &Caches, power: Power, body: &[u8]) -> Result<Reply, Refusal> {
    let (store, now) = (caches.store(), clock::now());
    let op: Op = object(body)?;
    if op.is_control() && power < Power::Control {
        let text = "this dashboard does not control agents; start it with --review --control";
        return Err(Refusal::new(403, "NO_CONTROL", text));
    }
    let made = match op {
        Op::Park(op) => op.make(store, now).map(Done::reply),
        Op::Resume(op) => op.make(store, now).map(Done::reply),
        Op::Complete(op) => op.make(store, now).map(Done::reply),
        Op::Event(op) => op.make(store, now).map(Done::reply),
        Op::Update(op) => op.make(store, now).map(Done::reply),
        Op::UpdateTask(op) => op.make(store, now).map(Done::reply),
        Op::Clear(op) => op.make(store, now).map(Done::reply),
        Op::Redact(op) => op.make(marks::Op::Redact, caches, now),
        Op::Keep(op) => op.make(marks::Op::Keep, caches, now),
        Op::Tag(op) => op.make(marks::Op::Tag, caches, now),
        Op::Untag(op) => op.make(marks::Op::Untag, caches, now),
        Op::Note(op) => op.make(marks::Op::Note, caches, now),
        Op::Disposition(op) => op.make(marks::Op::Disposition, caches, now),
        Op::Undo(op) => op.make(caches, now),
        Op::Message(op) => op.make(store, now),
        Op::Spawn(op) => op.make(store, now),
        Op::ClearAgent(op) => op.make(store, now),
        Op::Restore(op) => op.restore(store, now),
        Op::Interrupt(op) => op.interrupt(store, now),
        Op::Kill(op) => op.kill(store, now),
        Op::Name(op) => op.make(store, now),
        Op::Report(op) => op.make(caches, now),
    };
    made.map(|reply| reply.with("Cache-Control", "no-store")).map_err(conflict)
}

/// Why a change is refused that was decided on what is not so any more.
const STALE: &str = "this has changed since the page showed it; look at it again";

/// The refusal of such a change.
fn stale() -> Error {
    Error::Refused(STALE.to_string())
}

/// Refusals that depend on the state of what is changed, rather than on the request.
fn conflict(refusal: Refusal) -> Refusal {
    match refusal.text.as_str() {
        STALE => Refusal { status: 409, code: "STALE", ..refusal },
        _ => refusal,
    }
}

/// Reads a body, which is one object: serde would also take the fields in a list.
pub fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::new(400, "BAD_REQUEST", "the body must be one object"));
    }
    serde_json::from_slice(body).map_err(|error| bad(&error))
}

/// The refusal of a body. No text of it is repeated.
fn bad(error: &serde_json::Error) -> Refusal {
    let text =
        format!("the body is not a change that is known here (line {}, column {})", error.line(), error.column());
    Refusal::new(400, "BAD_REQUEST", &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::id::{SessionId, Slug};
    use cs_core::paths::Home;
    use cs_core::session::Start;
    use cs_core::store::Store;
    use serde_json::{Value, json};

    fn store(dir: &std::path::Path) -> (Store, Session) {
        let store = Store::for_people(Home::at(dir), agents::WITNESS);
        let start = Start { intent: "fix the login".into(), ..Start::default() };
        let made = store.create(&Slug::parse("api").unwrap(), start, |_| Ok(()), clock::now()).unwrap();
        (store, made)
    }

    fn caches(store: &Store) -> Caches {
        Caches::new(store.clone(), agents::logs::Roots::default())
    }

    fn send(store: &Store, change: &Value) -> Result<Value, u16> {
        let made = make(&caches(store), Power::Review, &serde_json::to_vec(change).unwrap());
        made.map(|reply| serde_json::from_slice(&reply.body).unwrap()).map_err(|refusal| refusal.status)
    }

    #[test]
    fn each_change_does_what_its_program_does() {
        let dir = tempfile::tempdir().unwrap();
        let (store, made) = store(dir.path());
        let id = SessionId::parse(&made.session_id).unwrap();
        let now = || seen(&store.session(&id).unwrap());
        let ok = |mut change: Value| {
            change["id"] = json!(id.as_str());
            change["if"] = json!(now());
            send(&store, &change).unwrap_or_else(|status| panic!("{change}: {status}"))
        };
        ok(json!({"op": "session.event", "message": "looked at it"}));
        ok(json!({"op": "session.update", "intent": "fix the whole login"}));
        store.request_action(&id, "which colour?", clock::now()).unwrap();
        ok(json!({"op": "request.clear"}));
        let add = |record: &mut Session| cs_core::task::add(record, "write tests", clock::now());
        let task = store.update(&id, clock::now(), add).unwrap().tasks[0].id.clone();
        ok(json!({"op": "task.update", "task": task, "status": "completed"}));
        let parked = ok(json!({"op": "session.park", "reason": "lunch", "next_steps": ["eat"]}));
        assert_eq!(parked["seen"], now());
        let record = store.session(&id).unwrap();
        assert_eq!((record.intent.as_str(), record.awaiting_action.as_deref()), ("fix the whole login", None));
        assert_eq!(record.events.last().unwrap().message, "looked at it");
        assert_eq!(record.tasks[0].status.as_str(), "completed");
        assert_eq!((record.status.as_str(), record.next_steps.as_slice()), ("parked", &["eat".to_string()][..]));
        let resumed = ok(json!({"op": "session.resume"}));
        assert_eq!(store.session(&id).unwrap().resumed_as.as_deref(), resumed["session_id"].as_str());
        let heir =
            json!({"op": "session.complete", "id": resumed["session_id"], "if": resumed["seen"], "outcome": "ok"});
        send(&store, &heir).unwrap();
        assert_eq!(send(&store, &heir), Err(409), "it is completed already");
    }

    #[test]
    fn what_was_not_seen_is_not_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (store, made) = store(dir.path());
        let id = SessionId::parse(&made.session_id).unwrap();
        let before = std::fs::read(store.home.session(&id)).unwrap();
        for change in [
            json!({"op": "session.park", "reason": "x"}),
            json!({"op": "session.resume"}),
            json!({"op": "session.complete"}),
            json!({"op": "session.event", "message": "x"}),
            json!({"op": "session.update", "intent": "x"}),
            json!({"op": "task.update", "task": "t1"}),
            json!({"op": "request.clear"}),
        ] {
            let with = |more: Value| {
                let mut change = change.clone();
                change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                send(&store, &change)
            };
            assert_eq!(with(json!({"id": id.as_str(), "if": "0000000000000000"})), Err(409), "{change}");
            assert_eq!(with(json!({"id": id.as_str()})), Err(400), "{change}: no if");
            assert_eq!(with(json!({"id": id.as_str(), "if": seen(&made), "other": 1})), Err(400), "{change}");
            assert_eq!(with(json!({"id": "../x", "if": ""})), Err(400), "{change}");
            assert_eq!(with(json!({"id": "sess_20261121T0337_ca5d", "if": ""})), Err(404), "{change}");
        }
        assert_eq!(std::fs::read(store.home.session(&id)).unwrap(), before);
    }

    #[test]
    fn a_body_is_one_change_of_the_list() {
        let dir = tempfile::tempdir().unwrap();
        let (store, made) = store(dir.path());
        let good =
            format!(r#"{{"op":"session.event","id":"{}","if":"{}","message":"x"}}"#, made.session_id, seen(&made));
        assert!(make(&caches(&store), Power::Review, good.as_bytes()).is_ok());
        for body in [
            String::new(),
            "{}".into(),
            "[]".into(),
            "null".into(),
            format!("[{good}]"),
            format!("{good}{good}"),
            format!("{good} x"),
            format!("\u{feff}{good}"),
            good.replace("session.event", "session.delete"),
            good.replace("session.event", "Session.event"),
            good.replace("\"op\"", "\"op\":\"session.event\",\"op\""),
            good.replace("\"id\"", "\"id\":\"x\",\"id\""),
            good.replace("\"x\"}", "\"x\",\"message\":\"y\"}"),
            good.replace("\"x\"}", "7}"),
            good.replace("\"x\"}", "\"\\ud800\"}"),
            "[".repeat(60_000),
            json!(["session.event", made.session_id, seen(&made), "x"]).to_string(),
            json!([{"op": "session.event"}, made.session_id, seen(&made), "x"]).to_string(),
            good.replace("\"x\"}", &format!("{}1{}}}", "[".repeat(200), "]".repeat(200))),
        ] {
            let refused = make(&caches(&store), Power::Review, body.as_bytes()).unwrap_err();
            assert_eq!((refused.status, refused.code), (400, "BAD_REQUEST"), "{body:.80}");
        }
        assert_eq!(make(&caches(&store), Power::Review, b"{\"op\":\"session.event\xff\"}").unwrap_err().status, 400);
    }
}
