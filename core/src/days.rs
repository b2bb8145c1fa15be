//! Owns the wire format of `usage/days.json`: the usage of all conversations by day, small enough for every program
//! that shows it. Must stay true: an unknown price never becomes a cost of 0, not even in a sum.
//! Deliberately absent: where the numbers come from, which is the log reader's concern.

mod rows;

use crate::clock::Date;
use crate::usage::{ModelUsage, Usage};
use crate::validate::{self, COUNT};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Usage by day. Days are local to the program that wrote the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Days {
    /// Instant of the write, RFC 3339, UTC.
    pub kept_at: String,
    /// The first day with rows of its own, `YYYY-MM-DD`; `None` if nothing was used.
    pub from: Option<String>,
    /// One row for each day, project and model, sorted in this order. Usage before `from` has no date.
    pub rows: Vec<DayRow>,
    /// Days that only the agent's own statistics know: UTC day → model → tokens. Never added to the others.
    pub stats_cache: BTreeMap<String, BTreeMap<String, u64>>,
    /// What status lines had reported by then; `None` if an older program wrote the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// What of the costs that status lines report for a day is in the rows already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The local day of the write, `YYYY-MM-DD`.
    pub day: String,
    /// Conversation → US dollars of that day, of those that the rows contain: what its status line had reported, and our
    /// price of the calls after that report.
    pub usd: BTreeMap<String, f64>,
    /// The last part of that alone: our price of the calls after the report.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<String, f64>,
}

/// Usage of a model in a project on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct DayRow {
    /// Local day, `YYYY-MM-DD`; `None` for everything before [`Days::from`].
    pub date: Option<String>,
    /// A slug, or a directory where no project is registered.
    pub project: String,
    /// The model's plain name.
    pub model: String,
    /// Tokens and cost of this day, project and model.
    pub amount: Amount,
}

/// Date, project, model; input, output, cache written, cache read; dollars, tokens without a price.
type Written = (Option<String>, String, String, u64, u64, u64, u64, Option<f64>, u64);

impl From<Written> for DayRow {
    fn from((date, project, model, input, output, written, read, cost, unpriced): Written) -> Self {
        let kinds = [input, output, written, read].map(|count| count.min(COUNT));
        let amount = Amount::new(kinds, cost.and_then(validate::dollars), unpriced.min(COUNT));
        DayRow { date, project, model, amount }
    }
}

impl Days {
    /// Reads the file without the rows of days before `first`, which come first: budgets need a month at most, and are
    /// in status lines. Rows before the first day that is listed separately stay if no other row does.
    pub fn parse_since(bytes: &[u8], first: Date) -> serde_json::Result<Days> {
        let start = start_of_rows(bytes.get(..HEAD).unwrap_or(bytes));
        match start.and_then(|start| bytes.split_at_checked(start)).and_then(|(head, rest)| cut(head, rest, first)) {
            Some((parts, _)) => parsed(&parts),
            None => serde_json::from_slice(bytes),
        }
    }

    /// The same from the first [`HEAD`] bytes of the file and its last ones; `None` if rows that are needed may stand
    /// between them.
    pub fn parse_ends(head: &[u8], tail: &[u8], first: Date) -> Option<serde_json::Result<Days>> {
        match cut(head.get(..start_of_rows(head)?)?, tail, first)? {
            (parts, true) => Some(parsed(&parts)),
            (_, false) => None,
        }
    }

    /// The same, with implausible figures reduced to the highest plausible one.
    pub fn bounded(mut self) -> Self {
        let figures = self.stats_cache.values_mut().flat_map(BTreeMap::values_mut);
        figures.for_each(|count| *count = COUNT.min(*count));
        let sums = self.told.iter_mut().flat_map(|told| [&mut told.usd, &mut told.after]);
        sums.for_each(|sums| sums.retain(|_, usd| validate::dollars(*usd).is_some()));
        self
    }
}

fn start_of_rows(head: &[u8]) -> Option<usize> {
    Some(head.windows(ROWS.len()).position(|window| window == ROWS)? + ROWS.len())
}

/// What stands before the rows, the rows, and what follows them.
type Parts<'a> = [&'a [u8]; 3];

fn parsed(parts: &Parts) -> serde_json::Result<Days> {
    let [head, rows, tail] = parts;
    match rows::read(rows) {
        Some(rows) => Ok(Days { rows, ..serde_json::from_slice(&[*head, *tail].concat())? }),
        None => serde_json::from_slice(&parts.concat()),
    }
}

