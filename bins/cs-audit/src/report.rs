//! `report`: what the calls of a session, a project or a time come to. Writes `audit/<day>.index`.

use crate::shown::{self, Sessions, Whats};
use crate::wanted;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use audit::{CallReport, Filter, LARGE, Large, Named, Outside, Section, Share, Subagent, Sums};
use cli::{Block, Context, Failure, Form, Outcome, Progress, found, sanitize};
use cs_core::id::Uuid;
use cs_core::range::{self, Range};
use cs_core::zone::Zone;
use render::{format_quantity, format_subagent};
use serde::Serialize;
use std::collections::HashSet;
use std::path::Path;

/// report what the calls of sessions, of a project or of a time come to: sums, those that a person should know of, the
/// slowest, and what they changed
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "report",
    note = "Without a session, a project or a time it is about the conversation that runs it, else about the last 7 days. \
            It names calls with a verdict, calls that failed or were denied, subagents, files that were changed outside of \
            the work tree, large changes (10 files or more for one prompt, or 100 lines removed), and every edit in a \
            project that audit.sensitive_projects in config.json names, each with the prompt that led to it. Prompts and \
            numbers of lines are from the clients' own transcripts: without one they are missing. What a shell command \
            changes in files is not known beyond what the rules say about it; one that failed may have done parts of it.",
    example = "{command_name} ca5d",
    example = "{command_name} --project api --since 30d --json"
)]
pub struct Report {
    /// sessions or conversations: ids, their starts or ends, or claude:UUID
    #[argh(positional, arg_name = "session")]
    sessions: Vec<String>,
    /// the same as an option; may be repeated
    #[argh(option)]
    session: Vec<String>,
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// only calls at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such as
    /// 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only calls before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
}

/// How far a report goes back that is not about sessions.
const BACK: &str = "7d";
/// Maximum number of lines of a section for people.
const SHOWN: usize = 20;

/// The report as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a CallReport,
    subagents: &'a [Subagent],
}

impl Report {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        wanted::check_project(context, self.project.as_deref())?;
        let filter = self.filter(context).map_err(|failure| self.meant(context, failure))?;
        let sensitive = wanted::settings(context).sensitive_projects;
        let mut progress = Progress::new(0);
        let mut indexing = |day: &Path| progress.show(|| wanted::indexing(day));
        let report = audit::report(&context.store, &filter, &sensitive, context.now, &mut indexing)?;
        progress.clear();
        if report.sums.calls == 0 {
            return Err(self.nothing(context, &filter));
        }
        let subagents = subagents(context, &filter, &report)?;
        match context.out.form {
            _ if context.out.quiet => named(&report).try_for_each(|call| {
                let id = call.call.tool_use_id.as_deref().unwrap_or_default();
                context.out.line(&sanitize(id))
            })?,
            Form::Json => context.out.json(&Shown { report: &report, subagents: &subagents })?,
            Form::Table => self.page(context, &filter, &report, &subagents).print(&mut context.out)?,
        }
        context.out.flush()
    }

    fn nothing(&self, context: &Context, filter: &Filter) -> Failure {
        let before = wanted::before_log(context, filter).map(|text| format!("{text}; ")).unwrap_or_default();
        let value = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| vec![name.to_string(), value.clone()]).unwrap_or_default()
        };
        let words: Vec<String> = ["cs-audit".to_string(), "list".to_string()]
            .into_iter()
            .chain(self.sessions.iter().chain(&self.session).cloned())
            .chain(value("--project", &self.project))
            .chain(value("--since", &self.since))
            .chain(value("--until", &self.until))
            .chain(["--from-transcripts".to_string()])
            .collect();
        let hint = format!("{before}{} reads what the clients wrote themselves", cli::shell_line(&words));
        Failure::Advised("no call fits".into(), hint)
    }

    /// A project may be typed as a session.
    fn meant(&self, context: &Context, failure: Failure) -> Failure {
        let projects = found::slugs(&context.store);
        let meant = self.sessions.iter().find(|word| projects.contains(*word));
        match (meant, failure.message()) {
            (Some(slug), Some((text, _))) => {
                let hint = format!("the project {slug}: cs-audit report --project {slug}");
                Failure::Advised(text.to_string(), hint)
            }
            _ => failure,
        }
    }

    fn filter(&self, context: &Context) -> Outcome<Filter> {
        let mut shares = wanted::shares(context, self.sessions.iter().chain(&self.session))?;
        let is_about_time = self.project.is_some() || self.since.is_some() || self.until.is_some();
        if shares.is_empty() && !is_about_time {
            shares.extend(Agent::conversation_from_env().map(|uuid| Share::whole(&uuid)));
        }
        let mut range = context.range(self.since.as_deref(), self.until.as_deref())?;
        if shares.is_empty() && range.since.is_none() {
            let since = range::start(BACK, Zone::system(), context.now)?;
            range = Range::new(Some(since), range.until, context.now);
        }
        Ok(Filter { shares, project: self.project.clone(), range, ..Filter::default() })
    }

    fn page(&self, context: &Context, filter: &Filter, report: &CallReport, subagents: &[Subagent]) -> Block {
        let (sessions, whats) = (Sessions::of(&context.store), Whats::of(&context.store));
        let mut words = Words { sessions, whats, zone: Zone::system() };
        let mut block = Block::new(&title(context, filter, words.zone));
        sums(&mut block, &report.sums, report);
        for (title, section) in sections(report) {
            words.section(&mut block, title, section);
        }
        let took = |named: &Named| format!("{:>8}  ", render::format_took(named.call.ms.unwrap_or_default()));
        let slowest: Vec<_> = report.slowest.iter().map(|named| (took(named), words.named(named))).collect();
        block.section("slowest", slowest);
        block.section(
            "subagents",
            subagents.iter().take(SHOWN).map(|subagent| words.subagent(subagent)).collect::<Vec<_>>(),
        );
        more(&mut block, subagents.len());
        block.section(
            "changed outside of the work tree",
            report.outside.iter().take(SHOWN).map(|outside| words.outside(outside)).collect::<Vec<_>>(),
        );
        more(&mut block, report.outside.len());
        let (files, lines) = LARGE;
        let title = format!("large changes ({files} files or more, or {lines} lines removed)");
        block.section(&title, report.large.iter().take(SHOWN).map(|large| words.large(large)).collect::<Vec<_>>());
        more(&mut block, report.large.len());
        words.section(&mut block, "edits in sensitive projects", &report.edits);
        block
    }
}

