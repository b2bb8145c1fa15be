//! Owns planned starts that are near: from their reminder until a little after them; and the programs that are started
//! then, if a person set them. Must stay true: a program is started once, and never late; it is noted before it is
//! started, so that it is not started again if this program is killed; it goes on when this program has ended.

use crate::PROGRAM;
use crate::channel::why_not;
use crate::deliver::with_lock;
use crate::delivered::{Delivered, windows};
use crate::run::Run;
use cli::{Failure, Outcome, report};
use cs_core::clock::{Instant, TimeDelta};
use cs_core::id::fnv1a;
use cs_core::zone::Zone;
use limits::plan;
use limits::settings::Start;
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// How long after it a start is still near: the job that looks runs every five minutes.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// A start that is near, and when it is.
#[derive(Debug)]
pub struct Near<'s> {
    pub start: &'s Start,
    pub at: Instant,
}

/// The starts that are near.
pub fn near<'s>(plan: &'s [Start], now: Instant, zone: &Zone) -> impl Iterator<Item = Near<'s>> {
    plan.iter().filter_map(move |start| {
        let at = plan::next(start, now - LATE, zone)?;
        (now >= at - start.remind).then_some(Near { start, at })
    })
}

impl Run<'_> {
    /// Starts the programs of planned starts, each once. What could not be started is reported and not tried again.
    pub fn launch_planned(&self) -> Outcome<()> {
        let (store, now, plan) = (&self.context.store, self.context.now, &self.settings.limits.plan);
        let mut due: Vec<Near> = near(plan, now, Zone::system()).filter(|near| near.has_begun(now)).collect();
        if due.is_empty() {
            return Ok(());
        }
        with_lock(&store.home, store.wait, |lock| {
            let mut delivered = Delivered::read(&store.home)?;
            let mut seen = BTreeSet::new();
            // The same entry twice is one start.
            due.retain(|near| delivered.started_at(&near.key()).is_none() && seen.insert(near.key()));
            due.iter().for_each(|near| delivered.note_start(&near.key(), now));
            if due.is_empty() { Ok(()) } else { Ok(delivered.write(lock)?) }
        })?;
        let failed: Vec<String> = due.iter().filter_map(|near| near.launch().err()).collect();
        let failure = |reason: &String| Failure::Nothing(format!("limits.plan: {reason}; it is not tried again"));
        failed.iter().for_each(|reason| report(PROGRAM, &failure(reason)));
        if failed.is_empty() { Ok(()) } else { Err(Failure::Reported(1)) }
    }
}

impl Near<'_> {
    /// The key under which it is noted.
    pub fn key(&self) -> String {
        let Start { minute, days, command, .. } = self.start;
        let words = format!("{minute} {days:?} {command:?}");
        windows::key("plan", &format!("{:016x}", fnv1a(words.as_bytes())), self.at)
    }

    /// Whether its program may be started.
    fn has_begun(&self, now: Instant) -> bool {
        !self.start.command.is_empty() && self.at <= now
    }

    /// Starts its program in a process group of its own, in the home directory; the error says why it could not be
    /// started.
    fn launch(&self) -> Result<(), String> {
        let (name, args) = self.start.command.split_first().ok_or("the command is empty")?;
        let program = cli::call::program(name).ok_or_else(|| format!("{name} cannot be run: {}", why_not(name)))?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(home) = std::env::home_dir().filter(|home| home.is_dir()) {
            command.current_dir(&home).env("PWD", home);
        }
        command.process_group(0).spawn().map(drop).map_err(|error| format!("cannot run {name}: {error}"))
    }
}
