//! `keep`: writes a summary of every conversation, which counts once its log is deleted.

use crate::PROGRAM;
use crate::load::{Loaded, load, load_watching};
use crate::records::records;
use crate::titles::Titles;
use agents::Agent;
use agents::logs::Log;
use agents::sweep;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Outcome, report};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::zone::Zone;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use usage::days;
use usage::shares::Records;
use usage::summary;
use usage::told::Reports;

/// write a summary of each conversation, because Claude Code deletes transcripts after a month
#[derive(ArgsInfo, FromArgs, Debug)]
#[argh(subcommand, name = "keep", example = "{command_name}", example = "{command_name} --check")]
pub struct Keep {
    /// change nothing; list transcripts that will be deleted within five days and have no summary, and exit with 1 if
    /// there are any
    #[argh(switch)]
    check: bool,
}

/// A transcript that will be deleted soon, and whose summary is missing or incomplete.
#[derive(Serialize)]
struct AtRisk {
    claude_session_id: String,
    path: PathBuf,
    #[serde(serialize_with = "serialize_stamp")]
    deleted_at: Instant,
}

fn serialize_stamp<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&clock::stamp(*at))
}

/// How many days before its deletion a transcript is reported.
const WARN_DAYS: i64 = 5;

impl Keep {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.check {
            return check(context, &load(context)?);
        }
        // Before the logs are read.
        let mut reports = Reports::read(&context.store, Zone::system(), context.now);
        let loaded = load_watching(context, |log, call, fate| reports.note(log, call, fate))?;
        let mut titles = Titles::new(&loaded.book);
        let records = records(context, |record| titles.note(&record))?;
        if context.store.config().hooks.capture_prompts {
            titles.store(&context.store, context.now);
        }
        let done = summary::keep(&context.store.home, &loaded.book, &loaded.prices, &records, context.now)?;
        let told = reports.told(&loaded.book, &loaded.prices);
        let roots = loaded.roots.of(Agent::Claude);
        let summed = days::write(&context.store.home, &loaded.view(), &roots, told, context.now);
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&done)?,
            Form::Table => {
                context.out.line(&format!("{} summaries written, {} unchanged", done.written, done.unchanged))?
            }
        }
        context.out.flush()?;
        let mut failures = Failures::default();
        for (uuid, error) in done.failed {
            failures.report(error)?;
            warn(context, &loaded, &uuid);
        }
        summed?;
        failures.end().and_then(|()| loaded.end())
    }
}

fn check(context: &mut Context, loaded: &Loaded) -> Outcome<()> {
    let risks = at_risk(context, loaded);
    for risk in &risks {
        match context.out.form {
            _ if context.out.quiet => context.out.line(&risk.claude_session_id)?,
            Form::Json => context.out.json(risk)?,
            Form::Table => context.out.line(&cli::sanitize(&describe(risk, &loaded.zone)))?,
        }
    }
    context.out.flush()?;
    if !risks.is_empty() {
        let text = format!(
            "{} transcripts will be deleted within {WARN_DAYS} days and have no summary; run cs-usage keep",
            risks.len()
        );
        report(PROGRAM, &Failure::Nothing(text));
    }
    loaded.end()?;
    if risks.is_empty() { Ok(()) } else { Err(Failure::Reported(1)) }
}

fn describe(risk: &AtRisk, zone: &Zone) -> String {
    format!(
        "{} has no summary and will be deleted about {}",
        risk.path.display(),
        render::format_local_day(risk.deleted_at, zone)
    )
}

/// Warns if the transcript of this conversation will be deleted soon.
fn warn(context: &Context, loaded: &Loaded, uuid: &str) {
    for risk in at_risk(context, loaded).iter().filter(|risk| risk.claude_session_id == uuid) {
        report(PROGRAM, &Failure::Nothing(describe(risk, &loaded.zone)));
    }
}

/// Finds the transcripts that will be deleted soon, the first to go first.
fn at_risk(context: &Context, loaded: &Loaded) -> Vec<AtRisk> {
    let (summaries, _) = summary::load(&context.store.home);
    let kept: HashMap<&str, u64> = summaries.iter().map(|summary| (summary.session(), summary.messages)).collect();
    let all = summary::summarize_all(&loaded.book, &loaded.prices, &Records::new());
    let used: HashMap<String, u64> =
        all.into_iter().map(|(uuid, summary)| (uuid.to_string(), summary.usage.messages)).collect();
    let is_kept = |id: &str| used.get(id).is_none_or(|used| kept.get(id).is_some_and(|kept| kept >= used));
    let roots = loaded.roots.of(Agent::Claude);
    let config = context.store.config();
    let projects = || config.projects.values().map(|project| PathBuf::from(&project.path));
    let periods: Vec<(&PathBuf, i64)> = roots.iter().map(|root| (root, sweep::days(root, projects()))).collect();
    // For each conversation, the log that is deleted first.
    let mut risks: BTreeMap<&str, AtRisk> = BTreeMap::new();
    for (log, facts) in loaded.logs.iter().filter(|(log, _)| log.agent == Agent::Claude) {
        let days = periods.iter().find(|(root, _)| log.path.starts_with(root)).map_or(sweep::DAYS, |(_, days)| *days);
        let Some(deleted_at) = deletion(log, days).filter(|at| *at - context.now <= TimeDelta::days(WARN_DAYS)) else {
            continue;
        };
        for id in facts.sessions().into_iter().filter(|id| !is_kept(id)) {
            let risk = || AtRisk { claude_session_id: id.into(), path: log.path.clone(), deleted_at };
            let known = risks.entry(id).or_insert_with(risk);
            if deleted_at < known.deleted_at {
                *known = risk();
            }
        }
    }
    let mut risks: Vec<AtRisk> = risks.into_values().collect();
    risks.sort_by_key(|risk| risk.deleted_at);
    risks
}

/// When Claude Code deletes a transcript: this many days after its last change.
fn deletion(log: &Log, days: i64) -> Option<Instant> {
    let modified = clock::from_millis(log.identity.modified / 1_000_000)?;
    modified.checked_add_signed(TimeDelta::try_days(days)?)
}