fn title(context: &Context, filter: &Filter, zone: &Zone) -> String {
    let mut title = match filter.shares.as_slice() {
        [] => "calls of tools".to_string(),
        [one] => format!("calls of tools in {}", session(context, &one.conversation)),
        many => format!("calls of tools in {}", format_quantity(many.len() as u64, "conversation")),
    };
    if let Some(project) = &filter.project {
        title.push_str(&format!(" in the project {project}"));
    }
    if let Some(since) = filter.range.since {
        title.push_str(&format!(" since {}", render::format_local_minute(since, zone)));
    }
    title
}

/// The session of a conversation as people know it: `ca5d (fix the login)`
fn session(context: &Context, uuid: &str) -> String {
    let id = Uuid::parse(uuid).ok().and_then(|uuid| context.store.conversation(&uuid).ok().flatten());
    let intent = id.and_then(|id| context.store.session(&id).ok()).map(|session| session.intent);
    match intent.filter(|intent| !intent.is_empty()) {
        Some(intent) => format!("{} ({intent})", Sessions::of(&context.store).name(Some(uuid))),
        None => uuid.to_string(),
    }
}

/// The subagents of the sessions, else of all conversations in which subagents made calls.
fn subagents(context: &Context, filter: &Filter, report: &CallReport) -> Outcome<Vec<Subagent>> {
    let of_calls = report.with_subagents.iter().filter(|_| filter.shares.is_empty());
    let shares: Vec<Share> = filter.shares.iter().cloned().chain(of_calls.map(|uuid| Share::whole(uuid))).collect();
    let mut found = Vec::new();
    for share in &shares {
        if let Ok(uuid) = Uuid::parse(&share.conversation) {
            found.extend(audit::subagents(&context.store, &uuid, &share.range.and(filter.range), context.now)?);
        }
    }
    found.sort_by(|a, b| a.began.cmp(&b.began));
    Ok(found)
}

