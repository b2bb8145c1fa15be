//! `explain`: shows which calls of a conversation were counted, which were not and why, and what the client itself
//! reports.

use crate::account::{CallFacts, LineFacts, LogFacts, SessionFacts};
use crate::check::{self, Check};
use crate::load::{Loaded, load_with_accounts};
use crate::which::conversations;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome, sanitize};
use cs_core::clock;
use render::{Column, LIST_PRICE, Style, Table, TableCell, format_second};
use serde::Serialize;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use usage::book;
use usage::explain::Judged;
use usage::{read, summary};

/// show which calls of a conversation were counted, which were not and why, and what the client itself reports
#[derive(ArgsInfo, FromArgs, Debug)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} ca5d",
    example = "{command_name} claude:1efc27bb-f68f-47d0-bb52-fc872cee82d8 --json"
)]
pub struct Explain {
    /// sessions, or conversations without a record, by their own ids
    #[argh(positional)]
    id: Vec<String>,
    /// time zone of the times, such as Europe/Berlin (default: the system's)
    #[argh(option, arg_name = "zone")]
    timezone: Option<String>,
}

impl Explain {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let mut loaded = load_with_accounts(context, self.timezone.as_deref())?;
        for id in conversations(context, &self.id, &loaded.book)? {
            let explanation = Explanation::of(context, &mut loaded, &id);
            match context.out.form {
                Form::Json => explanation.print_json(context)?,
                Form::Table => explanation.print_page(context, &loaded)?,
            }
        }
        context.out.flush()?;
        loaded.end()
    }
}

/// How a conversation was counted.
struct Explanation {
    session: SessionFacts,
    logs: Vec<LogFacts>,
    calls: Vec<CallFacts>,
    /// Lines that are not calls although they look like answers.
    lines: Vec<LineFacts>,
    checks: Vec<Check>,
}

/// A line of the JSON form.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Fact<'a> {
    Session(&'a SessionFacts),
    Log(&'a LogFacts),
    Call(&'a CallFacts),
    Line(&'a LineFacts),
    Check(&'a Check),
}

impl Explanation {
    fn of(context: &Context, loaded: &mut Loaded, id: &str) -> Self {
        let judged = judge(context, loaded, id);
        let used: BTreeSet<usize> = judged.iter().map(|call| call.log).collect();
        used.iter().for_each(|index| complete_account(loaded, *index));
        let loaded = &*loaded;
        let logs = || used.iter().filter_map(|index| Some((loaded.logs.get(*index)?, loaded.accounts.get(index)?)));
        let call = |call: &Judged| CallFacts::of(loaded, call, loaded.accounts.get(&call.log));
        let calls: Vec<CallFacts> = judged.iter().map(call).collect();
        let lines: Vec<LineFacts> =
            logs().flat_map(|((log, _), account)| LineFacts::of_log(log, account, id)).collect();
        let session = loaded.book.sessions.iter().find(|session| session.id == id);
        Explanation {
            session: SessionFacts::of(session, id, &calls, lines.len()),
            logs: logs().map(|((log, facts), account)| LogFacts::of(log, facts, account)).collect(),
            checks: check::checks(loaded, session),
            calls,
            lines,
        }
    }

    fn print_json(&self, context: &mut Context) -> Outcome<()> {
        let logs = self.logs.iter().map(Fact::Log);
        let calls = self.calls.iter().map(Fact::Call).chain(self.lines.iter().map(Fact::Line));
        let all = logs.chain(calls).chain(self.checks.iter().map(Fact::Check));
        std::iter::once(Fact::Session(&self.session)).chain(all).try_for_each(|fact| context.out.json(&fact))
    }

    fn print_page(&self, context: &mut Context, loaded: &Loaded) -> Outcome<()> {
        let out = &mut context.out;
        let title = self.session.title.as_deref().unwrap_or(&self.session.claude_session_id);
        out.line(&out.styled(title, Style::Strong))?;
        if self.session.source == "summary" {
            out.line("  its log is gone or shorter than before, so its summary counts")?;
        }
        self.logs.iter().try_for_each(|log| out.line(&format!("  {}", sanitize(&log.describe()))))?;
        let time = |at: Option<i64>| {
            let local = at.and_then(|at| clock::from_millis(at + loaded.zone.offset(at) * 1000));
            local.map(format_second).unwrap_or_default()
        };
        let calls = self.calls.iter().map(|call| call.cells(time(call.at)));
        let mut table = Table::new(columns());
        for cells in calls.chain(self.lines.iter().map(|line| line.cells(time(line.at)))) {
            table.push(cells.into_iter().map(TableCell::from).collect());
        }
        if !table.is_empty() {
            out.show(&table)?;
        }
        out.line(&self.session.describe_counts())?;
        if self.checks.is_empty() {
            out.line("the client recorded no sum of its own")?;
        }
        self.checks.iter().try_for_each(|check| out.line(&sanitize(&check.describe())))
    }
}

/// The columns of the calls.
fn columns() -> Vec<Column> {
    vec![
        Column::text("time"),
        Column::text("chain").worth(10),
        Column::text("model").worth(50).shrinks(12),
        Column::number("tokens"),
        Column::number(LIST_PRICE),
        Column::number("lines").worth(20),
        Column::text("result").shrinks(8),
        Column::text("message").worth(30).shrinks(8),
    ]
}

/// Reads the account of a log that came from the cache. Errors were reported when it was loaded.
fn complete_account(loaded: &mut Loaded, index: usize) {
    if let (Some((log, _)), Entry::Vacant(account)) = (loaded.logs.get(index), loaded.accounts.entry(index)) {
        account.insert(read::log_with_account(log).map(|(_, account)| account).unwrap_or_default());
    }
}

/// The calls of a conversation and whether they were counted, in the order of their times.
fn judge(context: &Context, loaded: &Loaded, id: &str) -> Vec<Judged> {
    let mut judged = Vec::new();
    let (summaries, _) = summary::load(&context.store.home);
    book::build(&loaded.logs, summaries, |log, call, fate| {
        let session = loaded.logs.get(log).map(|(_, facts)| facts.name(call.session));
        if session == Some(id) {
            judged.push(Judged { log, call: call.clone(), fate });
        }
    });
    judged.sort_by_key(|judged| (judged.call.at, judged.log));
    judged
}
