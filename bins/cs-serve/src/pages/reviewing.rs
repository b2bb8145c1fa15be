//! `/review/<uuid>`: a conversation for its reviewer: its prompts, and one turn, each text as it is and as it may be shown.
//! The page is made while it is read, in two passes over the logs.
//! Must stay true: what browsers remember of the page repeats nothing that a person redacted.

use super::figures::Top;
use super::review_entries::Writer;
use crate::asked::Asked;
use crate::http::reply::HTML;
use crate::http::target::encode;
use crate::http::{Refusal, Reply, Rest};
use crate::view::reviewed::{Said, engine, seen, seen_all};
use conversations::Heading;
use cs_core::id::Uuid;
use marks::{Mark, Marks, Others, Sanitizer};
use redaction::{Engine, Place};
use serde::Serialize;

/// Where the prompts and the turn come in the page.
const HERE: &[u8] = b"<!--review-->";
/// Marks in the list of all marks.
const LOG: usize = 200;

/// The variables of `reviewing.html`.
#[derive(Serialize)]
pub struct ReviewingPage<'a> {
    pub top: Top,
    pub uuid: &'a str,
    pub agent: &'static str,
    pub title: Option<&'a str>,
    /// What reports call it.
    pub shown_title: Option<String>,
    pub project: Option<&'a str>,
    pub sessions: &'a [String],
    pub bytes: String,
    pub said: Said,
    pub seen: String,
    /// What decides about a report, beside the logs.
    pub seen_all: String,
    /// The files of rules, and the digest that reports have of all rules.
    pub rules: Vec<String>,
    pub rules_digest: String,
    /// Number of marks that hold, and of lines that could not be read.
    pub marks: usize,
    pub damaged: usize,
    /// The newest marks, undone ones too, and how many are not in it.
    pub log: Vec<Logged>,
    pub older: usize,
}

/// A mark in the list of all.
#[derive(Serialize)]
pub struct Logged {
    pub id: String,
    pub op: &'static str,
    pub at: String,
    pub actor: String,
    /// What is said, and why.
    pub text: String,
    pub reason: String,
    /// The page with the entry; none: it is about the conversation.
    pub url: Option<String>,
    pub holds: bool,
}

impl Logged {
    fn of(mark: &Mark, marks: &Marks) -> Logged {
        let said = &mark.said;
        let entry = said.target.entry.as_deref().map(encode);
        Logged {
            id: mark.id.clone(),
            op: said.op.word(),
            at: cs_core::clock::stamp(mark.at),
            actor: mark.actor.clone(),
            text: said.with.clone().or_else(|| said.of.clone()).unwrap_or_default(),
            reason: said.reason.clone().unwrap_or_default(),
            url: entry.map(|entry| format!("?entry={entry}#e-{entry}")),
            holds: marks.holding().any(|holding| holding.id == mark.id),
        }
    }
}

/// The page without the entries.
pub fn render(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let store = asked.store();
    let found = asked.caches.conversations.find(store, id)?;
    let heading = Heading::read(store, &found)?;
    let mut engine = engine(store, &heading.about)?;
    let marks = Marks::of_conversation(store, &found, &Others::read(store)?, engine.key())?;
    let turn = asked.query.turn.unwrap_or(1);
    let frame = asked.render(&ReviewingPage {
        top: asked.top(),
        uuid: &found.uuid,
        agent: found.agent.word(),
        title: heading.title.as_deref(),
        shown_title: heading.title.as_deref().and_then(|title| shown_title(title, &marks, &mut engine)),
        project: heading.project.as_deref(),
        sessions: &heading.session_ids,
        bytes: render::format_bytes(found.bytes()),
        said: Said::about(&marks, None),
        seen: seen(&marks, None, ""),
        seen_all: seen_all(&marks, engine.rules().digest()),
        rules: engine.rules().files().into_iter().map(|path| path.display().to_string()).collect(),
        rules_digest: engine.rules().digest().chars().take(12).collect(),
        marks: marks.holding().count(),
        damaged: marks.damaged,
        log: marks.all.iter().rev().take(LOG).map(|mark| Logged::of(mark, &marks)).collect(),
        older: marks.all.len().saturating_sub(LOG),
    })?;
    let at = frame.body.windows(HERE.len()).position(|bytes| bytes == HERE).unwrap_or(frame.body.len());
    let (before, after) = frame.body.split_at(at);
    let tail = after.strip_prefix(HERE).unwrap_or_default().to_vec();
    let page = asked.query.page.unwrap_or(1).max(1);
    let mut writer = Some(Writer::new(asked, &found, (turn, page), marks, engine, tail));
    let next = move || match writer.as_mut()?.step() {
        Some(piece) => Some(piece),
        None => writer.take().map(Writer::finish),
    };
    Ok(Reply::begun(HTML, before.to_vec(), Rest::new(next)))
}

/// What a report calls the conversation; nothing if a person redacted something, which the title may repeat. The title of
/// the page, which browsers remember, is this.
fn shown_title(title: &str, marks: &Marks, engine: &mut Engine) -> Option<String> {
    let is_redacted = marks.damaged > 0 || marks.may_hide();
    let place = Place { path: None, kind: None, field: Some("title") };
    (!is_redacted).then(|| Sanitizer::new(engine, marks).text("", place, title).text.into_owned())
}
