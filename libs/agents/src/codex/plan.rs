//! Owns the list of tasks and the questions to the person in Codex's rollouts, which are arguments of calls.
//! Facts: `update_plan` of rollouts of 0.42 to 0.169; `request_user_input` by its schema in the client 0.169.

use crate::entry::{Kind, PlanItem, PlanStep, Question};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The list of tasks in a call.
pub(super) fn plan<'a>(call: &Cow<'a, str>, arguments: &str) -> Option<Kind<'a>> {
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Step {
        step: Option<String>,
        status: Option<String>,
    }
    #[derive(Deserialize)]
    struct Plan {
        #[serde(default)]
        explanation: Option<String>,
        plan: Vec<Step>,
    }
    let plan: Plan = serde_json::from_str(arguments).ok()?;
    let item =
        |step: Step| PlanItem { id: None, subject: step.step.map(Cow::Owned), status: step.status.map(Cow::Owned) };
    let items = plan.plan.into_iter().map(item).collect();
    let text = Cow::Owned(plan.explanation.unwrap_or_default());
    Some(Kind::Plan { call: call.clone(), step: PlanStep::Whole, items, text })
}

/// The questions of a call; the id of each stands in its answer until that is known.
pub(super) fn questions(arguments: &str) -> Vec<Question<'static>> {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_string);
    let all = arguments.get("questions").and_then(Value::as_array);
    let of = |one: &Value| {
        let options = one.get("options").and_then(Value::as_array);
        let options =
            options.into_iter().flatten().filter_map(|option| text(option, "label")).map(Cow::Owned).collect();
        let question = Cow::Owned(text(one, "question").unwrap_or_default());
        Question { text: question, options, answer: text(one, "id").map(Cow::Owned) }
    };
    all.into_iter().flatten().map(of).collect()
}

/// Puts the answers of the person into the questions.
pub(super) fn answers(text: &str, questions: &mut [Question<'static>]) {
    #[derive(Default, Deserialize)]
    struct Answer {
        #[serde(default)]
        answers: Vec<String>,
    }
    #[derive(Default, Deserialize)]
    struct Answers {
        #[serde(default)]
        answers: BTreeMap<String, Answer>,
    }
    let given: Answers = serde_json::from_str(text).unwrap_or_default();
    for question in questions {
        let id = question.answer.take().unwrap_or_default();
        let answer = given.answers.get(&*id).map(|answer| answer.answers.join("\n"));
        question.answer = answer.filter(|answer| !answer.is_empty()).map(Cow::Owned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_s_answers_stand_in_the_questions() {
        let arguments = r#"{"questions":[{"id":"a","question":"Which?","options":[{"label":"one"},{"label":"two"}]},{"id":"b","question":"Why?"}]}"#;
        let mut asked = questions(arguments);
        answers(r#"{"answers":{"a":{"answers":["two"]}}}"#, &mut asked);
        let of: Vec<_> =
            asked.iter().map(|one| (one.text.as_ref(), one.options.len(), one.answer.as_deref())).collect();
        assert_eq!(of, [("Which?", 2, Some("two")), ("Why?", 0, None)]);
    }
}
