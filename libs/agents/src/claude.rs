//! Owns what lines of Claude Code's transcripts mean. The format is internal to that client and changes: every field is
//! optional and read separately, unknown lines are skipped.
//! Must stay true: when only counting is wanted, lines without usage are not parsed. Counting is fast because of this.

mod attached;
mod call;
mod ended;
mod line;
mod result;
pub(crate) mod sieve;
mod usage;
mod user;

use self::line::{Line, Record};
use self::usage::{Part, SYNTHETIC, Usage};
use crate::agent::Agent;
use crate::content;
use crate::entry::{ClientSum, Context, Entry, Kind, Link, Response, Stop, Thread, Wanted};
use crate::mark::Mark;
use crate::tokens::Class;
use crate::{lenient, title};
use cs_core::repair;
use serde::Deserialize;
use std::borrow::Cow;

/// Words that matter to counting. The quotes tell keys and whole values from text: inside a text they are escaped.
static USAGE: Mark = Mark::new("\"usage\"");
static USER: Mark = Mark::new("\"user\"");
static TOOL_RESULT: Mark = Mark::new("\"tool_result\"");
static COST_STATE: Mark = Mark::new("\"cost-state\"");
static AI_TITLE: Mark = Mark::new("\"ai-title\"");
static CUSTOM_TITLE: Mark = Mark::new("\"custom-title\"");

/// The beginning of a line, in which its type stands.
fn head(line: &[u8]) -> &[u8] {
    line.get(..200).unwrap_or(line)
}

/// Whether a line may have usage, a prompt, a title or a sum.
pub(crate) fn may_count(line: &[u8]) -> bool {
    // Types of lines about the whole conversation, and of prompts that are attachments.
    let about_all = [&COST_STATE, &AI_TITLE, &CUSTOM_TITLE, &attached::QUEUED];
    USAGE.is_in(line)
        || about_all.iter().any(|mark| mark.is_in(head(line)))
        || (USER.is_in(line) && !TOOL_RESULT.is_in(line))
}

/// The entries of a line; `None` if it cannot be parsed. `number` is the line's.
pub(crate) fn entries<'a>(
    bytes: &'a [u8],
    number: u64,
    wanted: Wanted,
    room: &'a mut Vec<u8>,
) -> Option<Vec<Entry<'a>>> {
    if COST_STATE.is_in(head(bytes)) {
        return sum(bytes, room);
    }
    let (record, mut is_repaired) = repair::decode_marked(bytes, room).ok()?;
    let Record(Some(mut line)) = record else { return Some(Vec::new()) };
    let mut kinds = vec![(0, Kind::Context(context(&mut line)))];
    match line.kind.as_deref().unwrap_or_default() {
        "assistant" => is_repaired |= answer(&line, number, wanted, &mut kinds)?,
        "user" => is_repaired |= user::of_line(&line, wanted, &mut kinds),
        "attachment" if wanted == Wanted::Full || attached::QUEUED.is_in(bytes) => {
            is_repaired |= attached::of_attachment(&line, wanted, &mut kinds);
        }
        "ai-title" => {
            kinds.extend(line.title.as_deref().and_then(title::found).map(|found| (0, Kind::Title(found.text))));
        }
        "custom-title" => kinds.extend(line.custom_title.as_deref().map(|title| (0, renamed(title)))),
        kind if wanted == Wanted::Full => rest(kind, &line, &mut kinds),
        _ => {}
    }
    if wanted == Wanted::Full {
        kinds.extend(forked_from(&line).map(|id| (0, Kind::Relation(Link::ForkedFrom, Cow::Owned(id)))));
    }
    let thread = if line.side == Some(true) { Thread::Side } else { Thread::Main };
    let at = line.timestamp.as_deref().and_then(lenient::millis);
    let is_copy = line.forked.is_some();
    let (id, conversation, agent_id) = (line.uuid, line.session.unwrap_or_default(), line.agent_id);
    let entry = |(block, kind)| Entry {
        at,
        line: None,
        id: id.clone(),
        conversation: conversation.clone(),
        thread,
        agent_id: agent_id.clone(),
        block,
        is_copy: is_copy && !matches!(kind, Kind::Relation(..)),
        is_repaired,
        kind,
    };
    Some(kinds.into_iter().map(entry).collect())
}

/// The surroundings that a line names.
fn context<'a>(line: &mut Line<'a>) -> Context<'a> {
    let model = line.message.as_ref().and_then(|message| message.model.clone());
    let is_main = line.side != Some(true);
    Context {
        cwd: line.cwd.take(),
        is_copy: line.forked.is_some(),
        is_message: matches!(line.kind.as_deref(), Some("user" | "assistant")),
        branch: line.branch.take(),
        mode: line.mode.take().filter(|_| is_main),
        model: model.filter(|model| model != SYNTHETIC),
        client: line.version.take(),
    }
}

/// The conversation from which a line was copied.
fn forked_from(line: &Line) -> Option<String> {
    let json = line.forked?.get();
    let object = Some(json).filter(|json| json.starts_with('{'));
    let named = object.and_then(|json| serde_json::from_str::<line::Named>(json).ok());
    named?.id.filter(|id| !id.is_empty())
}

/// Types of lines that no reader needs; they are about half of a transcript.
const IRRELEVANT: [&str; 4] = ["api-request", "file-history-", "prompt-snapshot", "tools-used"];

