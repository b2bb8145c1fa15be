//! `list`: the calls of tools that fit, newest first. Writes `audit/<day>.index`.

use crate::shown::{self, Shown};
use crate::wanted;
use argh::{ArgsInfo, FromArgs};
use audit::{Call, Filter, Settings};
use cli::{Context, Failure, Form, Outcome, terminal};
use cs_core::clock;
use cs_core::zone::Zone;
use std::ops::ControlFlow;

/// list the calls of tools, newest first: on a terminal as many as it has lines, in a pipe all
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name} --verdict destructive --since 7d",
    example = "{command_name} ca5d --denied --failed",
    example = "{command_name} --since \"last tuesday\" --until \"last tuesday\" --tool Bash --from-transcripts"
)]
pub struct List {
    /// only these sessions or conversations: ids, their starts or ends, or claude:UUID
    #[argh(positional, arg_name = "session")]
    sessions: Vec<String>,
    /// the same as an option; may be repeated
    #[argh(option)]
    session: Vec<String>,
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// only this tool, such as Bash or mcp__github__create_issue
    #[argh(option)]
    tool: Option<String>,
    /// only calls with this verdict (destructive, sensitive, install, privilege or opaque) or of this rule, such as
    /// git-push-force; may be repeated, or several with commas
    #[argh(option)]
    verdict: Vec<String>,
    /// only calls at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such as
    /// 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only calls before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
    /// only calls that were not run, because a person, a rule or the guard refused them
    #[argh(switch)]
    denied: bool,
    /// only calls that failed, of which parts may have been done; with --denied calls of both kinds
    #[argh(switch)]
    failed: bool,
    /// only calls of subagents with this id, its beginning (as in the table, behind /), or this type
    #[argh(option)]
    agent_id: Option<String>,
    /// only calls with this text in their file or their command
    #[argh(option)]
    path: Option<String>,
    /// at most this many calls
    #[argh(option, from_str_fn(wanted::parse_limit))]
    limit: Option<usize>,
    /// also read what the clients wrote themselves, for the time without a log; verdicts are those of the rules as they are
    /// now
    #[argh(switch)]
    from_transcripts: bool,
    /// print comma-separated values
    #[argh(switch)]
    csv: bool,
}

/// What tells about the time before the log.
const BEFORE: &str = "--from-transcripts also reads what the clients wrote before";
/// Lines of the terminal that are no rows: the titles, and the prompt.
const OTHER_LINES: usize = 3;

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        wanted::check_project(context, self.project.as_deref())?;
        let filter = self.filter(context)?;
        if self.is_table(context) {
            self.print_table(context, &filter)?;
        } else {
            self.print_lines(context, &filter)?;
        }
        context.out.flush()?;
        self.note_beginning(context, &filter)
    }

    fn filter(&self, context: &Context) -> Outcome<Filter> {
        Ok(Filter {
            shares: wanted::shares(context, self.sessions.iter().chain(&self.session))?,
            project: self.project.clone(),
            tool: self.tool.clone(),
            said: wanted::said(context, &self.verdict)?,
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            denied: self.denied,
            failed: self.failed,
            agent_id: self.agent_id.clone(),
            path: self.path.as_deref().map(wanted::part_of_path),
            limit: self.limit,
            ..Filter::default()
        })
    }

    fn is_table(&self, context: &Context) -> bool {
        context.out.form == Form::Table && !self.csv && !context.out.quiet
    }

    /// One line a call, as they are found.
    fn print_lines(&self, context: &mut Context, filter: &Filter) -> Outcome<()> {
        if self.csv {
            context.out.text(&shown::csv_header())?;
        }
        let mut count = 0;
        let mut done = Ok(());
        let Context { store, out, now } = context;
        let mut print = |call: &Call| {
            count += 1;
            match (self.csv, out.quiet) {
                (true, _) => out.text(&shown::csv_row(call)),
                (false, true) => call.tool_use_id.as_ref().map_or(Ok(()), |id| out.line(&cli::sanitize(id))),
                (false, false) => out.json(&Shown::of(call)),
            }
        };
        if self.from_transcripts {
            done = all(store, filter, *now)?.iter().try_for_each(&mut print);
        } else {
            wanted::each_call(store, filter, *now, &mut |call| match print(&call) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    done = Err(failure);
                    ControlFlow::Break(())
                }
            })?;
        }
        done?;
        if count == 0 { Err(self.nothing(context, filter)) } else { Ok(()) }
    }

    fn print_table(&self, context: &mut Context, filter: &Filter) -> Outcome<()> {
        let room = terminal::height().map(|height| height.saturating_sub(OTHER_LINES).max(1));
        let most = filter.limit.or(room);
        let filter = Filter { limit: most.map(|most| most.saturating_add(1)), ..filter.clone() };
        let mut calls = match self.from_transcripts {
            true => all(&context.store, &filter, context.now)?,
            false => wanted::calls(&context.store, &filter, context.now)?,
        };
        if calls.is_empty() {
            return Err(self.nothing(context, &filter));
        }
        let is_more = most.is_some_and(|most| calls.len() > most);
        calls.truncate(most.unwrap_or(usize::MAX));
        let table = shown::table(&context.store, &calls, self.from_transcripts, Zone::system(), context.now);
        context.out.show(&table)?;
        if is_more && self.limit.is_none() {
            let text = context.out.styled("… and more: --limit N, or a pipe, shows them", render::Style::Dim);
            context.out.line(&text)?;
        }
        Ok(())
    }

    fn nothing(&self, context: &Context, filter: &Filter) -> Failure {
        if self.from_transcripts {
            return Failure::Nothing("no call fits".into());
        }
        match (wanted::before_log(context, filter), audit::begins_at(&context.store)) {
            (Some(before), _) => return Failure::Advised("no call fits".into(), format!("{before}; {BEFORE}")),
            (None, Ok(None)) => {}
            (None, _) => return Failure::Nothing("no call fits".into()),
        }
        let hint = match wanted::settings(context).enabled {
            true => {
                "--from-transcripts reads what the clients wrote themselves; cs-setup doctor says whether calls are logged"
            }
            false => {
                "config.json switches it off (audit.enabled); --from-transcripts reads what the clients wrote themselves"
            }
        };
        Failure::Advised("no call is logged".into(), hint.into())
    }

    /// The log may not go back as far as the question.
    fn note_beginning(&self, context: &Context, filter: &Filter) -> Outcome<()> {
        let is_asked = !self.from_transcripts && filter.range.since.is_some();
        if let Some(before) = is_asked.then(|| wanted::before_log(context, filter)).flatten() {
            cli::note(crate::PROGRAM, &format!("{before}; {BEFORE}"));
        }
        Ok(())
    }
}

/// The calls of the log, and those of transcripts that it does not have.
fn all(store: &cs_core::store::Store, filter: &Filter, now: clock::Instant) -> Outcome<Vec<Call>> {
    let mut logged = Vec::new();
    wanted::each_call(store, filter, now, &mut |call| {
        logged.push(call);
        ControlFlow::Continue(())
    })?;
    let known = audit::logged_ids(store, &filter.range)?;
    let settings = Settings::read(&store.config(), &store.home.config()).0;
    let is_logged = |call: &Call| call.tool_use_id.as_ref().is_some_and(|id| known.contains(id));
    let mut calls = audit::from_transcripts(store, filter, &settings.all_rules(), &is_logged);
    calls.extend(logged);
    calls.sort_by(|a, b| b.at.cmp(&a.at));
    calls.truncate(filter.limit.unwrap_or(usize::MAX));
    Ok(calls)
}
