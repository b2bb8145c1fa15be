//! Owns how `notify.handlers` is parsed.

use super::command;
use crate::channel::Channel;
use crate::reasons::Reason;
use crate::template::{self, Input};
use serde_json::{Map, Value};
use std::path::Path;

/// Maximum number of handlers.
const MOST: usize = 20;
/// Maximum number of characters in the name of a handler.
const NAME: usize = 50;

/// One of `notify.handlers`, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its name, different from all others.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What the program reads.
    pub input: Input,
    /// The reasons for which it gets notices; `None` for all.
    pub reasons: Option<Vec<Reason>>,
}

/// The handlers, each with a name of its own: the given one, or the name of its program.
pub fn read(group: &Map<String, Value>) -> Result<Vec<Written>, String> {
    let given = match group.get("handlers") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(given)) if given.len() <= MOST => given,
        Some(Value::Array(given)) => {
            return Err(format!("notify.handlers has {} entries, more than {MOST}", given.len()));
        }
        Some(other) => {
            return Err(format!(
                "notify.handlers is {other}; write a list such as [{{\"command\": [\"/home/you/bin/tell\"]}}]"
            ));
        }
    };
    let mut all: Vec<Written> = Vec::new();
    for (at, value) in given.iter().enumerate() {
        let path = format!("notify.handlers[{at}]");
        let keys = value.as_object().ok_or_else(|| format!("{path} is {value}, not an object"))?;
        let handler = read_one(keys, &path, &all)?;
        all.push(handler);
    }
    Ok(all)
}

fn read_one(keys: &Map<String, Value>, path: &str, others: &[Written]) -> Result<Written, String> {
    let command = command(keys, &format!("{path}.command"))?;
    let program =
        command.first().ok_or_else(|| format!("{path}.command is missing; write the program and its arguments"))?;
    let name = match keys.get("name") {
        None | Some(Value::Null) => unique(program, others),
        Some(value) => given_name(value, others).map_err(|reason| format!("{path}.name is {value}, {reason}"))?,
    };
    Ok(Written { name, input: input(keys, path)?, reasons: reasons(keys, path)?, command })
}

fn is_taken(name: &str, others: &[Written]) -> bool {
    Channel::parse(name).is_some() || others.iter().any(|other| other.name == name)
}

fn given_name(value: &Value, others: &[Written]) -> Result<String, String> {
    let is_name =
        |name: &&str| !name.trim().is_empty() && name.chars().count() <= NAME && !name.contains(char::is_control);
    let name = value.as_str().filter(is_name).ok_or_else(|| format!("not a text of 1 to {NAME} characters"))?;
    if is_taken(name, others) { Err("which another one has".into()) } else { Ok(name.to_string()) }
}

/// The name of the program, with a number if another handler has it.
fn unique(program: &str, others: &[Written]) -> String {
    let base = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy().into_owned();
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| !is_taken(name, others)).unwrap_or(base)
}

fn input(keys: &Map<String, Value>, path: &str) -> Result<Input, String> {
    let template = match keys.get("template") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            Some(template::parse(text).map_err(|reason| format!("{path}.template: {reason}"))?)
        }
        Some(other) => return Err(format!("{path}.template is {other}, not a text")),
    };
    match (keys.get("input").map(|value| (value, value.as_str())), template) {
        (None | Some((Value::Null, _)) | Some((_, Some("template"))), Some(parts)) => Ok(Input::Template(parts)),
        (None | Some((Value::Null, _)) | Some((_, Some("json"))), None) => Ok(Input::Json),
        (Some((_, Some("text"))), None) => Ok(Input::Text),
        (Some((_, Some("template"))), None) => Err(format!("{path}.template is missing")),
        (Some((_, Some("json" | "text"))), Some(_)) => Err(format!("{path}.template needs \"input\": \"template\"")),
        (Some((other, _)), _) => Err(format!("{path}.input is {other}; write json, text or template")),
    }
}

fn reasons(keys: &Map<String, Value>, path: &str) -> Result<Option<Vec<Reason>>, String> {
    let given = match keys.get("reasons") {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let words = given.as_array().map(|words| words.iter().map(|word| word.as_str().and_then(Reason::parse)));
    let reasons: Option<Vec<Reason>> = words.and_then(Iterator::collect);
    let wrong = || format!("{path}.reasons is {given}; write a list of {}", Reason::words());
    reasons.map(Some).ok_or_else(wrong)
}
