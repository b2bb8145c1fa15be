//! Owns what lines of Claude Code's transcripts mean. The format is internal to that client and changes: every field is
//! optional and read separately, unknown lines are skipped.
//! Must stay true: when only counting is wanted, lines without usage are not parsed. Counting is fast because of this.

mod ended;
mod usage;

use self::ended::Ending;
use self::usage::{Part, SYNTHETIC, Usage};
use crate::agent::Agent;
use crate::content;
use crate::entry::{Asked, ClientSum, Context, Entry, Kind, Output, Response, Source, Stop, Thread, Tool, Via, Wanted};
use crate::tokens::Class;
use crate::{lenient, title, typed};
use cs_core::repair;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A line; `None` for anything but an object.
#[derive(Deserialize)]
struct Record<'a>(#[serde(borrow, deserialize_with = "lenient::object")] Option<Line<'a>>);

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag", rename = "isApiErrorMessage")]
    is_failure: Option<bool>,
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
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "agentId")]
    agent_id: Option<Cow<'a, str>>,
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

/// Finds the bytes that matter to counting. The quotes tell keys and whole values from text: inside a text they are
/// escaped.
pub(crate) struct Guesser {
    usage: memmem::Finder<'static>,
    user: memmem::Finder<'static>,
    tool_result: memmem::Finder<'static>,
}

impl Default for Guesser {
    fn default() -> Self {
        Guesser {
            usage: memmem::Finder::new("\"usage\""),
            user: memmem::Finder::new("\"user\""),
            tool_result: memmem::Finder::new("\"tool_result\""),
        }
    }
}

/// Types of lines about the whole conversation; the type is near the beginning of the line.
/// What stands in lines that begin a turn or a thread, besides prompts, or are put together with another line.
const LANDMARKS: [&str; 3] = ["\"queued_command\"", "\"compact_boundary\"", "\"toolUseResult\""];

const ABOUT_ALL: [&str; 3] = ["\"cost-state\"", "\"ai-title\"", "\"custom-title\""];

impl Guesser {
    /// Whether parts of other lines may depend on this one.
    pub(crate) fn is_landmark(&self, line: &[u8]) -> bool {
        let has = |word: &str| memmem::find(line, word.as_bytes()).is_some();
        let [queued, compact, result] = LANDMARKS;
        match self.tool_result.find(line) {
            // A result names the subagent that was started.
            Some(_) => has(result) && has("\"agentId\""),
            None => self.user.find(line).is_some() || has(queued) || has(compact),
        }
    }

    /// Whether a line may have usage, a prompt, a title or a sum.
    pub(crate) fn may_count(&self, line: &[u8]) -> bool {
        let head = line.get(..200).unwrap_or(line);
        self.usage.find(line).is_some()
            || ABOUT_ALL.iter().any(|word| memmem::find(head, word.as_bytes()).is_some())
            || (self.user.find(line).is_some() && self.tool_result.find(line).is_none())
    }
}

/// The entries of a line; `None` if it cannot be parsed. `number` is the line's.
pub(crate) fn entries<'a>(
    line: &'a [u8],
    number: u64,
    wanted: Wanted,
    room: &'a mut Vec<u8>,
) -> Option<Vec<Entry<'a>>> {
    if memmem::find(line.get(..200).unwrap_or(line), ABOUT_ALL[0].as_bytes()).is_some() {
        return sum(line, room);
    }
    let bytes = line;
    let Record(Some(mut line)) = repair::decode(line, room).ok()? else { return Some(Vec::new()) };
    let mut kinds =
        vec![Kind::Context(Context { cwd: line.cwd.take(), is_copy: line.forked.is_some(), ..Context::default() })];
    match line.kind.as_deref().unwrap_or_default() {
        "assistant" => answer(&line, number, wanted, &mut kinds)?,
        "user" => user(&line, bytes, wanted, &mut kinds),
        "ai-title" => kinds.extend(line.title.as_deref().and_then(title::found).map(|found| Kind::Title(found.text))),
        "custom-title" => kinds.extend(line.custom_title.as_deref().map(renamed)),
        _ => {}
    }
    let thread = if line.side == Some(true) { Thread::Side } else { Thread::Main };
    let at = line.timestamp.as_deref().and_then(lenient::millis);
    let (id, conversation, agent_id) = (line.uuid, line.session.unwrap_or_default(), line.agent_id);
    let entry = |kind| Entry {
        at,
        id: id.clone(),
        conversation: conversation.clone(),
        thread,
        agent_id: agent_id.clone(),
        block: 0,
        is_copy: false,
        is_repaired: false,
        kind,
    };
    Some(kinds.into_iter().map(entry).collect())
}

