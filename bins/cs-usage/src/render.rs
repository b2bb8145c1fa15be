//! Owns how sums look: JSON lines, comma-separated values, tables.

use crate::PROGRAM;
use crate::command::Options;
use cli::{Form, Out, Outcome, note, sanitize};
use render::{LIST_PRICE, align_right, format_cost, format_count};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use usage::sum::Sum;

/// A line of a report.
pub struct Line {
    /// What it is about: field names and values, in order.
    pub keys: Vec<(&'static str, Value)>,
    /// The columns of a table that say so.
    pub cells: Vec<String>,
    pub sum: Sum,
    pub models: BTreeMap<String, Sum>,
    /// What else is known, behind the sums: field names and values, in order.
    pub more: Vec<(&'static str, Value)>,
    /// Columns of a table behind the sums.
    pub more_cells: Vec<String>,
}

struct Json<'a>(&'a Line, &'a Options);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Json(line, options) = self;
        let mut map = to.serialize_map(None)?;
        for (name, value) in &line.keys {
            map.serialize_entry(name, value)?;
        }
        sums(&mut map, &line.sum)?;
        for (name, value) in &line.more {
            map.serialize_entry(name, value)?;
        }
        if options.breakdown {
            let models: Vec<Model> = line.models.iter().map(|(name, sum)| Model(name, sum)).collect();
            map.serialize_entry("models", &models)?;
        }
        map.end()
    }
}

struct Model<'a>(&'a str, &'a Sum);

impl Serialize for Model<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("model", self.0)?;
        sums(&mut map, self.1)?;
        map.end()
    }
}

fn sums<M: SerializeMap>(map: &mut M, sum: &Sum) -> Result<(), M::Error> {
    map.serialize_entry("messages", &sum.calls)?;
    map.serialize_entry("input_tokens", &sum.tokens.input)?;
    map.serialize_entry("output_tokens", &sum.tokens.output)?;
    map.serialize_entry("cache_creation_input_tokens", &sum.tokens.written())?;
    map.serialize_entry("cache_read_input_tokens", &sum.tokens.read)?;
    map.serialize_entry("total_tokens", &sum.tokens.total())?;
    map.serialize_entry("cost_usd", &sum.cost_usd())?;
    if sum.unpriced > 0 {
        map.serialize_entry("unpriced_tokens", &sum.unpriced)?;
    }
    if sum.unconfirmed > 0 {
        map.serialize_entry("unconfirmed_tokens", &sum.unconfirmed)?;
    }
    Ok(())
}

const SUMS: [&str; 6] = ["input", "output", "cache write", "cache read", "total", LIST_PRICE];
const CSV: [&str; 8] = [
    "messages",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "total_tokens",
    "cost_usd",
    "unpriced_tokens",
];

/// Prints the lines of a report, and under a table what they come to.
pub fn print(out: &mut Out, options: &Options, header: &[&str], more: &[&str], lines: &[Line]) -> Outcome<()> {
    if out.quiet {
        for line in lines {
            say(out, line.cells.first().map_or("", String::as_str))?;
        }
    } else if options.csv {
        csv(out, options, lines)?;
    } else if out.form == Form::Json {
        for line in lines {
            out.json(&Json(line, options))?;
        }
    } else {
        table(out, options, header, more, lines)?;
    }
    out.flush()?;
    if out.form == Form::Table || options.csv {
        tell_unconfirmed(lines);
    }
    Ok(())
}

fn tell_unconfirmed(lines: &[Line]) {
    let tokens = total_of(lines).unconfirmed;
    if tokens > 0 {
        note(PROGRAM, &format!("no provider's page confirms the price of {tokens} tokens; docs/USAGE.md says why"));
    }
}

/// One line. A pipe gets it as it is, a terminal nothing that it would obey.
fn say(out: &mut Out, text: &str) -> Outcome<()> {
    if std::io::stdout().is_terminal() { out.line(&sanitize(text)) } else { out.line(text) }
}

