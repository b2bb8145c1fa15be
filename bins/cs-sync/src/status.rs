//! `status`: this machine, what is set, and what is waiting to be sent. Sends nothing.

use crate::choice::Named;
use crate::forget::machine;
use crate::target::{Nowhere, Sender, Target};
use crate::{look, push, restored, settings, summary, twice};
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Failure, Form, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use sync::{Forgotten, Known, Last, Machine, OwnMachine, Request, Seen, Settings, Table};

/// say which machine this is, where it sends to, how the last run ended, what is waiting to be sent, who sees it, and what
/// is forgotten
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} --quick --json")]
pub struct Status {
    /// the database that psql reaches with these arguments
    #[argh(option, arg_name = "arguments")]
    psql: Option<String>,
    /// this file of SQLite
    #[argh(option)]
    sqlite: Option<PathBuf>,
    /// this folder
    #[argh(option)]
    into: Option<PathBuf>,
    /// only ask whether the target answers, and do not look for what is new
    #[argh(switch)]
    quick: bool,
}

/// The state, as JSON.
#[derive(Default, Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<Machine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// Whether the job sends.
    enabled: bool,
    /// Whether the settings can be used.
    usable: bool,
    /// Whether the target answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    reachable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// How many rows the target does not have, by table.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<BTreeMap<&'static str, u64>>,
    #[serde(skip)]
    rows: BTreeMap<Table, u64>,
    /// How many things would be left out, because a rule still finds something in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsent: Option<usize>,
    /// The same by the rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unsent_by_rule: BTreeMap<String, usize>,
    /// The conversations that are left out because they were redacted on another machine, whose marks are not here.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    withheld: BTreeSet<String>,
    /// How many conversations, and sessions without one, the next push has the target forget.
    #[serde(skip_serializing_if = "is_zero")]
    forgetting: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Option<BTreeSet<String>>,
    not_projects: BTreeSet<String>,
    /// Whether not everybody who reaches the target sees everything in it.
    #[serde(skip)]
    has_roles: Option<bool>,
    /// What to say of a file that other accounts can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed: Option<String>,
    /// How much of what is there the team sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    /// The projects that the team sees from the next push on, if that is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<BTreeSet<String>>,
    results: bool,
    /// Whether prompts of conversations without a log are sent.
    prompts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Last>,
    forgotten: BTreeSet<String>,
    /// The machines of this person in the target, the latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    machines: Option<Vec<OwnMachine>>,
    /// The same, in words.
    #[serde(skip)]
    told: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Status {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (_, settings) = settings::read(context);
        let target = Named { psql: self.psql, sqlite: self.sqlite, into: self.into }.or_set(&settings)?;
        let home = &context.store.home;
        let mut shown = Shown {
            machine: Machine::read(home)?,
            target: target.as_ref().map(Target::to_string),
            has_roles: target.as_ref().map(Target::has_roles),
            exposed: target.as_ref().and_then(Target::exposed),
            enabled: settings.enabled,
            usable: !settings.is_doubtful,
            projects: settings.projects.clone(),
            not_projects: settings.not_projects.clone(),
            team: settings.team.clone(),
            results: settings.results,
            prompts: settings.prompts,
            last: Last::read(home).unwrap_or_default(),
            forgotten: Forgotten::read(home)?.ids().clone(),
            ..Shown::default()
        };
        let asked = match &target {
            Some(target) => ask(context, &mut shown, target, &settings, self.quick)?,
            None => None,
        };
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&shown)?,
            Form::Table => block(&shown).print(&mut context.out)?,
        }
        context.out.flush()?;
        // What is known was printed all the same.
        asked.map_or(Ok(()), Err)
    }
}

