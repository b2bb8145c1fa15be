//! Owns the facts that `explain` shows about a conversation, its logs, its calls, and lines that are not calls. Must stay
//! true: each fact is determined once; the JSON form and the page only print it.

use crate::load::Loaded;
use crate::row::format_sum_cost;
use agents::logs::Log;
use agents::tokens::Class;
use cs_core::clock;
use render::format_count;
use serde::{Serialize, Serializer};
use usage::book::Session;
use usage::explain::{Account, Judged, Named, Why};
use usage::facts::Facts;
use usage::judge::Fate;
use usage::row::QuarterRow;
use usage::sum::Sum;

/// A conversation as a whole.
#[derive(Serialize)]
pub struct SessionFacts {
    pub claude_session_id: String,
    agent: Option<&'static str>,
    pub title: Option<String>,
    /// The source of the usage that counts: `summary` or `log`.
    pub source: &'static str,
    usage_lines: u64,
    calls: usize,
    counted: usize,
    dropped: usize,
    /// Answers that the client wrote itself, without a model.
    synthetic: usize,
}

impl SessionFacts {
    pub fn of(session: Option<&Session>, id: &str, calls: &[CallFacts], synthetic: usize) -> Self {
        let counted = calls.iter().filter(|call| call.fate == COUNTED).count();
        SessionFacts {
            claude_session_id: id.to_string(),
            agent: session.map(|session| session.agent.word()),
            title: session.and_then(|session| session.title.clone()),
            source: if session.is_some_and(|session| session.is_summary) { "summary" } else { "log" },
            usage_lines: calls.iter().map(|call| u64::from(call.lines)).sum(),
            calls: calls.len(),
            counted,
            dropped: calls.len() - counted,
            synthetic,
        }
    }

    /// `3 calls in 5 lines with usage: 3 counted, 0 dropped`
    pub fn describe_counts(&self) -> String {
        let synthetic = match self.synthetic {
            0 => String::new(),
            lines => format!("; {lines} that no model gave"),
        };
        let SessionFacts { usage_lines, calls, counted, dropped, .. } = self;
        let calls = render::format_quantity(*calls as u64, "call");
        let lines = render::format_quantity(*usage_lines, "line");
        format!("{calls} in {lines} with usage: {counted} counted, {dropped} dropped{synthetic}")
    }
}

/// A log of the conversation.
#[derive(Serialize)]
pub struct LogFacts {
    path: String,
    lines: u64,
    broken: u64,
    repaired: u64,
    too_long: u64,
    copied: bool,
    repaired_lines: Vec<u64>,
    broken_lines: Vec<u64>,
    too_long_lines: Vec<u64>,
}

impl LogFacts {
    pub fn of(log: &Log, facts: &Facts, account: &Account) -> Self {
        let numbers = |why: Why| {
            let dropped = account.dropped.iter().filter(|dropped| dropped.why == why);
            dropped.map(|dropped| dropped.line).collect()
        };
        LogFacts {
            path: log.path.display().to_string(),
            lines: facts.lines,
            broken: facts.broken,
            repaired: facts.repaired,
            too_long: facts.too_long,
            copied: facts.forked,
            repaired_lines: numbers(Why::Repaired),
            broken_lines: numbers(Why::Broken),
            too_long_lines: numbers(Why::TooLong),
        }
    }

    /// `PATH: 7 lines, 0 broken, 0 too long`
    pub fn describe(&self) -> String {
        let broken = describe_lines(self.broken, "broken", &self.broken_lines);
        let long = describe_lines(self.too_long, "too long", &self.too_long_lines);
        let repaired = match self.repaired {
            0 => String::new(),
            lines => format!(", {}", describe_lines(lines, "repaired", &self.repaired_lines)),
        };
        let lines = render::format_quantity(self.lines, "line");
        format!("{}: {lines}, {broken}{repaired}, {long}", self.path)
    }
}

/// `2 broken (lines 3, 17)`, with the first ten numbers.
fn describe_lines(count: u64, what: &str, numbers: &[u64]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(u64::to_string).collect();
    let more = if numbers.len() > SHOWN { ", …" } else { "" };
    match shown.is_empty() {
        true => format!("{count} {what}"),
        false => format!("{count} {what} (lines {}{more})", shown.join(", ")),
    }
}

