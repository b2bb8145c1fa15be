//! Owns what lines of Claude Code's transcripts mean. Formats are internal to that client and
//! change: every field is optional and read by itself, unknown lines are passed over, broken ones
//! counted.
//! Must stay true: a line that cannot matter is not parsed (that is what makes it fast).

use crate::call::{Call, Class};
use crate::content;
use crate::explain::{Named, Why};
use crate::facts::{ClientSum, Facts, Places, Prompt, Understood, hash};
use crate::lenient;
use crate::usage::{Part, SYNTHETIC, Usage};
use agents::{Agent, title};
use cs_core::{clock, dirs, repair};
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "sessionId")]
    session: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    cwd: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    uuid: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "requestId")]
    request: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "requestRef")]
    reference: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isSidechain")]
    side: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isMeta")]
    meta: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isCompactSummary")]
    summary: Option<bool>,
    #[serde(borrow, rename = "forkedFrom")]
    forked: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient::object")]
    origin: Option<Origin>,
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "advisorModel")]
    advisor: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::number", rename = "costUSD")]
    cost: Option<f64>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    message: Option<Message<'a>>,
    #[serde(default, deserialize_with = "lenient::string", rename = "aiTitle")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient::string", rename = "customTitle")]
    custom_title: Option<String>,
}

#[derive(Deserialize)]
struct Origin {
    #[serde(default, deserialize_with = "lenient::string")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    usage: Option<Usage<'a>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// What a line may be, judged by its bytes. The quotes tell keys and whole values from text:
/// inside a text they are escaped.
enum Guess {
    Answer,
    Prompt,
    State,
    Nothing,
}

/// Finds the bytes that matter.
pub struct Reader {
    usage: memmem::Finder<'static>,
    user: memmem::Finder<'static>,
    tool_result: memmem::Finder<'static>,
}

impl Default for Reader {
    fn default() -> Self {
        Reader {
            usage: memmem::Finder::new("\"usage\""),
            user: memmem::Finder::new("\"user\""),
            tool_result: memmem::Finder::new("\"tool_result\""),
        }
    }
}

impl Reader {
    fn guess(&self, line: &[u8]) -> Guess {
        let state = |head: &[u8]| {
            ["\"cost-state\"", "\"ai-title\"", "\"custom-title\""]
                .iter()
                .any(|word| memmem::find(head, word.as_bytes()).is_some())
        };
        if self.usage.find(line).is_some() {
            Guess::Answer
        } else if state(line.get(..200).unwrap_or(line)) {
            Guess::State
        } else if self.user.find(line).is_some() && self.tool_result.find(line).is_none() {
            Guess::Prompt
        } else {
            Guess::Nothing
        }
    }

