//! `explain`: the account of a conversation. Which calls were counted, which were not and why, and
//! what the client itself says.

use crate::check;
use crate::load::{Loaded, load};
use crate::row::format_sum_cost;
use crate::which::conversations;
use agents::logs::Log;
use agents::tokens::Class;
use argh::FromArgs;
use cli::{Context, Form, Outcome};
use cs_core::clock;
use render::{LIST_PRICE, format_count, format_second};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use usage::book::{self, Row, Session};
use usage::explain::{self, Account, Judged, Named, Why};
use usage::facts::Facts;
use usage::judge::Fate;
use usage::kept;
use usage::sum::Sum;

/// show what was counted of a conversation, what was not and why, beside what the client says
#[derive(FromArgs, Debug)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} ca5d",
    example = "{command_name} claude:1efc27bb-f68f-47d0-bb52-fc872cee82d8 --json"
)]
pub struct Explain {
    /// sessions; also the ids of conversations that have no record
    #[argh(positional)]
    id: Vec<String>,
    /// time zone of the times, such as Europe/Berlin (the system's)
    #[argh(option)]
    timezone: Option<String>,
}

impl Explain {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let loaded = load(context, self.timezone.as_deref())?;
        for id in conversations(context, &self.id, &loaded.book)? {
            explain(context, &loaded, &id)?;
        }
        context.out.flush()?;
        loaded.end()
    }
}

/// What the logs say besides, by their places.
type Accounts = BTreeMap<usize, Account>;

/// A call with all that is said of it.
struct Told<'a> {
    judged: &'a Judged,
    model: &'a str,
    path: String,
    fate: String,
    /// What it is called there; nothing where it was taken from a counter.
    named: Option<&'a Named>,
    cost: Sum,
}

fn explain(context: &mut Context, loaded: &Loaded, id: &str) -> Outcome<()> {
    let mut judged = Vec::new();
    let (summaries, _) = kept::load(&context.store.home);
    book::build(&loaded.logs, summaries, |log, call, fate| {
        let session = loaded.logs.get(log).map(|(_, facts)| facts.name(call.session));
        if session == Some(id) {
            judged.push(Judged { log, call: call.clone(), fate });
        }
    });
    judged.sort_by_key(|judged| (judged.call.at, judged.log));
    let mut accounts: Accounts = BTreeMap::new();
    for judged in &judged {
        if let Some((log, _)) = loaded.logs.get(judged.log) {
            accounts.entry(judged.log).or_insert_with(|| explain::account(log));
        }
    }
    let told: Vec<Told> = judged.iter().map(|judged| tell(loaded, judged, accounts.get(&judged.log))).collect();
    let session = loaded.book.sessions.iter().find(|session| session.id == id);
    match context.out.form {
        Form::Json => lines(context, loaded, session, id, &told, &accounts),
        Form::Table => page(context, loaded, session, id, &told, &accounts),
    }
}

fn tell<'a>(loaded: &'a Loaded, judged: &'a Judged, account: Option<&'a Account>) -> Told<'a> {
    let log = loaded.logs.get(judged.log);
    let call = &judged.call;
    let model = log.map_or("", |(_, facts)| facts.name(call.model));
    let fate = match judged.fate {
        Fate::Counted => "counted".to_string(),
        Fate::Kept => "kept".to_string(),
        Fate::Repeats(session) => match loaded.book.sessions.get(session as usize) {
            Some(session) => format!("repeats {}", session.id),
            None => "repeats".to_string(),
        },
    };
    let row = Row {
        session: 0,
        model: 0,
        class: call.class,
        calls: 1,
        searches: u64::from(call.searches),
        tokens: call.tokens,
        cost: call.cost,
        first: call.at,
        last: call.at,
    };
    let mut cost = Sum::default();
    cost.add(&row, model, &loaded.prices);
    let path = log.map(|(log, _)| log.path.display().to_string()).unwrap_or_default();
    let named = account.and_then(|account| account.names.get(&(call.message, call.request)));
    Told { judged, model, path, fate, named, cost }
}

