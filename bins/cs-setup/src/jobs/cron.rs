//! Without launchd and systemd: lines for the user's crontab. They are printed, but not installed: a crontab belongs to
//! its user, and there is no safe way to share it. Source: crontab(5).

use super::{Job, State, fill};
use crate::command;
use crate::entries::shell_word;
use crate::places::Places;
use cli::programs;
use cli::{Form, Out, Outcome, sanitize};
use cs_core::error::Result;
use serde::Serialize;

/// The end of each of our lines, by which they are recognized.
const MARK: &str = "# claude-sessions";

#[derive(Serialize)]
struct CronLine<'a> {
    job: &'a str,
    crontab: &'a str,
}

/// Prints the line of each job.
pub fn show(places: &Places, jobs: &[Job], notes: &[String], out: &mut Out) -> Outcome<()> {
    if out.form == Form::Table && !out.quiet {
        out.line("this machine has no scheduler that cs-setup can control; add these lines with crontab -e:")?;
    }
    for job in jobs {
        let line = line(places, job)?;
        match out.form {
            Form::Json if !out.quiet => out.json(&CronLine { job: job.name, crontab: &line })?,
            _ => out.line(&line)?,
        }
    }
    if out.form == Form::Table && !out.quiet {
        notes.iter().try_for_each(|note| out.line(&format!("note: {}", sanitize(note))))?;
    }
    out.flush()
}

/// A percent sign would end the command.
fn line(places: &Places, job: &Job) -> Result<String> {
    let pairs = fill::environment(places)?;
    let environment = pairs.iter().map(|(name, value)| format!("{name}={}", shell_word(value)));
    let words = fill::with_log_limit(places, job)?;
    let words = environment.chain(words.iter().map(|word| shell_word(word))).collect::<Vec<_>>().join(" ");
    let command = format!("{words} >>{} 2>&1", shell_word(&fill::log(places, job)?)).replace('%', "\\%");
    Ok(format!("{} {command} {MARK} {}", job.cron, job.name))
}

/// The user's crontab.
pub fn lines(places: &Places) -> Vec<String> {
    let Some(program) = programs::on_path("crontab") else { return Vec::new() };
    let listed = command::run(&program, &["-l"], &places.user).ok().filter(|done| done.is_success);
    listed.map(|done| done.stdout.lines().map(str::to_string).collect()).unwrap_or_default()
}

/// Whether a line is one of ours and is not a comment.
pub fn is_ours(line: &str) -> bool {
    line.contains(MARK) && !line.trim_start().starts_with('#')
}

/// The state of each job: whether its line is in the crontab, and up to date.
pub fn states(places: &Places, jobs: &[Job]) -> Vec<State> {
    let there = lines(places);
    let state = |job: &Job| {
        let own = there.iter().find(|line| is_ours(line) && line.ends_with(&format!("{MARK} {}", job.name)));
        let wanted = line(places, job).ok();
        let state = match own {
            None => "not installed",
            Some(line) if Some(line) == wanted.as_ref() => "running",
            Some(_) => "outdated",
        };
        State { job: job.name, scheduler: "cron", state, file: "crontab".into() }
    };
    jobs.iter().map(state).collect()
}
