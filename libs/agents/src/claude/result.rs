//! Owns what Claude Code's own form of a tool's answer (`toolUseResult`) says: what changed, how large the answer was, what
//! was answered to a question, what became of the list of tasks.
//! Facts (2.1.197 to 2.1.332): a command that ends with another code than 0 is an error whose text begins with the code,
//! unless `returnCodeInterpretation` explains it; an answer that is too long is in a file of its own, and the text says so.

use crate::entry::{Change, Kind, Output, PlanItem, PlanStep, Question};
use crate::lenient;
use cs_core::repair;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The client's own form of the answer.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Answer {
    #[serde(deserialize_with = "lenient::string")]
    pub(super) agent_id: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    agent_type: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::objects", rename = "structuredPatch")]
    hunks: Vec<Hunk>,
    #[serde(deserialize_with = "lenient::string", rename = "type")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    content: Option<String>,
    /// What a command printed.
    stdout: Option<IgnoredAny>,
    #[serde(deserialize_with = "lenient::flag")]
    interrupted: Option<bool>,
    background_task_id: Option<IgnoredAny>,
    return_code_interpretation: Option<IgnoredAny>,
    #[serde(deserialize_with = "lenient::string")]
    persisted_output_path: Option<String>,
    #[serde(deserialize_with = "lenient::known_count")]
    persisted_output_size: Option<u64>,
    #[serde(deserialize_with = "lenient::objects")]
    questions: Vec<Asked>,
    #[serde(deserialize_with = "lenient::object")]
    answers: Option<BTreeMap<String, Word>>,
    #[serde(deserialize_with = "lenient::object")]
    task: Option<Task>,
    #[serde(deserialize_with = "lenient::string")]
    task_id: Option<String>,
    #[serde(deserialize_with = "lenient::object")]
    status_change: Option<StatusChange>,
    #[serde(deserialize_with = "lenient::objects")]
    new_todos: Vec<Task>,
    #[serde(deserialize_with = "lenient::string")]
    plan: Option<String>,
}

#[derive(Deserialize)]
struct Hunk {
    #[serde(default)]
    lines: Vec<String>,
}

/// A text, or nothing if it is something else.
#[derive(Deserialize)]
struct Word(#[serde(deserialize_with = "lenient::string")] Option<String>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    #[serde(deserialize_with = "lenient::string")]
    question: Option<String>,
    #[serde(deserialize_with = "lenient::objects")]
    options: Vec<Choice>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    #[serde(deserialize_with = "lenient::string")]
    label: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Task {
    #[serde(deserialize_with = "lenient::string")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::string", alias = "content")]
    subject: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    status: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusChange {
    #[serde(deserialize_with = "lenient::string")]
    to: Option<String>,
}

impl Answer {
    /// The answer of a line; nothing is known if it is a text or a list.
    pub(super) fn of(result: Option<&RawValue>) -> Answer {
        let object = result.filter(|result| result.get().starts_with('{'));
        let decoded = object.and_then(|json| repair::decode(json.get().as_bytes(), &mut Vec::new()).ok());
        decoded.unwrap_or_default()
    }

    /// What the call changed in a file.
    pub(super) fn change(&self) -> Option<Change> {
        let lines = || self.hunks.iter().flat_map(|hunk| &hunk.lines);
        let count = |mark: char| lines().filter(|line| line.starts_with(mark)).count() as u64;
        let change = match self.kind.as_deref() {
            // A new file has no hunks.
            Some("create") => self.content.as_deref().map(|text| (text.lines().count() as u64, 0)),
            _ => (!self.hunks.is_empty()).then(|| (count('+'), count('-'))),
        };
        change.map(|(added, removed)| Change { files: 1, added, removed })
    }

    /// The exit code and the size of the answer. `text` is what the agent was told, `conversation` the one of the line.
    pub(super) fn output(&self, text: &str, is_error: bool, conversation: &str) -> Output<'static> {
        let is_spilled = text.starts_with("<persisted-output>");
        let path = self.persisted_output_path.as_deref().or_else(|| text.split_once(SAVED)?.1.lines().next());
        let path = path.filter(|_| is_spilled).and_then(|path| inside(path.trim(), conversation));
        Output {
            exit: if is_error { code(text) } else { self.succeeded().then_some(0) },
            bytes: self.persisted_output_size.filter(|_| is_spilled).or((!is_spilled).then_some(text.len() as u64)),
            is_cut: is_spilled || CUT.iter().any(|start| text.starts_with(start)),
            spilled: path.map(Cow::Owned),
        }
    }

    /// Whether a command ran to its end, with the code 0.
    fn succeeded(&self) -> bool {
        let is_open = self.background_task_id.is_some() || self.return_code_interpretation.is_some();
        self.stdout.is_some() && self.interrupted != Some(true) && !is_open
    }

    /// The readable parts of the answer, besides the result.
    pub(super) fn parts(self, call: &str) -> Vec<Kind<'static>> {
        let call = || Cow::Owned(call.to_string());
        let mut kinds = Vec::new();
        if let Some(id) = self.agent_id {
            let (agent_type, purpose) = (self.agent_type.map(Cow::Owned), self.description.map(Cow::Owned));
            kinds.push(Kind::Agent { call: call(), thread: Cow::Owned(format!("agent-{id}")), agent_type, purpose });
        }
        let plan = |step, items| Kind::Plan { call: call(), step, items, text: Cow::Borrowed("") };
        if !self.new_todos.is_empty() {
            kinds.push(plan(PlanStep::Whole, self.new_todos.into_iter().map(item).collect()));
        }
        if let Some(task) = self.task {
            kinds.push(plan(PlanStep::Added, vec![item(task)]));
        }
        if let (Some(id), Some(change)) = (self.task_id, self.status_change) {
            let item = PlanItem { id: Some(Cow::Owned(id)), subject: None, status: change.to.map(Cow::Owned) };
            kinds.push(plan(PlanStep::Changed, vec![item]));
        }
        if let Some(text) = self.plan.filter(|text| !text.is_empty()) {
            kinds.push(Kind::Plan {
                call: call(),
                step: PlanStep::Proposed,
                items: Vec::new(),
                text: Cow::Owned(text),
            });
        }
        let mut answers = self.answers.unwrap_or_default();
        let asked = self.questions.into_iter().filter_map(|asked| {
            let text = asked.question?;
            let answer = answers.remove(&text).and_then(|word| word.0).map(Cow::Owned);
            let options = asked.options.into_iter().filter_map(|one| one.label).map(Cow::Owned).collect();
            Some(Question { text: Cow::Owned(text), options, answer })
        });
        let questions: Vec<Question> = asked.collect();
        if !questions.is_empty() {
            kinds.push(Kind::Ask { call: call(), questions });
        }
        kinds
    }
}