/// The text of `head` and `rest` without the rows of days before `first`, and whether there was such a row; `None` if it
/// is not as [`Days`] is written. The rows, or the last of them, are at the beginning of `rest`.
fn cut<'a>(head: &'a [u8], rest: &'a [u8], first: Date) -> Option<(Parts<'a>, bool)> {
    let first = first.to_string();
    // In a text, a quotation mark follows a backslash, and only a comma or a bracket follows the end of a text. So
    // neither pattern can be part of a text.
    let end = rest.windows(AFTER.len()).rposition(|window| window == AFTER)?;
    let (rows, tail) = rest.split_at_checked(end)?;
    let is_row = |at: &usize| {
        let around = at.checked_sub(2).and_then(|from| rows.get(from..at + 3));
        matches!(around, Some([b']', b',', b'[', b'"', digit]) if digit.is_ascii_digit())
    };
    let (mut from, mut left) = (0, rows.len());
    for at in memchr::memrchr_iter(b'[', rows).filter(is_row) {
        let date = rows.get(at + 2..at + 2 + first.len())?;
        if date < first.as_bytes() {
            from = left.min(rows.len());
            break;
        }
        left = at;
    }
    Some(([head, rows.get(from..)?, tail], from > 0))
}

/// What precedes the rows.
const ROWS: &[u8] = b"\"rows\":[";

/// What follows the rows.
const AFTER: &[u8] = b"],\"stats_cache\":";
/// The rows begin within this many bytes.
pub const HEAD: usize = 200;

impl From<DayRow> for Written {
    fn from(DayRow { date, project, model, amount }: DayRow) -> Self {
        let [input, output, written, read] = amount.kinds();
        (date, project, model, input, output, written, read, amount.cost_usd, amount.unpriced_tokens)
    }
}

/// Tokens by kind and what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// Input that was neither read from a cache nor written to one.
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
    /// Input written to a cache.
    pub cache_creation_input_tokens: u64,
    /// Input read from a cache.
    pub cache_read_input_tokens: u64,
    /// Sum of the four kinds.
    pub total_tokens: u64,
    /// List price; `None`: no part of it has a known price.
    pub cost_usd: Option<f64>,
    /// Tokens that `cost_usd` leaves out.
    pub unpriced_tokens: u64,
}

impl Default for Amount {
    /// No usage, which costs nothing.
    fn default() -> Self {
        Amount::new([0; 4], Some(0.0), 0)
    }
}

impl Amount {
    /// Input, output, cache written, cache read, and their cost.
    pub fn new(kinds: [u64; 4], cost_usd: Option<f64>, unpriced_tokens: u64) -> Self {
        let [input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens] = kinds;
        let total_tokens = kinds.into_iter().fold(0, u64::saturating_add);
        Amount {
            input_tokens,
            output_tokens,
            cache_creation_input_tokens,
            cache_read_input_tokens,
            total_tokens,
            cost_usd,
            unpriced_tokens,
        }
    }

    /// Input, output, cache written, cache read.
    pub fn kinds(&self) -> [u64; 4] {
        [self.input_tokens, self.output_tokens, self.cache_creation_input_tokens, self.cache_read_input_tokens]
    }

