//! Owns what people read of a row, the same in Markdown and in HTML: titles of tables and columns, how an entry is named,
//! times. Pure.

use crate::row::{Row, Value};
use marks::WITHHELD;
use render::{format_dollars, format_number, format_time};

/// What a prompt without a text was.
const PICTURE: &str = "[a picture]";

/// The text of a cell; empty if it has no value.
pub fn text(row: &Row, name: &str) -> String {
    match row.get(name) {
        Some(Value::Text(text) | Value::Word(text)) => text.clone(),
        Some(Value::Texts(texts)) => texts.join("\n"),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Dollars(usd)) => format_dollars(*usd),
        Some(Value::Empty) | None => String::new(),
    }
}

/// The text of a cell of a table.
pub fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Number(number) => format_number(*number),
        Value::Dollars(usd) => format_dollars(*usd),
        Value::Word(word) if name.ends_with("at") => format_time(word),
        Value::Text(text) | Value::Word(text) => text.clone(),
        Value::Texts(texts) => texts.join(", "),
        Value::Empty => String::new(),
    }
}

/// A row with more cells than this has a table of its own.
const WIDE: usize = 20;

/// Whether a row has a table of its own, with a line for each cell: in one line nobody could read it.
pub fn is_wide(row: &Row) -> bool {
    row.cells.len() > WIDE
}

/// What is known of a wide row: names of cells and their texts.
pub fn known(row: &Row) -> Vec<(String, String)> {
    let known = row.cells.iter().filter(|(_, value)| *value != Value::Empty);
    known.map(|(name, value)| (name.replace('_', " "), cell(name, value))).collect()
}

/// The title of a table.
pub fn title(row: &str) -> String {
    match row {
        "session" => "Sessions".into(),
        "day" => "Days".into(),
        "model" => "Models".into(),
        "unmatched" => "Commits that belong to no known conversation".into(),
        other => other.replace('_', " "),
    }
}

/// What a conversation is called.
pub fn name(row: &Row) -> String {
    let (title, id) = (text(row, "title"), text(row, "conversation"));
    match title.as_str() {
        "" => format!("Conversation {id}"),
        WITHHELD => format!("Conversation {id}, whose title is withheld"),
        _ => title,
    }
}

/// What is known of a conversation, besides its name.
pub fn facts(row: &Row) -> Vec<String> {
    let client = [text(row, "agent"), text(row, "client")].join(" ");
    let time = |name: &str| Some(text(row, name)).filter(|at| !at.is_empty()).map(|at| format_time(&at));
    let times = match (time("started_at"), time("last_at")) {
        (Some(from), Some(to)) if from == to => from,
        (Some(from), Some(to)) => format!("{from} to {}", rest(&from, &to)),
        (from, to) => from.or(to).unwrap_or_default(),
    };
    let named = |what: &str| Some(text(row, what)).filter(|word| !word.is_empty()).map(|word| format!("{what} {word}"));
    let from = Some(text(row, "known_from")).filter(|from| !from.is_empty());
    let from = from.map(|from| format!("its log is gone, {from} has what was typed"));
    let all = [Some(client.trim().to_string()), from, named("project"), named("branch"), Some(times)];
    all.into_iter().flatten().filter(|fact| !fact.is_empty()).collect()
}

/// A time without the day, if it is the day of the time before: `2026-11-21 09:01 UTC to 09:07 UTC`.
fn rest<'t>(from: &str, to: &'t str) -> &'t str {
    match to.split_once(' ') {
        Some((day, time)) if from.starts_with(day) => time,
        _ => to,
    }
}

/// What stands above a prompt: `3 · 2026-11-21 09:07 UTC`.
pub fn turn(row: &Row) -> String {
    let at = Some(text(row, "at")).filter(|at| !at.is_empty()).map(|at| format_time(&at));
    let all = [Some(text(row, "turn")).filter(|turn| !turn.is_empty()), at];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What a person asked.
pub fn prompt(row: &Row) -> String {
    Some(text(row, "text")).filter(|text| !text.trim().is_empty()).unwrap_or_else(|| PICTURE.into())
}

/// What stands before the text of an entry that is neither a prompt nor an answer nor a call.
pub fn label(row: &Row) -> String {
    let status = text(row, "status").replace('\n', ", ");
    let name = match row.row {
        "reasoning" => "Thought",
        "plan" => "Plan",
        "ask" => "Asked the person",
        "agent" => "Subagent",
        "injected" => "Message",
        "compaction" => "Compacted",
        "stop" => "Stopped",
        "title" => "Title",
        "relation" => "Related",
        "rewind" => "Went back",
        "gap" => "Missing",
        "attachment" => "Attached",
        "files" => "Files changed",
        other => other,
    };
    if status.is_empty() { name.into() } else { format!("{name} ({status})") }
}