/// Asks the target what it has. Returns the failure of one that does not answer, which is a part of the answer, too.
fn ask(
    context: &Context,
    shown: &mut Shown,
    target: &Target,
    settings: &Settings,
    quick: bool,
) -> Outcome<Option<Failure>> {
    // A machine without an id has sent nothing yet, and is not given one by a look.
    let machine = shown.machine.clone().unwrap_or_else(Machine::nobody);
    let sender = settings::sender_of(machine, context, settings);
    let known = target.peek(&sender);
    shown.reachable = Some(known.is_ok());
    let known = match known {
        Ok(known) => known,
        Err(error) => return Ok(Some(shown.fail(error.into()))),
    };
    if quick {
        return Ok(None);
    }
    shown.seen = target.seen(&sender).ok();
    shown.machines = target.machines(&sender).ok();
    shown.told = shown.machines.iter().flatten().map(|one| machine::line(one, &sender)).collect();
    let waiting = waiting_for(context, shown, &sender, target, known);
    Ok(waiting.err().map(|failure| shown.fail(failure)))
}

/// Looks for what a push would send, and fails as it would.
fn waiting_for(context: &Context, shown: &mut Shown, sender: &Sender, target: &Target, known: Known) -> Outcome<()> {
    let settings = &settings::usable(context)?;
    target.may_push()?;
    twice::check_name(target, sender, &known)?;
    let is_lost = restored::is_lost(context, &known)?;
    let request = Request {
        projects: push::projects(context, settings, &[])?,
        team: settings.team.clone(),
        results: settings.results,
        prompts: settings.prompts,
        ..Request::default()
    };
    let scanned = look::scan(context, sender, &request, known, &mut Nowhere)?;
    shown.waiting = Some(summary::by_word(&scanned.rows));
    shown.unsent = Some(scanned.unsent.len());
    for one in &scanned.unsent {
        *shown.unsent_by_rule.entry(one.rule.clone()).or_default() += 1;
    }
    shown.withheld = scanned.withheld.keys().cloned().collect();
    shown.forgetting = scanned.forgotten;
    let refusal = is_lost.then(|| restored::refusal(target, &scanned)).flatten();
    shown.rows = scanned.rows;
    refusal.map_or(Ok(()), |error| Err(error.into()))
}

impl Shown {
    /// Notes why a push would fail.
    fn fail(&mut self, failure: Failure) -> Failure {
        let (text, hint) = failure.message().unwrap_or_default();
        (self.error, self.hint) = (Some(redact::mask(&text).into_owned()), hint);
        failure
    }
}

fn block(shown: &Shown) -> Block {
    let mut block = Block::default();
    let machine = match &shown.machine {
        Some(machine) if machine.label.is_empty() => format!("{}; cs-sync label gives it a name", machine.id),
        Some(machine) => format!("{} ({})", machine.label, machine.id),
        None => "has sent nothing yet".into(),
    };
    block.field("machine", &machine);
    block.field("target", shown.target.as_deref().unwrap_or("none; see docs/SYNC.md"));
    block.field(
        "sends",
        match (shown.usable, shown.enabled) {
            (false, _) => "nothing, until the group sync of config.json is repaired",
            (true, true) => "every 15 minutes, if the jobs are installed",
            (true, false) => "only with cs-sync push",
        },
    );
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    block.field("projects", &shown.projects.as_ref().map_or_else(String::new, list));
    block.field("not", &list(&shown.not_projects));
    block.field("results", if shown.results { "texts of tools' results are sent" } else { "" });
    block.field(
        "prompts",
        if shown.prompts { "those without a transcript are sent, from the client's history" } else { "" },
    );
    block.field("seen by", &seen_by(shown));
    block.field("waiting", &waiting(shown));
    block.field("last run", &last(shown.last.as_ref(), shown.target.as_deref()));
    block.field("forgotten", &list(&shown.forgotten));
    // With one machine, it is the first line.
    if shown.told.len() > 1 {
        let all_yours = shown.machines.iter().flatten().all(|one| !one.names_nobody);
        let title = if all_yours { "your machines there" } else { "machines there" };
        block.section(title, shown.told.iter().map(|line| (String::new(), line.clone())));
    }
    block
}