/// A line that no model gave, and the place of its log.
struct Unsaid<'a> {
    log: usize,
    line: u64,
    message: Option<&'a str>,
    at: Option<i64>,
}

/// The lines of a session that no model gave.
fn unsaid<'a>(accounts: &'a Accounts, of: &str) -> Vec<Unsaid<'a>> {
    let all = accounts.iter().flat_map(|(log, account)| account.dropped.iter().map(|dropped| (*log, dropped)));
    all.filter_map(|(log, dropped)| match &dropped.why {
        Why::Synthetic { session, id, at } if session == of => {
            Some(Unsaid { log, line: dropped.line, message: id.as_deref(), at: *at })
        }
        _ => None,
    })
    .collect()
}

/// The numbers of a log's lines that are dropped for this reason.
fn numbers(account: &Account, why: &Why) -> Vec<u64> {
    account.dropped.iter().filter(|dropped| dropped.why == *why).map(|dropped| dropped.line).collect()
}

/// What is said of the whole.
#[derive(Serialize)]
struct Whole<'a> {
    kind: &'static str,
    claude_session_id: &'a str,
    agent: Option<&'static str>,
    title: Option<&'a str>,
    source: &'static str,
    usage_lines: u64,
    calls: usize,
    counted: usize,
    dropped: usize,
    /// Answers that no model gave.
    synthetic: usize,
}

fn whole<'a>(session: Option<&'a Session>, id: &'a str, told: &[Told], unsaid: &[Unsaid]) -> Whole<'a> {
    let counted = told.iter().filter(|told| told.judged.fate == Fate::Counted).count();
    Whole {
        kind: "session",
        claude_session_id: id,
        agent: session.map(|session| session.agent.word()),
        title: session.and_then(|session| session.title.as_deref()),
        source: if session.is_some_and(|session| session.kept) { "summary" } else { "log" },
        usage_lines: told.iter().map(|told| u64::from(told.judged.call.lines)).sum(),
        calls: told.len(),
        counted,
        dropped: told.len() - counted,
        synthetic: unsaid.len(),
    }
}

fn lines(
    context: &mut Context,
    loaded: &Loaded,
    session: Option<&Session>,
    id: &str,
    told: &[Told],
    accounts: &Accounts,
) -> Outcome<()> {
    let unsaid = unsaid(accounts, id);
    context.out.json(&whole(session, id, told, &unsaid))?;
    for ((log, facts), account) in logs(loaded, accounts) {
        context.out.json(&json!({
            "kind": "log", "path": log.path.display().to_string(), "lines": facts.lines,
            "broken": facts.broken, "repaired": facts.repaired, "too_long": facts.too_long, "copied": facts.forked,
            "repaired_lines": numbers(account, &Why::Repaired), "broken_lines": numbers(account, &Why::Broken),
            "too_long_lines": numbers(account, &Why::TooLong),
        }))?;
    }
    for told in told {
        let call = &told.judged.call;
        context.out.json(&json!({
            "kind": "call", "fate": told.fate, "message_id": told.named.map(|named| &named.message),
            "part": told.named.and_then(|named| named.part.as_ref()),
            "request_id": told.named.and_then(|named| named.request.as_ref()),
            "at": clock::from_millis(call.at).map(clock::stamp), "model": told.model, "lines": call.lines,
            "side_chain": call.class.has(Class::SIDE), "fast": call.class.has(Class::FAST),
            "service_tier": call.class.tier().as_str(), "input_tokens": call.tokens.input,
            "output_tokens": call.tokens.output, "cache_creation_input_tokens": call.tokens.written(),
            "cache_read_input_tokens": call.tokens.read, "total_tokens": call.tokens.total(),
            "cost_usd": told.cost.cost_usd(), "cost_confirmed": told.cost.unconfirmed == 0, "log": told.path,
        }))?;
    }
    for Unsaid { log, line, message, at } in unsaid {
        let path = loaded.logs.get(log).map(|(log, _)| log.path.display().to_string());
        context.out.json(&json!({
            "kind": "line", "fate": "synthetic", "message_id": message, "line": line, "log": path,
            "at": at.and_then(clock::from_millis).map(clock::stamp),
        }))?;
    }
    for line in check::with_client(loaded, session) {
        context.out.json(&line)?;
    }
    Ok(())
}