fn table(out: &mut Out, options: &Options, header: &[&str], more: &[&str], lines: &[Line]) -> Outcome<()> {
    let mut rows = Vec::new();
    for line in lines {
        rows.push(cells(&line.cells, &line.sum, &line.more_cells));
        for (model, sum) in line.models.iter().filter(|_| options.breakdown) {
            let mut of_model = vec![format!("  {model}")];
            of_model.resize(header.len(), String::new());
            rows.push(cells(&of_model, sum, &[]));
        }
    }
    if lines.len() > 1 {
        let mut total = vec!["total".to_string()];
        total.resize(header.len(), String::new());
        rows.push(cells(&total, &total_of(lines), &[]));
    }
    let mut names: Vec<String> = header.iter().chain(&SUMS).chain(more).map(|name| name.to_string()).collect();
    let numbers = header.len()..header.len() + SUMS.len();
    align_right(&mut names, &mut rows, numbers);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    out.table(&names, &rows)
}

fn cells(keys: &[String], sum: &Sum, more: &[String]) -> Vec<String> {
    let counts = [sum.tokens.input, sum.tokens.output, sum.tokens.written(), sum.tokens.read, sum.tokens.total()];
    let mut row = keys.to_vec();
    row.extend(counts.map(format_count));
    row.push(money(sum));
    row.extend_from_slice(more);
    row
}

/// What is known of a cost, for people.
pub fn money(sum: &Sum) -> String {
    format_cost(sum.cost_usd(), sum.unpriced, sum.unconfirmed)
}

fn total_of(lines: &[Line]) -> Sum {
    let mut total = Sum::default();
    for line in lines {
        total.tokens.add(&line.sum.tokens);
        total.pico = total.pico.saturating_add(line.sum.pico);
        total.priced += line.sum.priced;
        total.unpriced += line.sum.unpriced;
        total.unconfirmed += line.sum.unconfirmed;
    }
    total
}

/// With --breakdown a line for each model, else one for each line. All lines of a report have the same fields.
fn csv(out: &mut Out, options: &Options, lines: &[Line]) -> Outcome<()> {
    let Some(first) = lines.first() else { return Ok(()) };
    let keys = first.keys.iter().map(|(name, _)| *name);
    let model = options.breakdown.then_some("model");
    let more = first.more.iter().map(|(name, _)| *name);
    let header: Vec<&str> = keys.chain(model).chain(CSV).chain(more).collect();
    say(out, &header.join(","))?;
    for line in lines {
        let one = [(String::new(), line.sum.clone())];
        let sums: Vec<(&String, &Sum)> = if options.breakdown {
            line.models.iter().collect()
        } else {
            one.iter().map(|(name, sum)| (name, sum)).collect()
        };
        for (name, sum) in sums {
            let mut fields: Vec<String> = line.keys.iter().map(|(_, value)| plain(value)).collect();
            fields.extend(options.breakdown.then(|| name.clone()));
            fields.extend(csv_sums(sum));
            fields.extend(line.more.iter().map(|(_, value)| plain(value)));
            say(out, &fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","))?;
        }
    }
    Ok(())
}

fn csv_sums(sum: &Sum) -> Vec<String> {
    let tokens = &sum.tokens;
    let counts = [sum.calls, tokens.input, tokens.output, tokens.written(), tokens.read, tokens.total()];
    let mut fields: Vec<String> = counts.iter().map(u64::to_string).collect();
    fields.push(sum.cost_usd().map(|usd| usd.to_string()).unwrap_or_default());
    fields.push(sum.unpriced.to_string());
    fields
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@']) && field.parse::<f64>().is_err();
    let field = if formula { format!("'{field}") } else { field.to_string() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(quoted("-1.5"), "-1.5");
        assert_eq!(quoted("=SUM(A1)"), "'=SUM(A1)");
    }
}