/// The sections that name calls, by the words that the sums use.
fn sections(report: &CallReport) -> [(&'static str, &Section); 7] {
    [
        ("destructive", &report.destructive),
        ("sensitive", &report.sensitive),
        ("install", &report.install),
        ("privilege", &report.privilege),
        ("opaque", &report.opaque),
        ("failed", &report.failed),
        ("denied", &report.denied),
    ]
}

fn named(report: &CallReport) -> impl Iterator<Item = &Named> {
    let mut seen = HashSet::new();
    let sections = sections(report).into_iter().map(|(_, section)| section).chain([&report.edits]);
    let all = sections.flat_map(|section| &section.calls);
    all.filter(move |named| seen.insert(named.call.tool_use_id.as_deref()))
}

fn sums(block: &mut Block, sums: &Sums, report: &CallReport) {
    let parts = |parts: &[(u64, &str)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    let by = parts(&[(report.by_subagents, "by subagents")]);
    let ends = parts(&[(sums.failed, "failed"), (sums.denied, "denied"), (report.unknown, "without a known end")]);
    let rest = [by, ends].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    block.field("calls", &if rest.is_empty() { sums.calls.to_string() } else { format!("{} ({rest})", sums.calls) });
    let guard = parts(&[(sums.destructive_asked, "asked about"), (sums.destructive_denied, "denied")]);
    let destructive =
        if guard.is_empty() { sums.destructive.to_string() } else { format!("{} ({guard})", sums.destructive) };
    block.field("destructive", &destructive);
    let others = [
        ("sensitive", sums.sensitive),
        ("install", sums.install),
        ("privilege", sums.privilege),
        ("opaque", sums.opaque),
    ];
    others.into_iter().for_each(|(word, count)| block.field(word, &count.to_string()));
}

fn more(block: &mut Block, count: usize) {
    if count > SHOWN {
        block.item("", &format!("… and {} more: --json", count - SHOWN));
    }
}

/// How parts of a report read.
struct Words<'w> {
    sessions: Sessions<'w>,
    whats: Whats<'w>,
    zone: &'static Zone,
}

impl Words<'_> {
    fn section(&mut self, block: &mut Block, title: &str, section: &Section) {
        let items: Vec<(String, String)> = section
            .calls
            .iter()
            .take(SHOWN)
            .map(|named| (format!("{}  ", self.at(&named.call.at)), self.named(named)))
            .collect();
        block.section(title, items);
        more(block, usize::try_from(section.count).unwrap_or(usize::MAX));
    }

    fn at(&self, at: &str) -> String {
        cs_core::clock::parse(at).map_or_else(|| at.to_string(), |at| render::format_local_minute(at, self.zone))
    }

    fn named(&mut self, named: &Named) -> String {
        let call = &named.call;
        let session = self.sessions.name(call.claude_session_id.as_deref());
        let what = self.whats.with_tool(call);
        let ended = match call.outcome {
            audit::Outcome::Done => String::new(),
            audit::Outcome::Failed if call.input.command.is_some() && !call.verdicts.is_empty() => {
                "failed, parts may have been done".to_string()
            }
            outcome => outcome.word().to_string(),
        };
        let id = shown::short_id(call.tool_use_id.as_deref().unwrap_or_default());
        let about: Vec<String> =
            [shown::rules_of(call), ended, id.to_string()].into_iter().filter(|text| !text.is_empty()).collect();
        format!("{session}: {what}  ({}){}", about.join("; "), for_prompt(named.prompt.as_deref()))
    }

    fn subagent(&self, subagent: &Subagent) -> (String, String) {
        let began = subagent.began.as_ref().map(|at| self.at(at)).unwrap_or_default();
        (format!("{began}  "), format_subagent(subagent, self.zone))
    }

    fn outside(&self, outside: &Outside) -> (String, String) {
        let unknown = Some(outside.unknown).filter(|count| *count > 0);
        let unknown = unknown.map(|count| format!(", {count} without a known end")).unwrap_or_default();
        let count = format!("{}{unknown}", format_quantity(outside.calls, "call"));
        let text =
            format!("{} ({count}, outside of {}){}", outside.path, outside.root, for_prompt(outside.prompt.as_deref()));
        (format!("{}  ", self.at(&outside.at)), text)
    }

    fn large(&mut self, large: &Large) -> (String, String) {
        let session = self.sessions.name(large.claude_session_id.as_deref());
        let files = format_quantity(large.files as u64, "file");
        let lines = format!("{} lines removed, {} added", large.removed, large.added);
        (
            format!("{}  ", self.at(&large.at)),
            format!("{session}: {files}, {lines}{}", for_prompt(large.prompt.as_deref())),
        )
    }
}

fn for_prompt(prompt: Option<&str>) -> String {
    prompt.map(|prompt| format!(" — for {prompt:?}")).unwrap_or_default()
}