/// Whether a line may have entries for a reader that wants everything.
pub(crate) fn may_matter(line: &[u8]) -> bool {
    let kind = line.strip_prefix(b"{\"type\":\"").unwrap_or_default();
    !IRRELEVANT.iter().any(|word| kind.starts_with(word.as_bytes()))
}

/// The entries of lines that are neither a prompt nor an answer.
fn rest(kind: &str, line: &Line, kinds: &mut Vec<(u32, Kind)>) {
    let own = |text: &str| Cow::<'static, str>::Owned(text.to_string());
    match kind {
        "system" => attached::of_system(line, kinds),
        "queue-operation" => kinds.push((0, Kind::Begun)),
        "ended-by-model" => kinds.push((0, Kind::Stop(Stop::EndedByModel, Cow::Borrowed("")))),
        "continued-in" => {
            let other = line.continued_in.as_deref().filter(|id| !id.is_empty());
            kinds.extend(other.map(|id| (0, Kind::Relation(Link::ContinuedIn, own(id)))));
        }
        "derived-from" => {
            let others = line.sessions.iter().filter_map(|one| one.id.as_deref());
            kinds.extend((0..).zip(others.map(|id| Kind::Relation(Link::DerivedFrom, own(id)))));
        }
        _ => {}
    }
}

/// The entries of an answer's line. `None` if it has usage without the fields that belong to it; true if a repair was needed.
fn answer<'a>(line: &Line<'a>, number: u64, wanted: Wanted, kinds: &mut Vec<(u32, Kind<'a>)>) -> Option<bool> {
    let Some(message) = &line.message else { return Some(false) };
    let mut is_repaired = false;
    if wanted != Wanted::Counted {
        let room = &mut Vec::new();
        let (blocks, repaired) = content::marked_blocks(message.content, room);
        is_repaired = repaired;
        match wanted {
            Wanted::Full => each_block(line, &blocks, kinds),
            Wanted::All | Wanted::Counted => said(line, &blocks, kinds),
        }
    }
    counted(line, number, kinds)?;
    Some(is_repaired)
}

/// The responses of an answer's line.
fn counted<'a>(line: &Line<'a>, number: u64, kinds: &mut Vec<(u32, Kind<'a>)>) -> Option<()> {
    let Some(message) = &line.message else { return Some(()) };
    let Some(usage) = &message.usage else { return Some(()) };
    let model = message.model.clone().unwrap_or(Cow::Borrowed("unknown"));
    let named = message.id.clone().filter(|id| !id.is_empty()).or_else(|| line.uuid.clone());
    if model == SYNTHETIC {
        kinds.push((0, Kind::Synthetic(named)));
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
fn responses<'a>(mut answer: Response<'a>, parts: &[Part], kinds: &mut Vec<(u32, Kind<'a>)>) {
    let sum = |sum: u64, part: &Part| sum.saturating_add(part.tokens().total());
    let all = parts.iter().fold(answer.tokens.total(), sum);
    let whole = u128::from(answer.cost_pico_usd);
    for (part, n) in parts.iter().zip(1..) {
        let share = (whole * u128::from(part.tokens().total())).checked_div(u128::from(all)).unwrap_or(0) as u64;
        answer.cost_pico_usd = answer.cost_pico_usd.saturating_sub(share);
        kinds.push((n, Kind::Response(part.response(&answer, share))));
    }
    kinds.push((0, Kind::Response(answer)));
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
fn said(line: &Line, blocks: &[content::Block], kinds: &mut Vec<(u32, Kind)>) {
    let words = content::words(blocks);
    if !words.is_empty() && words != NO_ANSWER {
        kinds.push((0, Kind::Answer(Cow::Owned(words))));
    }
    let calls = blocks.iter().filter(|block| block.kind.as_deref() == Some("tool_use"));
    kinds.extend(calls.map(|block| (0, call::of_block(block, Wanted::All).0)));
    if line.is_failure == Some(true) {
        kinds.push((0, Kind::Stop(Stop::Failed, Cow::Borrowed(""))));
    }
}

/// The same, each block by itself, and what the agent thought. The text of a failure is the client's.
fn each_block(line: &Line, blocks: &[content::Block], kinds: &mut Vec<(u32, Kind)>) {
    for (block, n) in blocks.iter().zip(0..) {
        match (block.kind.as_deref().unwrap_or("text"), &block.text, &block.thinking) {
            ("text", Some(text), _) if !text.trim().is_empty() && text != NO_ANSWER => {
                let text = Cow::Owned(text.trim().to_string());
                let is_failure = line.is_failure == Some(true);
                kinds.push((n, if is_failure { Kind::Stop(Stop::Failed, text) } else { Kind::Answer(text) }));
            }
            ("thinking", _, Some(text)) if !text.trim().is_empty() => {
                kinds.push((n, Kind::Reasoning(Cow::Owned(text.trim().to_string()))));
            }
            ("tool_use" | "server_tool_use", ..) => {
                let (call, plan) = call::of_block(block, Wanted::Full);
                kinds.push((n, call));
                kinds.extend(plan.map(|plan| (n, plan)));
            }
            ("image" | "document", ..) => kinds.extend(user::attachment(block).map(|kind| (n, kind))),
            _ => {}
        }
    }
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
        line: None,
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
