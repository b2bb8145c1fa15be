//! Owns a conversation as a page shows it: its parts (`docs/CONVERSATION.md`) as values for `web/talk.html`, each call with
//! its result.
//! Must stay true: at most [`WAITING`] parts wait for the result of a call; every text has a bound, and what is left out is
//! said.

use super::text::{Text, indented, without_colours};
use crate::view::reviewed::Said;
use agents::entry::Kind;
use agents::part::Part;
use cs_core::validate::cut;
use render::{Fate, compare_lines, format_bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Maximum number of parts that wait for the result of a call before them.
const WAITING: usize = 64;
/// Maximum number of characters of a text that somebody said, and of what tools got and gave.
const SAID: usize = 20_000;
const TOOL: usize = 6_000;
/// Maximum number of lines of a diff.
const LINES: usize = 200;

/// A part.
#[derive(Debug, Default, Serialize)]
pub struct Shown {
    /// Its kind, or `thread`: the parts of a subagent follow.
    pub kind: String,
    pub entry: String,
    pub at: Option<String>,
    pub turn: u64,
    pub text: Text,
    /// Words about it: how a prompt came, why a turn ended, a tool, a thread.
    pub word: String,
    /// What a call is about, in a line; the thread that ends where another begins.
    pub subject: String,
    /// What a call got besides.
    pub input: Text,
    /// What a call changes in a file: `-`, `+` or a space, and the line.
    pub diff: Vec<(char, String)>,
    /// How many lines it adds and removes.
    pub change: String,
    /// The id of the call.
    pub call: String,
    pub result: Option<Outcome>,
    /// Tasks with their status.
    pub items: Vec<(String, String)>,
    pub questions: Vec<Question>,
    /// The thread or the conversation to which it leads.
    pub to: String,
    /// What people said about it, on a page of another machine.
    pub said: Option<Said>,
}

/// A question, its answer, and the options that were not chosen.
#[derive(Debug, Default, Serialize)]
pub struct Question {
    pub text: String,
    pub answer: String,
    pub others: Vec<String>,
}

/// How a call ended.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub entry: String,
    /// `done`, `failed`, `denied` or `interrupted`.
    pub end: String,
    pub exit: Option<i64>,
    pub bytes: u64,
    /// Whether the client left out some of it.
    pub is_cut: bool,
    pub text: Text,
}

/// The parts of a conversation on their way to a page.
#[derive(Debug, Default)]
pub struct Talk {
    waiting: VecDeque<Shown>,
    thread: String,
    /// What subagents are for, by their threads.
    purposes: HashMap<String, String>,
    /// The last part that was seen.
    pub last: Option<String>,
}

impl Shown {
    /// A note: `anew`, the conversation begins anew; `earlier`, only its end follows.
    pub fn note(kind: &str) -> Self {
        Shown { kind: kind.into(), ..Shown::default() }
    }

    /// Takes what people said about this part, or about its result.
    pub fn remark(&mut self, entries: &mut BTreeMap<&str, Said>) {
        let own = entries.remove(self.entry.as_str());
        let of_result = self.result.as_ref().and_then(|result| entries.remove(result.entry.as_str()));
        self.said = match (own, of_result) {
            (Some(mut said), Some(more)) => {
                said.append(more);
                Some(said)
            }
            (own, of_result) => own.or(of_result),
        };
    }
}

impl Talk {
    /// Takes a part, as a line of JSON.
    pub fn take(&mut self, line: &[u8]) {
        let Ok(part) = serde_json::from_slice::<Value>(line) else { return };
        self.last = Some(text_of(&part, "entry"));
        if text_of(&part, "kind") == "agent" && part.get("purpose").is_some() {
            self.purposes.insert(text_of(&part, "agent"), text_of(&part, "purpose"));
        }
        self.enter(&text_of(&part, "thread"));
        if text_of(&part, "kind") == "result" {
            let call = text_of(&part, "call");
            let of = |shown: &&mut Shown| shown.kind == "call" && shown.call == call && shown.result.is_none();
            if let Some(shown) = self.waiting.iter_mut().rev().find(of) {
                shown.result = Some(outcome(&part));
                return;
            }
        }
        self.waiting.extend(shown(&part, line));
    }