fn logs<'a>(loaded: &'a Loaded, accounts: &'a Accounts) -> impl Iterator<Item = (&'a (Log, Facts), &'a Account)> {
    accounts.iter().filter_map(|(place, account)| Some((loaded.logs.get(*place)?, account)))
}

fn page(
    context: &mut Context,
    loaded: &Loaded,
    session: Option<&Session>,
    id: &str,
    told: &[Told],
    accounts: &Accounts,
) -> Outcome<()> {
    let unsaid = unsaid(accounts, id);
    let whole = whole(session, id, told, &unsaid);
    context.out.line(&cli::sanitize(whole.title.unwrap_or(id)))?;
    if session.is_some_and(|session| session.kept) {
        context.out.line("  its log is gone or says less than it did; what was kept of it counts")?;
    }
    for ((log, facts), account) in logs(loaded, accounts) {
        let path = cli::sanitize(&log.path.display().to_string());
        let broken = with_places(facts.broken, "broken", &numbers(account, &Why::Broken));
        let long = with_places(facts.too_long, "too long", &numbers(account, &Why::TooLong));
        let repaired = with_places(facts.repaired, "repaired", &numbers(account, &Why::Repaired));
        let repaired = if facts.repaired > 0 { format!(", {repaired}") } else { String::new() };
        context.out.line(&format!("  {path}: {} lines, {broken}{repaired}, {long}", facts.lines))?;
    }
    let time = |at: i64| {
        let local = at + loaded.zone.offset(at) * 1000;
        clock::from_millis(local).map(format_second).unwrap_or_default()
    };
    let row = |told: &Told| {
        let call = &told.judged.call;
        vec![
            time(call.at),
            if call.class.has(Class::SIDE) { "side".to_string() } else { String::new() },
            told.model.to_string(),
            format_count(call.tokens.total()),
            format_sum_cost(&told.cost),
            call.lines.to_string(),
            told.fate.clone(),
            told.named.map(name).unwrap_or_default(),
        ]
    };
    let no_call = |unsaid: &Unsaid| {
        let at = unsaid.at.map(time).unwrap_or_default();
        [&at, "", "<synthetic>", "", "", "1", "synthetic", unsaid.message.unwrap_or_default()]
            .map(str::to_string)
            .into()
    };
    let rows: Vec<Vec<String>> = told.iter().map(row).chain(unsaid.iter().map(no_call)).collect();
    if !rows.is_empty() {
        context.out.table(&["time", "chain", "model", "tokens", LIST_PRICE, "lines", "fate", "message"], &rows)?;
    }
    let no_calls = if unsaid.is_empty() { String::new() } else { format!("; {} that no model gave", unsaid.len()) };
    context.out.line(&format!(
        "{} lines with usage tell of {} calls: {} counted, {} dropped{no_calls}",
        whole.usage_lines, whole.calls, whole.counted, whole.dropped
    ))?;
    check::lines(loaded, session).iter().try_for_each(|line| context.out.line(line))
}

/// `msg_1`, or `msg_1 (advisor_message 1)` for a call inside that answer.
fn name(named: &Named) -> String {
    let part = named.part.as_ref().map(|part| format!(" ({part})")).unwrap_or_default();
    format!("{}{part}", named.message)
}

/// `2 broken (lines 3, 17)`, with the first ten places.
fn with_places(count: u64, what: &str, lines: &[u64]) -> String {
    const MOST: usize = 10;
    let shown: Vec<String> = lines.iter().take(MOST).map(u64::to_string).collect();
    let more = if lines.len() > MOST { ", …" } else { "" };
    if shown.is_empty() {
        format!("{count} {what}")
    } else {
        format!("{count} {what} (lines {}{more})", shown.join(", "))
    }
}
