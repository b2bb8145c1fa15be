//! Owns a row of a report: its subject, what was used, and its form as JSON, as comma-separated values and as cells of a
//! table. Must stay true: each fact comes with its name, so that all rows of a report have the same fields and columns.

use render::{Cell, Column, LIST_PRICE, format_cost, format_count};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use usage::sum::Sum;

/// A row of a report about subjects of one kind.
pub struct UsageRow<S> {
    pub subject: S,
    pub sum: Sum,
    pub models: BTreeMap<String, Sum>,
}

/// The subject of a row.
pub trait Subject {
    /// Its facts for programs.
    fn fields(&self, sum: &Sum) -> Sides<Field>;
    /// Its facts for people. The first column names it.
    fn columns(&self, sum: &Sum) -> Sides<Shown>;
    /// Whether the rows are parts of a whole whose shares say something.
    fn has_share(&self) -> bool {
        false
    }
}

/// The facts before and after the sums of a row.
#[derive(Debug, Default)]
pub struct Sides<T> {
    pub before: Vec<T>,
    pub behind: Vec<T>,
}

/// A fact for programs: its name and its value.
pub type Field = (&'static str, Value);
/// A fact for people: its column and its text.
pub type Shown = (Column, String);

/// The known cost of a sum, for people.
pub fn format_sum_cost(sum: &Sum) -> String {
    format_cost(sum.cost_usd(), sum.unpriced, sum.unconfirmed)
}

/// The columns of a sum in a table. The total and the cost are always shown.
pub fn sum_columns(sum: &Sum) -> [Shown; 6] {
    let tokens = &sum.tokens;
    let count = |title, tokens| (Column::number(title), format_count(tokens));
    let part = |title, worth, tokens| (Column::number(title).worth(worth), format_count(tokens));
    [
        part("input", 30, tokens.input),
        part("output", 40, tokens.output),
        part("cache write", 10, tokens.written()),
        part("cache read", 20, tokens.read),
        count("total", tokens.total()),
        (Column::number(LIST_PRICE), format_sum_cost(sum)),
    ]
}

/// A row as an object, with a list of its models if requested.
pub struct JsonRow<'a, S> {
    pub row: &'a UsageRow<S>,
    pub with_models: bool,
}

impl<S: Subject> Serialize for JsonRow<'_, S> {
    fn serialize<T: Serializer>(&self, to: T) -> Result<T::Ok, T::Error> {
        let UsageRow { subject, sum, models } = self.row;
        let Sides { before, behind } = subject.fields(sum);
        let mut map = to.serialize_map(None)?;
        before.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        serialize_sum(&mut map, sum)?;
        behind.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        if self.with_models {
            let models: Vec<JsonModel> = models.iter().map(|(name, sum)| JsonModel(name, sum)).collect();
            map.serialize_entry("models", &models)?;
        }
        map.end()
    }
}

struct JsonModel<'a>(&'a str, &'a Sum);

impl Serialize for JsonModel<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("model", self.0)?;
        serialize_sum(&mut map, self.1)?;
        map.end()
    }
}

fn serialize_sum<M: SerializeMap>(map: &mut M, sum: &Sum) -> Result<(), M::Error> {
    for (name, count) in counts(sum) {
        map.serialize_entry(name, &known(sum, name, count))?;
    }
    map.serialize_entry("cost_usd", &sum.cost_usd())?;
    let rest = [("unpriced_tokens", sum.unpriced), ("unconfirmed_tokens", sum.unconfirmed)];
    rest.iter().filter(|(_, tokens)| *tokens > 0).try_for_each(|(name, tokens)| map.serialize_entry(name, tokens))
}

/// A count, if it is known: what other machines send has no number of messages.
fn known(sum: &Sum, name: &str, count: u64) -> Option<u64> {
    let is_unknown = name == MESSAGES && sum.calls == 0 && sum.tokens.total() > 0;
    (!is_unknown).then_some(count)
}

/// The name of the number of calls.
const MESSAGES: &str = "messages";

fn counts(sum: &Sum) -> [(&'static str, u64); 6] {
    let tokens = &sum.tokens;
    [
        (MESSAGES, sum.calls),
        ("input_tokens", tokens.input),
        ("output_tokens", tokens.output),
        ("cache_creation_input_tokens", tokens.written()),
        ("cache_read_input_tokens", tokens.read),
        ("total_tokens", tokens.total()),
    ]
}

/// The cells of a sum in a file of comma-separated values.
fn csv_sum(sum: &Sum) -> Vec<(&'static str, Cell)> {
    let counts = counts(sum).into_iter().map(|(name, count)| (name, Cell::number(known(sum, name, count))));
    let costs = [("cost_usd", Cell::number(sum.cost_usd())), ("unpriced_tokens", Cell::number(Some(sum.unpriced)))];
    counts.chain(costs).collect()
}

/// A row as named cells: one line for each of its models if requested, else one line for all.
pub fn csv_lines<S: Subject>(row: &UsageRow<S>, with_models: bool) -> Vec<Vec<(&'static str, Cell)>> {
    let UsageRow { subject, sum, models } = row;
    let line = |model: Option<&String>, of: &Sum| {
        let Sides { before, behind } = subject.fields(sum);
        let model = model.map(|name| ("model", Cell::text(name)));
        let before = before.into_iter().map(csv_field).chain(model);
        before.chain(csv_sum(of)).chain(behind.into_iter().map(csv_field)).collect()
    };
    match with_models {
        true => models.iter().map(|(name, of)| line(Some(name), of)).collect(),
        false => vec![line(None, sum)],
    }
}

fn csv_field((name, value): Field) -> (&'static str, Cell) {
    let cell = match value {
        Value::Null => Cell::Empty,
        Value::String(text) => Cell::Text(text),
        other => Cell::Plain(other.to_string()),
    };
    (name, cell)
}