    /// Begins the thread of a subagent.
    fn enter(&mut self, thread: &str) {
        if thread == self.thread || thread.is_empty() {
            return;
        }
        let subject = if self.is_in_thread() { self.thread.clone() } else { String::new() };
        self.thread = thread.to_string();
        if self.is_in_thread() {
            let (word, to) = (thread.to_string(), self.purposes.get(thread).cloned().unwrap_or_default());
            self.waiting.push_back(Shown { kind: "thread".into(), word, subject, to, ..Shown::default() });
        }
    }

    /// Whether the last parts were those of a subagent.
    pub fn is_in_thread(&self) -> bool {
        !matches!(self.thread.as_str(), "" | "main")
    }

    /// The parts that need not wait.
    pub fn ready(&mut self) -> Vec<Shown> {
        let mut ready = Vec::new();
        while let Some(first) = self.waiting.front() {
            if first.kind == "call" && first.result.is_none() && self.waiting.len() <= WAITING {
                break;
            }
            ready.extend(self.waiting.pop_front());
        }
        ready
    }

    /// All parts that are left.
    pub fn rest(&mut self) -> Vec<Shown> {
        self.waiting.drain(..).collect()
    }
}

/// About how many bytes of a page a part needs.
pub fn bytes(part: &Part) -> usize {
    let input = match &part.entry.kind {
        Kind::Call { asked, .. } => asked.input.as_deref().map_or(0, str::len),
        _ => 0,
    };
    400 + part.text().len().min(SAID) + input.min(2 * TOOL)
}

/// What a part shows; `None` if people need not see it.
fn shown(part: &Value, line: &[u8]) -> Option<Shown> {
    let kind = text_of(part, "kind");
    let text = |name: &str| text_of(part, name);
    let mut shown = Shown {
        entry: text("entry"),
        at: part.get("at").and_then(Value::as_str).map(str::to_string),
        turn: number(part, "turn"),
        text: Text::of(&text("text"), SAID),
        call: text("call"),
        ..Shown::default()
    };
    match kind.as_str() {
        "prompt" => shown.word = Some(text("via")).filter(|via| via != "typed" && via != "unknown").unwrap_or_default(),
        "injected" => shown.word = text("source"),
        "answer" | "reasoning" | "title" => {}
        "call" => call(part, line, &mut shown),
        "result" => shown.result = Some(outcome(part)),
        "plan" => shown.items = pairs(part, "items", "status", "subject"),
        "ask" => shown.questions = questions(part),
        "agent" => {
            (shown.word, shown.to) = (text("agent_type"), text("agent"));
            shown.subject = text("purpose");
        }
        "compaction" => {
            shown.word = text("trigger");
            let tokens = |name| part.get(name).and_then(Value::as_u64);
            if let (Some(before), Some(after)) = (tokens("tokens_before"), tokens("tokens_after")) {
                shown.subject = format!("{} to {} tokens", render::format_count(before), render::format_count(after));
            }
        }
        "stop" => shown.word = text("why"),
        "attachment" => {
            let name = Some(text("path")).filter(|path| !path.is_empty()).unwrap_or_else(|| text("mime"));
            (shown.word, shown.subject) = (name, format_bytes(number(part, "bytes")));
        }
        "relation" => (shown.word, shown.to) = (text("relation"), text("to")),
        "rewind" => shown.word = number(part, "to_turn").to_string(),
        "gap" => {
            shown.word = text("why");
            shown.subject = format!("line {}, {}", number(part, "line"), format_bytes(number(part, "bytes")));
        }
        "context" => shown.word = context(part)?,
        _ => return None,
    }
    shown.kind = kind;
    Some(shown)
}

fn context(part: &Value) -> Option<String> {
    let names = ["model", "mode", "branch", "cwd"];
    let known = names.iter().filter_map(|name| Some(format!("{name} {}", part.get(*name)?.as_str()?)));
    Some(known.collect::<Vec<String>>().join(", ")).filter(|text| !text.is_empty())
}

/// What a call got, with its fields in their order.
#[derive(Deserialize)]
struct Called<'a> {
    #[serde(borrow)]
    input: &'a RawValue,
}

