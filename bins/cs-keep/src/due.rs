//! `due`: what the clients' next sweeps take. Writes nothing.

use crate::settings;
use agents::Agent;
use agents::folder;
use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::clock::{self, TimeDelta};
use cs_core::config::Config;
use cs_core::zone::Zone;
use kept::Periods;
use serde::Serialize;
use std::path::Path;

/// list what a client deletes within some days when it starts, and whether it is kept: 0 if all of it is, 1 if
/// something is not
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "due",
    note = "Claude Code deletes transcripts that were not changed for cleanupPeriodDays (30), without a word. Some \
            clients ignore larger values, so at most 30 days count here. Codex deletes nothing.",
    example = "{command_name} --days 5",
    example = "{command_name} --days 0 -q"
)]
pub struct Due {
    /// within so many days (default: 5)
    #[argh(option, default = "5", from_str_fn(parse_days))]
    days: u32,
}

fn parse_days(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|days| *days <= 10_000).ok_or_else(|| format!("{text:?} is not a number of days"))
}

#[derive(Serialize)]
struct Shown {
    conversation: String,
    agent: Agent,
    path: String,
    bytes: u64,
    deleted_at: String,
    kept: bool,
}

/// The project of a conversation, else the name of its folder.
fn project(config: &Config, due: &kept::Due) -> String {
    let cwd = folder::of_log(due.agent, &due.log).ok().flatten().unwrap_or_default();
    let name = || Path::new(&cwd).file_name().map(|name| name.to_string_lossy().into_owned());
    kept::project_of(config, &cwd).or_else(name).unwrap_or_default()
}

impl Due {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (config, _) = settings::read(context);
        let roots = Roots::from_env();
        let (found, periods) = (roots.logs(), Periods::of(&roots, &config));
        let within = TimeDelta::days(self.days.into());
        let all = kept::due(&context.store.home, &found, &periods, within, context.now)?;
        let unkept = all.iter().filter(|due| !due.is_kept).count();
        let mut rows = Vec::new();
        for due in &all {
            match context.out.form {
                _ if context.out.quiet && due.is_kept => {}
                _ if context.out.quiet => context.out.line(&due.conversation)?,
                Form::Json => context.out.json(&Shown {
                    conversation: due.conversation.clone(),
                    agent: due.agent,
                    path: due.path.display().to_string(),
                    bytes: due.bytes,
                    deleted_at: clock::stamp(due.at),
                    kept: due.is_kept,
                })?,
                Form::Table => rows.push(vec![
                    due.conversation.clone(),
                    render::format_local_day(due.at, Zone::system()),
                    render::format_bytes(due.bytes),
                    if due.is_kept { "kept" } else { "not kept" }.to_string(),
                    project(&config, due),
                ]),
            }
        }
        if !rows.is_empty() {
            context.out.table(&["conversation", "deleted from", "size", "", "project"], &rows)?;
        } else if context.out.form == Form::Table && !context.out.quiet {
            context.out.line("no client deletes anything within that time")?;
        }
        context.out.flush()?;
        match unkept {
            0 => Ok(()),
            1 => Err(Failure::Nothing("one of them is not kept; cs-keep run copies it".into())),
            count => Err(Failure::Nothing(format!("{count} of them are not kept; cs-keep run copies them"))),
        }
    }
}
