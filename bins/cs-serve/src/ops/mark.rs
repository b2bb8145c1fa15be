//! Owns what a person says about a conversation in the dashboard, as `cs-mark` does it.
//! Must stay true: what the person saw is compared under the lock of the marks; a text that is redacted is found again in
//! the log, and only its place and its digest are written.

use super::stale;
use crate::http::{Refusal, Reply};
use crate::view::Caches;
use crate::view::reviewed::seen;
use conversations::{Conversation, Cursor, Step, Wish};
use cs_core::clock::Instant;
use cs_core::id::Uuid;
use marks::{Extent, Mark, NewMark, Op, Target};
use redaction::Key;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;

/// `mark.redact` and `mark.keep`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    conversation: String,
    r#if: String,
    entry: String,
    field: Option<String>,
    /// Bytes of the field; none: all of it.
    span: Option<(usize, usize)>,
    /// Where else the text of the span is meant.
    everywhere: Option<Everywhere>,
    with: Option<String>,
    reason: String,
}

/// Wherever a text stands in the entry, or in all entries of the conversation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Everywhere {
    Entry,
    Conversation,
}

/// `mark.tag`, `mark.untag`, `mark.note` and `mark.disposition`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    conversation: String,
    r#if: String,
    entry: Option<String>,
    with: String,
    reason: Option<String>,
}

/// `mark.undo`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    conversation: String,
    r#if: String,
    entry: Option<String>,
    of: String,
    reason: String,
}

type Fields = Vec<(&'static str, Cow<'static, str>)>;

impl Place {
    pub fn make(&self, op: Op, caches: &Caches, now: Instant) -> Result<Reply, Refusal> {
        let of = find(caches, &self.conversation)?;
        let fields = fields_of(&of, &self.entry)?;
        let text = self.field.as_deref().map(|name| text_of(&fields, name)).transpose()?.unwrap_or_default();
        let key = Key::of_store(&caches.store().home)?;
        let targets = self.targets(op, &key, &fields, text, &of)?;
        let of_entry = |target: &&Target| target.entry.as_deref() == Some(&self.entry);
        let own: Vec<Target> = targets.iter().filter(of_entry).cloned().collect();
        marks::check_targets(&fields, &own, &self.reason, self.with.as_deref())?;
        let new = |target| NewMark { op, target, with: self.with.clone(), reason: Some(self.reason.clone()), of: None };
        let marks = targets.into_iter().map(new).collect();
        append(caches, &of, now, (Some(&self.entry), text, &self.r#if), marks)
    }

    fn targets(
        &self,
        op: Op,
        key: &Key,
        fields: &Fields,
        text: &str,
        of: &Conversation,
    ) -> Result<Vec<Target>, Refusal> {
        let name = self.field.as_deref();
        let Some((from, to)) = self.span else {
            return Ok(marks::targets(key, &self.entry, fields, name, &Extent::Whole)?);
        };
        let mut here = marks::targets(key, &self.entry, fields, name, &Extent::Span(from..to))?;
        let Some(everywhere) = self.everywhere.filter(|_| op == Op::Redact) else { return Ok(here) };
        let needle = said(name, text.get(from..to).unwrap_or_default());
        let find = |entry: &str, fields: &Fields| {
            match marks::targets(key, entry, fields, None, &Extent::Text(&needle)) {
                // An entry without the text.
                Err(cs_core::Error::Missing(_)) => Ok(Vec::new()),
                found => found,
            }
        };
        let (mut all, mut refused) = (find(&self.entry, fields)?, None);
        if everywhere == Everywhere::Conversation {
            each_entry(of, &mut |entry, fields| match find(entry, fields) {
                Ok(found) if entry != self.entry && all.len() <= marks::MOST_AT_ONCE => {
                    let new: Vec<Target> = found.into_iter().filter(|one| !all.contains(one)).collect();
                    all.extend(new);
                }
                Ok(_) => {}
                Err(error) => refused = refused.take().or(Some(error)),
            });
        }
        if let Some(error) = refused {
            return Err(error.into());
        }
        here.retain(|target| !all.contains(target));
        here.extend(all);
        Ok(here)
    }
}

/// What a selected text says: in JSON it is spelled with escapes.
fn said<'t>(field: Option<&str>, text: &'t str) -> Cow<'t, str> {
    if field == Some("input") { marks::decoded(text) } else { Cow::Borrowed(text) }
}