    /// Adds another amount.
    pub fn add(&mut self, other: &Amount) {
        let cost = match (self.cost_usd, other.cost_usd) {
            (cost, _) if other.total_tokens == 0 => cost,
            (_, cost) if self.total_tokens == 0 => cost,
            // To a billionth: sums of decimal fractions have meaningless digits at the end.
            (Some(one), Some(two)) => Some(((one + two) * 1e9).round() / 1e9),
            (one, two) => one.or(two),
        };
        let mut kinds = self.kinds();
        kinds.iter_mut().zip(other.kinds()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        *self = Amount::new(kinds, cost, self.unpriced_tokens.saturating_add(other.unpriced_tokens));
    }
}

impl From<&Usage> for Amount {
    fn from(of: &Usage) -> Self {
        let kinds = [of.input_tokens, of.output_tokens, of.cache_creation_input_tokens, of.cache_read_input_tokens];
        Amount::new(kinds, of.cost_usd, of.unpriced_tokens)
    }
}

impl From<&ModelUsage> for Amount {
    /// A model's summary does not say which tokens its cost leaves out; without a cost, it leaves out all of them.
    fn from(of: &ModelUsage) -> Self {
        let kinds = [of.input_tokens, of.output_tokens, of.cache_creation_input_tokens, of.cache_read_input_tokens];
        let amount = Amount::new(kinds, of.cost_usd, 0);
        let unpriced = if of.cost_usd.is_none() { amount.total_tokens } else { 0 };
        Amount { unpriced_tokens: unpriced, ..amount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_list_and_reads_back() {
        let text = r#"["2026-11-21","shop","opus",1,2,3,4,null,10]"#;
        let row: DayRow = serde_json::from_str(text).unwrap();
        assert_eq!((row.amount.total_tokens, row.amount.cost_usd, row.date.as_deref()), (10, None, Some("2026-11-21")));
        assert_eq!(serde_json::to_string(&row).unwrap(), text);
    }

    #[test]
    fn an_unknown_cost_never_becomes_zero_in_a_sum() {
        let known = Amount::new([1, 0, 0, 0], Some(0.5), 0);
        let unknown = Amount::new([0, 2, 0, 0], None, 2);
        let sum = |parts: &[Amount]| {
            let mut sum = Amount::default();
            parts.iter().for_each(|part| sum.add(part));
            (sum.total_tokens, sum.cost_usd, sum.unpriced_tokens)
        };
        assert_eq!(sum(&[]), (0, Some(0.0), 0));
        assert_eq!(sum(&[unknown, unknown]), (4, None, 4));
        assert_eq!(sum(&[unknown, known]), (3, Some(0.5), 2));
        assert_eq!(sum(&[known, unknown, Amount::default()]), (3, Some(0.5), 2));
        assert_eq!(sum(&[known, known]), (2, Some(1.0), 0));
        let cents = [0.1, 0.7, 0.1, 0.3].map(|usd| Amount::new([1, 0, 0, 0], Some(usd), 0));
        assert_eq!(sum(&cents), (4, Some(1.2), 0));
    }

    #[test]
    fn rows_of_earlier_days_need_not_be_read() {
        // Names that look like the text around them.
        let names =
            ["shop", "],[", "],[\"2026-11-21", "],[\"2026-11-29\",", "],\"stats_cache\":", "],[\\", "\"rows\":["];
        let dates = [None, Some("2025-12-31"), Some("2026-11-20"), Some("2026-11-21"), Some("2026-11-22")];
        let row = |date: Option<&str>, name: &str| DayRow {
            date: date.map(str::to_string),
            project: name.into(),
            model: name.into(),
            amount: Amount::new([1, 0, 0, 0], Some(1.0), 0),
        };
        let mut by_ends = 0;
        for skipped in 0..=dates.len() {
            let dates = dates.iter().skip(skipped);
            let rows: Vec<DayRow> = dates.flat_map(|date| names.map(|name| row(*date, name))).collect();
            let stats_cache = BTreeMap::from([("2025-01-01".to_string(), BTreeMap::from([("],[\"2".to_string(), 1)]))]);
            let from = rows.iter().find_map(|row| row.date.clone());
            let sums = BTreeMap::from([("a".into(), 0.5)]);
            let told = Some(Told { day: "2026-11-22".into(), usd: sums.clone(), after: sums });
            let days = Days { kept_at: "now".into(), from, rows, stats_cache, told };
            let text = serde_json::to_vec(&days).unwrap();
            let first = "2026-11-21";
            let is_needed = |row: &&DayRow| row.date.as_deref().is_some_and(|date| date >= first);
            for from in HEAD..text.len() {
                let (head, tail) = (text.get(..HEAD).unwrap(), text.get(from..).unwrap());
                let Some(read) = Days::parse_ends(head, tail, first.parse().unwrap()) else { continue };
                let read = read.unwrap();
                assert!(read.rows.iter().filter(is_needed).eq(days.rows.iter().filter(is_needed)), "from {from}");
                assert_eq!(Days { rows: vec![], ..read }, Days { rows: vec![], ..days.clone() });
                by_ends += 1;
            }
            for first in ["2024-01-01", "2025-12-31", "2026-11-21", "2026-11-22", "2027-01-01"] {
                let read = Days::parse_since(&text, first.parse().unwrap()).unwrap();
                let is_needed = |row: &&DayRow| row.date.as_deref().is_some_and(|date| date >= first);
                let needed: Vec<&DayRow> = days.rows.iter().filter(is_needed).collect();
                assert_eq!(read.rows.iter().filter(is_needed).collect::<Vec<_>>(), needed, "{first}");
                assert!(read.rows.len() <= needed.len() + 2 * names.len(), "{first}: {} rows", read.rows.len());
                let is_vague = days.from.as_deref().is_some_and(|from| from > first);
                assert!(!is_vague || read.rows.len() == days.rows.len(), "{first}: all there are");
                assert_eq!(Days { rows: vec![], ..read }, Days { rows: vec![], ..days.clone() });
            }
        }
        assert!(by_ends > 100, "{by_ends}");
        let odd = br#"{"rows":[],"kept_at":"x"}"#;
        assert_eq!(Days::parse_since(odd, Date::default()).unwrap().kept_at, "x", "written by others");
        assert!(Days::parse_since(br#"{"kept_at":"","rows":[["2026-11-20","a"#, Date::default()).is_err(), "torn");
    }
}