    /// Takes a line into the facts.
    pub fn line(&self, facts: &mut Facts, places: &mut Places, line: &[u8]) -> Understood {
        match self.guess(line) {
            Guess::Nothing => return Understood::AsItIs,
            Guess::State if memmem::find(line, b"\"cost-state\"").is_some() => return client_sum(facts, line),
            _ => {}
        }
        let mut room = Vec::new();
        let Ok(line) = repair::decode::<Line>(line, &mut room) else { return Understood::Not };
        note_place(facts, &line);
        match line.kind.as_deref().unwrap_or_default() {
            "assistant" if answer(facts, places, &line).is_none() => return Understood::Not,
            "user" => drop(prompt(facts, &line)),
            "ai-title" | "custom-title" => titles(facts, &line),
            _ => {}
        }
        Understood::after(&room)
    }
}

/// Where the file's conversation began, and whether it is a copy.
fn note_place(facts: &mut Facts, line: &Line) {
    if facts.cwd.is_empty()
        && let Some(cwd) = line.cwd.as_deref()
    {
        facts.cwd = dirs::without_worktree(cwd).to_string();
    }
    facts.forked |= line.forked.is_some();
}

/// Adds the calls that an answer's line tells of. `None` if a field is missing that must be there.
fn answer(facts: &mut Facts, places: &mut Places, line: &Line) -> Option<()> {
    let Some(Message { usage: Some(usage), id, model, .. }) = &line.message else { return Some(()) };
    let model = model.as_deref().unwrap_or("unknown");
    if model == SYNTHETIC {
        return Some(());
    }
    let at = millis(line.timestamp.as_deref()?)?;
    // Without any id each line is a call of its own.
    let identity = identity(id, &line.uuid)
        .map_or_else(|| Cow::Owned(format!("{:?}@{at}#{}", line.session, facts.lines)), Cow::Borrowed);
    let call = Call {
        at,
        message: hash(&identity),
        request: line.request.as_deref().map_or(0, hash),
        reference: line.reference.as_deref().map_or(0, hash),
        session: facts.number(line.session.as_deref().unwrap_or_default()),
        model: facts.number(model),
        class: class(line, usage, model),
        lines: 1,
        searches: usage.searches(),
        tokens: usage.tokens(),
        cost: recorded(line).map_or(0, |cost| (cost * 1e12) as u64),
    };
    add(facts, places, call, usage.parts(model, line.advisor.as_deref()), &identity);
    Some(())
}

/// Adds an answer's call and those inside it. What the line says that it cost is that of all; each has its share.
fn add(facts: &mut Facts, places: &mut Places, mut answer: Call, parts: Vec<Part>, identity: &str) {
    let sum = |sum: u64, part: &Part| sum.saturating_add(part.tokens().total());
    let all = parts.iter().fold(answer.tokens.total(), sum);
    let whole = u128::from(answer.cost);
    for part in parts {
        let share = (whole * u128::from(part.tokens().total())).checked_div(u128::from(all)).unwrap_or(0) as u64;
        let call = part.call(&answer, identity, facts.number(part.model), share);
        answer.cost = answer.cost.saturating_sub(share);
        places.add(facts, call);
    }
    places.add(facts, answer);
}

/// The text by which an answer is known: the message's id, else the line's.
fn identity<'a>(message: &'a Option<Cow<str>>, line: &'a Option<Cow<str>>) -> Option<&'a str> {
    message.as_deref().filter(|id| !id.is_empty()).or(line.as_deref())
}

/// What the line says that it cost. Nothing is not a cost: some providers write it where they do not know.
fn recorded(line: &Line) -> Option<f64> {
    line.cost.filter(|cost| *cost > 0.0)
}

fn class(line: &Line, usage: &Usage, model: &str) -> Class {
    let flags = [(recorded(line).is_some(), Class::RECORDED), (line.side == Some(true), Class::SIDE)];
    flags.into_iter().filter(|(set, _)| *set).fold(usage.class(model), |class, (_, flag)| class.with(flag))
}

/// Notes a prompt that a person wrote, and not the client in their name.
fn prompt(facts: &mut Facts, line: &Line) -> Option<()> {
    let injected = [line.meta, line.summary, line.side].contains(&Some(true));
    let origin = line.origin.as_ref().and_then(|origin| origin.kind.as_deref());
    if injected || origin.is_some_and(|kind| kind != "human") {
        return None;
    }
    let content = line.message.as_ref()?.content?.get();
    // A tool's result may tell what an agent used, and so come here.
    if content.contains("\"tool_result\"") || !content::is_typed(content, origin.is_some()) {
        return None;
    }
    let at = millis(line.timestamp.as_deref()?)?;
    let session = facts.number(line.session.as_deref()?);
    facts.prompts.push(Prompt { at, id: hash(line.uuid.as_deref()?), session });
    Some(())
}

fn titles(facts: &mut Facts, line: &Line) {
    let session = facts.number(line.session.as_deref().unwrap_or_default());
    // As a record keeps it: they may hold secrets.
    let title = line.title.as_deref().and_then(title::found).map(|title| title.text);
    let renamed = |text: &str| title::renamed(Agent::Claude, text).map_or_else(String::new, |title| title.text);
    let custom_title = line.custom_title.as_deref().map(renamed);
    if let Some(talk) = facts.talk(session) {
        talk.title = title.or(talk.title.take());
        // An empty one takes the name away.
        talk.custom_title = custom_title.or(talk.custom_title.take()).filter(|title| !title.is_empty());
    }
}

fn client_sum(facts: &mut Facts, line: &[u8]) -> Understood {
    #[derive(Deserialize)]
    struct State {
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "sessionId")]
        session: String,
        #[serde(flatten)]
        sum: ClientSum,
    }
    let mut room = Vec::new();
    let Ok(state) = repair::decode::<State>(line, &mut room) else { return Understood::Not };
    if state.kind == "cost-state" {
        let session = facts.number(&state.session);
        if let Some(talk) = facts.talk(session) {
            talk.client = Some(state.sum);
        }
    }
    Understood::after(&room)
}

/// Milliseconds since the epoch, of RFC 3339 or of a number: seconds, or milliseconds if it is a large one.
pub fn millis(text: &str) -> Option<i64> {
    const LARGE: f64 = 1e11;
    // The end of the year 9999.
    const LAST: f64 = 253_402_300_799_999.0;
    let number = || text.parse().ok().map(|number: f64| if number < LARGE { number * 1000.0 } else { number });
    let at = clock::parse(text).map(|at| at.timestamp_millis());
    at.or_else(|| number().filter(|millis| (1.0..=LAST).contains(millis)).map(|millis| millis as i64))
}

/// What is said of the calls on an answer's line, for people; see `explain`.
pub fn named(line: &[u8]) -> Vec<Named> {
    let mut room = Vec::new();
    let Ok(line) = repair::decode::<Line>(line, &mut room) else { return Vec::new() };
    let request = line.request.as_deref();
    let Some(Message { usage: Some(usage), id, model, .. }) = &line.message else { return Vec::new() };
    let Some(identity) = identity(id, &line.uuid) else { return Vec::new() };
    let named = |hash: u64, part: Option<String>| Named::new(hash, identity, request, part);
    let parts = usage.parts(model.as_deref().unwrap_or("unknown"), line.advisor.as_deref()).into_iter();
    let parts = parts.map(|part| named(part.message(identity), Some(part.name)));
    [named(hash(identity), None)].into_iter().chain(parts).collect()
}

/// An answer that no model gave, for people; see `explain`.
pub fn synthetic(line: &[u8]) -> Option<Why> {
    memmem::find(line, SYNTHETIC.as_bytes())?;
    let mut room = Vec::new();
    let line: Line = repair::decode(line, &mut room).ok()?;
    let message = line.message.filter(|_| line.kind.as_deref() == Some("assistant"))?;
    message.model.filter(|model| model == SYNTHETIC).and(message.usage)?;
    Some(Why::Synthetic {
        session: line.session?.into_owned(),
        id: message.id.or(line.uuid).map(Cow::into_owned),
        at: line.timestamp.as_deref().and_then(millis),
    })
}