/// A call of a model.
#[derive(Serialize)]
pub struct CallFacts {
    fate: String,
    /// The call's id in its log; `None` if the call comes from a counter.
    message_id: Option<String>,
    /// Which call of the message it is.
    part: Option<String>,
    request_id: Option<String>,
    #[serde(serialize_with = "serialize_stamp")]
    pub at: Option<i64>,
    model: String,
    lines: u32,
    side_chain: bool,
    fast: bool,
    service_tier: &'static str,
    input_tokens: u64,
    output_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    total_tokens: u64,
    cost_usd: Option<f64>,
    cost_confirmed: bool,
    log: String,
    /// The cost for people.
    #[serde(skip)]
    cost: String,
}

const COUNTED: &str = "counted";

impl CallFacts {
    pub fn of(loaded: &Loaded, judged: &Judged, account: Option<&Account>) -> Self {
        let (call, log) = (&judged.call, loaded.logs.get(judged.log));
        let model = log.map_or("", |(_, facts)| facts.name(call.model));
        let sum = sum(judged, model, loaded);
        let named: Option<&Named> = account.and_then(|account| account.names.get(&(call.message, call.request)));
        CallFacts {
            fate: describe_fate(judged.fate, loaded),
            message_id: named.map(|named| named.message.clone()),
            part: named.and_then(|named| named.part.clone()),
            request_id: named.and_then(|named| named.request.clone()),
            at: Some(call.at),
            model: model.to_string(),
            lines: call.lines,
            side_chain: call.class.has(Class::SIDE),
            fast: call.class.has(Class::FAST),
            service_tier: call.class.tier().as_str(),
            input_tokens: call.tokens.input,
            output_tokens: call.tokens.output,
            cache_creation_input_tokens: call.tokens.written(),
            cache_read_input_tokens: call.tokens.read,
            total_tokens: call.tokens.total(),
            cost_usd: sum.cost_usd(),
            cost_confirmed: sum.unconfirmed == 0,
            log: log.map(|(log, _)| log.path.display().to_string()).unwrap_or_default(),
            cost: format_sum_cost(&sum),
        }
    }

    /// A row of the page, after its time.
    pub fn cells(&self, time: String) -> Vec<String> {
        let part = self.part.as_ref().map(|part| format!(" ({part})")).unwrap_or_default();
        let message = self.message_id.as_ref().map(|id| format!("{id}{part}"));
        vec![
            time,
            if self.side_chain { "side".to_string() } else { String::new() },
            self.model.clone(),
            format_count(self.total_tokens),
            self.cost.clone(),
            self.lines.to_string(),
            self.fate.clone(),
            message.unwrap_or_default(),
        ]
    }
}

fn describe_fate(fate: Fate, loaded: &Loaded) -> String {
    match fate {
        Fate::Counted => COUNTED.to_string(),
        Fate::InSummary => "kept".to_string(),
        Fate::Repeats(session) => match loaded.book.sessions.get(session as usize) {
            Some(session) => format!("repeats {}", session.id),
            None => "repeats".to_string(),
        },
    }
}

/// The tokens and the cost of one call.
fn sum(judged: &Judged, model: &str, loaded: &Loaded) -> Sum {
    let mut sum = Sum::default();
    sum.add(&QuarterRow::of(&judged.call), model, &loaded.prices);
    sum
}

/// A line that is not a call, because no model gave the answer.
#[derive(Serialize)]
pub struct LineFacts {
    fate: &'static str,
    message_id: Option<String>,
    line: u64,
    log: String,
    #[serde(serialize_with = "serialize_stamp")]
    pub at: Option<i64>,
}

impl LineFacts {
    /// The lines of a log that belong to a conversation.
    pub fn of_log(log: &Log, account: &Account, conversation: &str) -> Vec<Self> {
        let facts = |line: u64, why: &Why| match why {
            Why::Synthetic { session, id, at } if session == conversation => {
                let log = log.path.display().to_string();
                Some(LineFacts { fate: "synthetic", message_id: id.clone(), line, log, at: *at })
            }
            _ => None,
        };
        account.dropped.iter().filter_map(|dropped| facts(dropped.line, &dropped.why)).collect()
    }

    /// A row of the page, after its time.
    pub fn cells(&self, time: String) -> Vec<String> {
        let message = self.message_id.as_deref().unwrap_or_default();
        [&time, "", "<synthetic>", "", "", "1", self.fate, message].map(str::to_string).into()
    }
}

/// Writes milliseconds since the epoch as a timestamp.
fn serialize_stamp<S: Serializer>(at: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
    at.and_then(clock::from_millis).map(clock::stamp).serialize(to)
}