/// The entries of an answer's line. `None` if it has usage without the fields that belong to it.
fn answer<'a>(line: &Line<'a>, number: u64, wanted: Wanted, kinds: &mut Vec<Kind<'a>>) -> Option<()> {
    let Some(message) = &line.message else { return Some(()) };
    if wanted != Wanted::Counted {
        said(message.content, kinds);
        if line.is_failure == Some(true) {
            kinds.push(Kind::Stop(Stop::Failed, Cow::Borrowed("")));
        }
    }
    let Some(usage) = &message.usage else { return Some(()) };
    let model = message.model.clone().unwrap_or(Cow::Borrowed("unknown"));
    let named = message.id.clone().filter(|id| !id.is_empty()).or_else(|| line.uuid.clone());
    if model == SYNTHETIC {
        kinds.push(Kind::Synthetic(named));
        return Some(());
    }
    let at = line.timestamp.as_deref().and_then(lenient::millis)?;
    // Without any id each line is a call of its own.
    let is_named = named.is_some();
    let message = named.unwrap_or_else(|| Cow::Owned(format!("{:?}@{at}#{number}", line.session)));
    let answer = Response {
        message,
        part: None,
        is_named,
        request: line.request.clone(),
        reference: line.reference.clone(),
        class: class(line, usage, &model),
        lines: 1,
        searches: usage.searches(),
        tokens: usage.tokens(),
        cost_pico_usd: recorded(line).map_or(0, |cost| (cost * 1e12) as u64),
        model: model.clone(),
    };
    responses(answer, &usage.parts(&model, line.advisor.as_deref()), kinds);
    Some(())
}

/// The response of an answer and the calls inside it. The cost in the line covers all of them and is divided.
fn responses<'a>(mut answer: Response<'a>, parts: &[Part], kinds: &mut Vec<Kind<'a>>) {
    let sum = |sum: u64, part: &Part| sum.saturating_add(part.tokens().total());
    let all = parts.iter().fold(answer.tokens.total(), sum);
    let whole = u128::from(answer.cost_pico_usd);
    for part in parts {
        let share = (whole * u128::from(part.tokens().total())).checked_div(u128::from(all)).unwrap_or(0) as u64;
        answer.cost_pico_usd = answer.cost_pico_usd.saturating_sub(share);
        kinds.push(Kind::Response(part.response(&answer, share)));
    }
    kinds.push(Kind::Response(answer));
}

/// The cost in the line. 0 counts as unknown: some providers write it if they do not know the cost.
fn recorded(line: &Line) -> Option<f64> {
    line.cost.filter(|cost| *cost > 0.0)
}

fn class(line: &Line, usage: &Usage, model: &str) -> Class {
    let flags = [(recorded(line).is_some(), Class::RECORDED), (line.side == Some(true), Class::SIDE)];
    flags.into_iter().filter(|(set, _)| *set).fold(usage.class(model), |class, (_, flag)| class.with(flag))
}

/// The words of an answer that answers nothing (2.1.329).
const NO_ANSWER: &str = "No response requested.";

/// The agent's text and its tool calls.
fn said(content: Option<&RawValue>, kinds: &mut Vec<Kind>) {
    let room = &mut Vec::new();
    let blocks = content::blocks(content, room);
    let words = content::words(&blocks);
    if !words.is_empty() && words != NO_ANSWER {
        kinds.push(Kind::Answer(Cow::Owned(words)));
    }
    let calls = blocks.into_iter().filter(|block| block.kind.as_deref() == Some("tool_use"));
    kinds.extend(calls.map(|block| {
        let (name, input) = (block.name.unwrap_or_default(), block.input.unwrap_or_default());
        let tool = tool(&name, input.command);
        let own = |text: Option<Cow<str>>| text.map(|text| Cow::Owned(text.into_owned()));
        let asked = Asked {
            files: own(input.file_path.or(input.notebook_path)).into_iter().collect(),
            purpose: own(input.description),
            agent_type: own(input.subagent_type),
            name: Cow::Owned(name.into_owned()),
            ..Asked::default()
        };
        Kind::Call { id: owned(block.id), tool, asked }
    }));
}