impl Word {
    pub fn make(&self, op: Op, caches: &Caches, now: Instant) -> Result<Reply, Refusal> {
        let of = find(caches, &self.conversation)?;
        if let Some(entry) = &self.entry {
            fields_of(&of, entry)?;
        }
        let target = Target { entry: self.entry.clone(), ..Target::default() };
        let mark = NewMark { op, target, with: Some(self.with.clone()), reason: self.reason.clone(), of: None };
        append(caches, &of, now, (self.entry.as_deref(), "", &self.r#if), vec![mark])
    }
}

impl Undo {
    pub fn make(&self, caches: &Caches, now: Instant) -> Result<Reply, Refusal> {
        let of = find(caches, &self.conversation)?;
        let (reason, undone) = (Some(self.reason.clone()), Some(self.of.clone()));
        let mark = NewMark { op: Op::Undo, target: Target::default(), with: None, reason, of: undone };
        append(caches, &of, now, (self.entry.as_deref(), "", &self.r#if), vec![mark])
    }
}

fn find(caches: &Caches, id: &str) -> Result<Arc<Conversation>, Refusal> {
    caches.conversations.find(caches.store(), &Uuid::parse(id)?)
}

/// Passes the fields of each entry on; parts of an entry follow each other.
fn each_entry(of: &Conversation, each: &mut dyn FnMut(&str, &Fields)) {
    let (mut anchor, mut fields) = (String::new(), Fields::new());
    let mut add = |part: &agents::part::Part| {
        if part.anchor != anchor {
            each(&anchor, &fields);
            (anchor, fields) = (part.anchor.clone(), Fields::new());
        }
        fields.extend(marks::fields(part).into_iter().map(|(name, text)| (name, Cow::Owned(text.into_owned()))));
    };
    let (wish, mut cursor) = (Wish { copies: true, ..Wish::default() }, Cursor::new(of));
    while let Ok(Step::More) = cursor.step(&wish, &mut add) {}
    cursor.close(&wish, &mut add);
    each(&anchor, &fields);
}

/// The fields of all parts with an anchor.
fn fields_of(of: &Conversation, entry: &str) -> Result<Fields, Refusal> {
    let (mut fields, mut is_there) = (Fields::new(), false);
    let mut add = |part: &agents::part::Part| {
        if part.anchor != entry {
            return;
        }
        is_there = true;
        for (name, text) in marks::fields(part) {
            if !fields.iter().any(|(own, there)| *own == name && *there == text) {
                fields.push((name, Cow::Owned(text.into_owned())));
            }
        }
    };
    let (wish, mut cursor) = (Wish::default(), Cursor::new(of));
    while let Ok(Step::More) = cursor.step(&wish, &mut add) {}
    cursor.close(&wish, &mut add);
    if is_there { Ok(fields) } else { Err(Refusal::new(404, "NOT_FOUND", "the conversation has no such entry")) }
}

fn text_of<'f>(fields: &'f Fields, name: &str) -> Result<&'f str, Refusal> {
    let found = fields.iter().find(|(own, _)| *own == name).map(|(_, text)| text.as_ref());
    found.ok_or_else(|| Refusal::new(404, "NOT_FOUND", "the entry has no such field"))
}

/// Appends marks, if what was seen of the entry, and of the text, is still so.
fn append(
    caches: &Caches,
    of: &Conversation,
    now: Instant,
    (entry, text, was_seen): (Option<&str>, &str, &str),
    marks: Vec<NewMark>,
) -> Result<Reply, Refusal> {
    let undone: Vec<String> = marks.iter().filter_map(|mark| mark.of.clone()).collect();
    let check = |there: &marks::Marks| {
        let is_seen = seen(there, entry, text) == was_seen;
        // What is undone already was undone since the page was made.
        if is_seen && !undone.iter().any(|of| there.is_undone(of)) { Ok(()) } else { Err(stale()) }
    };
    let made = marks::append_all(caches.store(), &of.uuid, &marks::actor(), now, marks, check)?;
    let ids: Vec<&String> = made.iter().map(|mark: &Mark| &mark.id).collect();
    Ok(Reply::json(&json!({"done": true, "id": ids.first(), "ids": ids})))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops;
    use agents::logs::Roots;
    use cs_core::paths::Home;
    use cs_core::store::Store;
    use marks::Marks;
    use serde_json::Value;

    const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";

    fn caches(dir: &std::path::Path) -> Caches {
        let folder = dir.join("claude/projects/-x");
        std::fs::create_dir_all(&folder).unwrap();
        let call = json!({"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "echo \"é Ann\"", "description": "for Ann"}});
        let line = |uuid: &str, kind: &str, content: Value| {
            let origin = if kind == "user" { json!({"kind": "human"}) } else { Value::Null };
            json!({"type": kind, "uuid": uuid, "sessionId": UUID, "origin": origin,
                "timestamp": "2026-11-21T03:00:00.000Z", "message": {"id": uuid, "role": kind, "content": content}})
            .to_string()
        };
        let lines = [line("u1", "user", json!("é call Ann, Ann")), line("u2", "assistant", json!([call]))];
        std::fs::write(folder.join(format!("{UUID}.jsonl")), lines.join("\n") + "\n").unwrap();
        let mut roots = Roots::default();
        roots.folders.push((::agents::Agent::Claude, dir.join("claude")));
        Caches::new(Store::for_people(Home::at(dir), ::agents::WITNESS), roots)
    }

    fn send(caches: &Caches, change: Value) -> Result<Value, u16> {
        let made = ops::make(caches, crate::power::Power::Review, &serde_json::to_vec(&change).unwrap());
        made.map(|reply| serde_json::from_slice(&reply.body).unwrap()).map_err(|refusal| refusal.status)
    }

    fn marks(caches: &Caches) -> Marks {
        Marks::read(caches.store(), UUID).unwrap()
    }

    #[test]
    fn a_selection_becomes_a_place_and_is_never_written() {
        let dir = tempfile::tempdir().unwrap();
        let caches = caches(dir.path());
        let text = "é call Ann, Ann";
        let change = |span: [usize; 2], everywhere: Option<&str>| {
            json!({"op": "mark.redact", "conversation": UUID, "if": seen(&marks(&caches), Some("u1#0"), text),
                "entry": "u1#0", "field": "text", "span": span, "everywhere": everywhere, "reason": "a person"})
        };
        send(&caches, change([8, 11], None)).unwrap();
        assert_eq!(marks(&caches).all[0].said.target.span, Some((8, 11)));
        assert_eq!(send(&caches, change([1, 3], None)), Err(400), "inside of a character");
        assert_eq!(send(&caches, change([8, 80], None)), Err(400));
        assert_eq!(send(&caches, change([8, 8], None)), Err(400));
        let made = send(&caches, change([8, 11], Some("entry"))).unwrap();
        assert_eq!(made["ids"].as_array().unwrap().len(), 2);
        let input = json!({"command": "echo \"é Ann\"", "description": "for Ann"}).to_string();
        let at = input.find("\\\"é Ann").unwrap();
        let call = json!({"op": "mark.redact", "conversation": UUID, "if": seen(&marks(&caches), Some("u2#0"), &input),
            "entry": "u2#0", "field": "input", "span": [at, at + 8], "everywhere": "entry", "reason": "a person"});
        send(&caches, call).unwrap();
        let mut fields: Vec<Option<String>> =
            marks(&caches).all.iter().skip(3).map(|mark| mark.said.target.field.clone()).collect();
        fields.dedup();
        assert_eq!(fields, [Some("text".into()), Some("input".into())], "the command, and the input that repeats it");
        let file = std::fs::read_to_string(caches.store().home.marks(&Uuid::parse(UUID).unwrap())).unwrap();
        assert!(!file.contains("Ann"), "{file}");
        // In the other entry the name stands in the command, the input and the purpose.
        let made = send(&caches, change([8, 11], Some("conversation"))).unwrap();
        let now = marks(&caches);
        let there = |field: &str| {
            let is_it = |mark: &&Mark| {
                mark.said.target.field.as_deref() == Some(field)
                    && made["ids"].as_array().unwrap().contains(&json!(mark.id))
            };
            now.all.iter().filter(is_it).filter(|mark| mark.said.target.entry.as_deref() == Some("u2#0")).count()
        };
        assert_eq!((there("text"), there("input")), (1, 2));
        for (reason, with) in [("it is ANN there", None), ("a name", Some("Ann (a customer)"))] {
            let mut telling = change([8, 11], None);
            (telling["reason"], telling["with"]) = (json!(reason), json!(with));
            assert_eq!(send(&caches, telling), Err(400), "what is redacted is said: {reason}");
        }
        let mut whole = change([8, 11], None);
        let all = whole.as_object_mut().unwrap();
        all.remove("span");
        all.remove("field");
        (whole["if"], whole["reason"]) =
            (json!(seen(&marks(&caches), Some("u1#0"), "")), json!("he wrote: É call Ann,  Ann"));
        assert_eq!(send(&caches, whole), Err(400), "all of it is said");
        let mut other = change([8, 11], None);
        other["reason"] = json!("announced");
        send(&caches, other).unwrap();
    }

    #[test]
    fn what_was_not_seen_is_not_marked() {
        let dir = tempfile::tempdir().unwrap();
        let caches = caches(dir.path());
        let tag = |was_seen: &str| json!({"op": "mark.tag", "conversation": UUID, "if": was_seen, "entry": "u1#0", "with": "for-release"});
        let first = seen(&marks(&caches), Some("u1#0"), "");
        let made = send(&caches, tag(&first)).unwrap();
        assert_eq!(send(&caches, tag(&first)), Err(409), "somebody has tagged it");
        let now = || seen(&marks(&caches), Some("u1#0"), "");
        let undo = |was_seen: String| json!({"op": "mark.undo", "conversation": UUID, "if": was_seen, "entry": "u1#0", "of": made["id"], "reason": "no"});
        assert_eq!(send(&caches, undo(first)), Err(409));
        send(&caches, undo(now())).unwrap();
        assert_eq!(send(&caches, undo(now())), Err(409), "it is undone already");
        assert_eq!(marks(&caches).tags(), [""; 0]);
        let mut other = tag(&now());
        other["entry"] = json!("u9#0");
        assert_eq!(send(&caches, other), Err(404));
        let mut other = tag(&now());
        other["conversation"] = json!("5e1f0000-0000-4000-8000-0000000000bb");
        assert_eq!(send(&caches, other), Err(404));
        let mut other = tag(&now());
        other["more"] = json!(1);
        assert_eq!(send(&caches, other), Err(400));
    }
}