fn item(task: Task) -> PlanItem<'static> {
    let own = |text: Option<String>| text.map(Cow::Owned);
    PlanItem { id: own(task.id), subject: own(task.subject), status: own(task.status) }
}

/// The words before the path of a file with the whole answer.
const SAVED: &str = "Full output saved to: ";
/// The starts of other answers of which the client left out a part.
const CUT: [&str; 2] = ["<truncated-output>", "[Old tool result content cleared]"];

/// The exit code at the beginning of an error.
fn code(text: &str) -> Option<i64> {
    let (code, _) = text.strip_prefix("Exit code ")?.split_once('\n').unwrap_or((text.strip_prefix("Exit code ")?, ""));
    code.trim().parse().ok()
}

/// The path of a file of the conversation's own folder, relative to it; `None` for any other.
fn inside(path: &str, conversation: &str) -> Option<String> {
    let (_, name) = path.rsplit_once(&format!("/{conversation}/tool-results/")).filter(|_| !conversation.is_empty())?;
    let is_name = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
    is_name.then(|| format!("tool-results/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Answer {
        Answer::of(Some(&RawValue::from_string(json.to_string()).unwrap()))
    }

    #[test]
    fn a_spilled_answer_is_a_file_of_the_conversation() {
        let text =
            "<persisted-output>\nOutput too large (164.9KB). Full output saved to: /p/u1/tool-results/a.txt\n\nPreview";
        let of = |json: &str, text: &str| answer(json).output(text, false, "u1");
        let known =
            of(r#"{"stdout":"x","persistedOutputPath":"/p/u1/tool-results/b.txt","persistedOutputSize":7}"#, text);
        assert_eq!((known.spilled.as_deref(), known.bytes, known.is_cut), (Some("tool-results/b.txt"), Some(7), true));
        assert_eq!(of("{}", text).spilled.as_deref(), Some("tool-results/a.txt"));
        assert_eq!(of("{}", text).bytes, None, "only the client knows");
        for path in ["/etc/passwd", "/p/u1/tool-results/../../x", "/p/u1/tool-results/", "/p/u2/tool-results/a", ".."] {
            let json = format!(r#"{{"persistedOutputPath":"{path}"}}"#);
            assert_eq!(of(&json, text).spilled, None, "{path}");
        }
        assert_eq!(of("{}", "a program prints Full output saved to: /p/u1/tool-results/a.txt").spilled, None);
    }

    #[test]
    fn an_exit_code_is_known_only_where_the_client_tells_it() {
        let of = |json: &str, text: &str, is_error| answer(json).output(text, is_error, "u").exit;
        assert_eq!(of(r#"{"stdout":""}"#, "", false), Some(0));
        assert_eq!(of("{}", "Exit code 3\noops", true), Some(3));
        assert_eq!(of("{}", "Exit code 130", true), Some(130));
        for json in [
            r#"{"stdout":"","interrupted":true}"#,
            r#"{"stdout":"","backgroundTaskId":"b1"}"#,
            r#"{"stdout":"","returnCodeInterpretation":"No matches found"}"#,
            r#"{"type":"text"}"#,
        ] {
            assert_eq!(of(json, "", false), None, "{json}");
        }
        assert_eq!(of("{}", "Error: x", true), None);
    }

    #[test]
    fn changed_lines_are_counted() {
        let of = |json: &str| {
            let answer = Answer::of(Some(&RawValue::from_string(json.to_string()).unwrap()));
            (answer.change(), answer.agent_id.map(Cow::Owned))
        };
        let edit = r#"{"structuredPatch":[{"lines":[" one","-two","+TWO","+three"]},{"lines":["-x"]}]}"#;
        assert_eq!(of(edit).0, Some(Change { files: 1, added: 2, removed: 2 }));
        let new = r#"{"type":"create","content":"one\ntwo\n","structuredPatch":[]}"#;
        assert_eq!(of(new).0, Some(Change { files: 1, added: 2, removed: 0 }));
        assert_eq!(of(r#"{"agentId":"a1","content":[{}]}"#), (None, Some(Cow::Borrowed("a1"))));
        assert_eq!(of("\"Error\""), (None, None));
        assert_eq!(of(r#"{"structuredPatch":[{"lines":[7]}]}"#).0, None);
    }
}