fn call(part: &Value, line: &[u8], shown: &mut Shown) {
    shown.word = text_of(part, "tool");
    let command = text_of(part, "command");
    let input = part.get("input").unwrap_or(&Value::Null);
    (shown.diff, shown.change) = diff(input);
    let path = part.get("paths").and_then(|paths| paths.get(0)).and_then(Value::as_str).map(str::to_string);
    let asked = ["description", "query", "pattern", "url", "prompt"].iter().map(|name| text_of(input, name));
    let purpose = Some(text_of(part, "purpose")).filter(|text| !text.is_empty());
    let subject =
        [Some(command.clone()), path, purpose].into_iter().flatten().chain(asked).find(|text| !text.is_empty());
    let first = subject.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
    shown.subject = cut(first, 160);
    shown.input = match (command.is_empty(), shown.diff.is_empty(), input.is_null()) {
        (false, ..) => Text::of(&command, TOOL),
        (true, true, false) => {
            let called = serde_json::from_slice::<Called>(line);
            Text::of(&called.map(|called| indented(called.input.get())).unwrap_or_default(), TOOL)
        }
        _ => Text::default(),
    };
}

fn outcome(part: &Value) -> Outcome {
    let is_ok = part.get("ok").and_then(Value::as_bool).unwrap_or(true);
    let ended = text_of(part, "ended");
    let end = if !ended.is_empty() {
        ended
    } else if is_ok {
        "done".into()
    } else {
        "failed".into()
    };
    Outcome {
        entry: text_of(part, "entry"),
        end,
        exit: part.get("exit").and_then(Value::as_i64).filter(|exit| *exit != 0),
        bytes: number(part, "bytes"),
        is_cut: part.get("cut").and_then(Value::as_bool).unwrap_or_default(),
        text: Text::of(&without_colours(&text_of(part, "text")), TOOL),
    }
}

/// What an edit changes, from the texts before and after it. Only the beginning and the end are compared.
fn diff(input: &Value) -> (Vec<(char, String)>, String) {
    let edits = input.get("edits").and_then(Value::as_array);
    let all = edits.map_or_else(|| vec![input], |edits| edits.iter().collect());
    let mut lines = Vec::new();
    for edit in all {
        let text = |name| edit.get(name).and_then(Value::as_str);
        match (text("old_string"), text("new_string"), text("content").filter(|_| text("file_path").is_some())) {
            (Some(old), Some(new), _) => lines.extend(compare_lines(old, new).into_iter().map(marked)),
            (_, _, Some(content)) => lines.extend(content.lines().map(|line| ('+', line))),
            _ => {}
        }
    }
    let count = |mark| lines.iter().filter(|(of, _)| *of == mark).count();
    let (added, removed) = (count('+'), count('-'));
    let change = if added + removed > 0 { format!("+{added} −{removed}") } else { String::new() };
    let more = lines.len().saturating_sub(LINES);
    let mut shown: Vec<(char, String)> =
        lines.into_iter().take(LINES).map(|(mark, line)| (mark, line.chars().take(400).collect())).collect();
    if more > 0 {
        shown.push(('…', format!("{more} more lines")));
    }
    (shown, change)
}

fn marked((fate, line): (Fate, &str)) -> (char, &str) {
    let mark = match fate {
        Fate::Same => ' ',
        Fate::Gone => '-',
        Fate::Come => '+',
    };
    (mark, line)
}

fn pairs(part: &Value, list: &str, first: &str, second: &str) -> Vec<(String, String)> {
    let items = part.get(list).and_then(Value::as_array).into_iter().flatten();
    items.map(|item| (text_of(item, first), text_of(item, second))).collect()
}

fn questions(part: &Value) -> Vec<Question> {
    let of = |one: &Value| {
        let (text, answer) = (text_of(one, "question"), text_of(one, "answer"));
        let options = one.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        Question { others: options.filter(|option| *option != answer).map(str::to_string).collect(), text, answer }
    };
    part.get("questions").and_then(Value::as_array).into_iter().flatten().map(of).collect()
}

fn text_of(part: &Value, name: &str) -> String {
    part.get(name).and_then(Value::as_str).unwrap_or_default().to_string()
}

fn number(part: &Value, name: &str) -> u64 {
    part.get(name).and_then(Value::as_u64).unwrap_or_default()
}