fn owned(text: Option<Cow<str>>) -> Cow<'static, str> {
    Cow::Owned(text.unwrap_or_default().into_owned())
}

/// The kind of tool with this name.
fn tool(name: &str, command: Option<Cow<str>>) -> Tool<'static> {
    match name {
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => Tool::Edit,
        "AskUserQuestion" | "ExitPlanMode" => Tool::Ask,
        "Bash" => Tool::Run(owned(command)),
        _ => Tool::Other,
    }
}

/// The entries of a `user` line: a prompt that a person typed, results of tool calls, or news from the client.
fn user<'a>(line: &Line<'a>, bytes: &[u8], wanted: Wanted, kinds: &mut Vec<Kind<'a>>) {
    let content = line.message.as_ref().and_then(|message| message.content);
    if let Some(text) = prompt(line, content) {
        return kinds.push(Kind::Prompt(Cow::Owned(text), Via::Unknown));
    }
    if wanted == Wanted::Counted {
        return;
    }
    let room = &mut Vec::new();
    let blocks = content::blocks(content, room);
    let words = content::words(&blocks);
    if words.starts_with(typed::INTERRUPTED) {
        kinds.push(Kind::Stop(Stop::Interrupted, Cow::Borrowed("")));
    }
    if words.starts_with(typed::NEWS) {
        kinds.push(Kind::Injected(Cow::Borrowed(""), Source::News));
    }
    let results: Vec<_> = blocks.into_iter().filter(|block| block.kind.as_deref() == Some("tool_result")).collect();
    // What the line itself says is about its only result.
    let room = &mut Vec::new();
    let ending = if results.len() == 1 { repair::decode(bytes, room).unwrap_or_default() } else { Ending::default() };
    kinds.extend(results.into_iter().map(|block| {
        let text = content::words(&content::blocks(block.content, &mut Vec::new()));
        let end = ending.end(block.is_error == Some(true), &text);
        let (change, agent_id) = ending.made();
        Kind::Result {
            end,
            text: Cow::Owned(text),
            call: owned(block.call),
            change,
            agent_id,
            output: Output::default(),
        }
    }));
}

/// The text that a person typed; `None` if the client wrote the line.
fn prompt(line: &Line, content: Option<&RawValue>) -> Option<String> {
    let injected = [line.meta, line.summary, line.side].contains(&Some(true));
    let origin = line.origin.as_ref().and_then(|origin| origin.kind.as_deref());
    if injected || origin.is_some_and(|kind| kind != "human") {
        return None;
    }
    // Results of tools that mention usage get here too.
    let content = content.filter(|content| !content.get().contains("\"tool_result\""))?;
    content::typed(content, origin.is_some())
}

fn renamed(text: &str) -> Kind<'static> {
    Kind::Renamed(title::renamed(Agent::Claude, text).map_or_else(String::new, |title| title.text))
}

/// The client's own sum.
fn sum<'a>(line: &'a [u8], room: &'a mut Vec<u8>) -> Option<Vec<Entry<'a>>> {
    #[derive(Deserialize)]
    struct State {
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "sessionId")]
        session: String,
        #[serde(flatten)]
        sum: ClientSum,
    }
    let state: State = repair::decode(line, room).ok()?;
    let (conversation, kind) = (Cow::Owned(state.session), Kind::Sum(state.sum));
    let entry = Entry {
        at: None,
        id: None,
        conversation,
        thread: Thread::Main,
        agent_id: None,
        block: 0,
        is_copy: false,
        is_repaired: false,
        kind,
    };
    Some(if state.kind == "cost-state" { vec![entry] } else { Vec::new() })
}