/// Who sees what is there, as the target says it; then what the settings say of what comes.
fn seen_by(shown: &Shown) -> String {
    match (shown.has_roles, &shown.exposed) {
        (None, _) => return String::new(),
        (Some(false), None) => return "everybody who can read it".into(),
        (Some(false), Some(told)) => return format!("everybody who can read it: {told}"),
        (Some(true), _) => {}
    }
    let mut seen = "you, reviewers and the administrator of the database".to_string();
    match &shown.seen {
        None => seen.push_str("; the team sees what was shared with it"),
        Some(Seen { team: 0, others: 0, .. }) => {}
        Some(Seen { conversations, team, others }) => {
            seen.push_str(&format!(
                "; the team sees {team} of {}",
                render::format_quantity(*conversations, "conversation")
            ));
            if *others > 0 {
                seen.push_str(&format!(" and {}", render::format_quantity(*others, "other source")));
            }
        }
    }
    match &shown.team {
        None => {}
        Some(team) if team.is_empty() => seen.push_str("; from the next push on, the team sees nothing of them"),
        Some(team) => {
            let team: Vec<&str> = team.iter().map(String::as_str).collect();
            seen.push_str(&format!("; from the next push on, the team sees {}, and nothing else", team.join(", ")));
        }
    }
    seen
}

fn waiting(shown: &Shown) -> String {
    if shown.waiting.is_none() {
        return shown.error.as_ref().map_or_else(String::new, |error| format!("not known: {error}"));
    }
    let rows = summary::rows(&shown.rows);
    let count = |count: usize, noun| render::format_quantity(count as u64, noun);
    let mut parts = vec![if rows.is_empty() { "nothing".to_string() } else { rows }];
    if shown.forgetting > 0 {
        parts.push(format!("to be forgotten there: {}", count(shown.forgetting, "conversation")));
    }
    if let Some(left) = shown.unsent.filter(|left| *left > 0) {
        let rules: Vec<String> = shown.unsent_by_rule.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        parts.push(format!("{} left out because a rule still matches ({})", count(left, "source"), rules.join(", ")));
    }
    if !shown.withheld.is_empty() {
        let what = count(shown.withheld.len(), "conversation");
        parts.push(format!("{what} left out because of redactions on another machine"));
    }
    parts.extend(shown.error.clone());
    parts.join("; ")
}

fn last(last: Option<&Last>, target: Option<&str>) -> String {
    let Some(last) = last else { return String::new() };
    let minute = |at: &str| clock::parse(at).map(|at| render::format_local_minute(at, Zone::system()));
    let at = minute(&last.at).unwrap_or_default();
    let to = if target == Some(&last.target) { String::new() } else { format!(", to {}", last.target) };
    match &last.error {
        None => format!("{at}{to}, done"),
        Some(error) => {
            let done = last.done_at.as_deref().and_then(minute).map(|at| format!("; last done {at}"));
            format!("{at}{to}, failed: {error}{}", done.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_says_who_sees_what_is_there_and_the_settings_who_sees_what_comes() {
        let base = "you, reviewers and the administrator of the database";
        let said = |seen, team: Option<&[&str]>| {
            let team = team.map(|team| team.iter().map(ToString::to_string).collect());
            seen_by(&Shown { has_roles: Some(true), seen, team, ..Shown::default() })
        };
        let seen = |team, others| Some(Seen { conversations: 40, team, others });
        assert_eq!(said(seen(0, 0), None), base);
        assert_eq!(said(None, None), format!("{base}; the team sees what was shared with it"));
        assert_eq!(said(seen(12, 0), None), format!("{base}; the team sees 12 of 40 conversations"));
        let taken_back = said(seen(12, 1), Some(&[]));
        let told = "the team sees 12 of 40 conversations and 1 other source; from the next push on, the team sees nothing of them";
        assert_eq!(taken_back, format!("{base}; {told}"));
        let told = "from the next push on, the team sees api, web, and nothing else";
        assert_eq!(said(seen(0, 0), Some(&["api", "web"])), format!("{base}; {told}"));
        let file = Shown { has_roles: Some(false), exposed: Some("x".into()), ..Shown::default() };
        assert_eq!(seen_by(&file), "everybody who can read it: x");
    }
}
