//! Owns planned starts that are near: from their reminder until a little after them; and the programs that are started
//! then, if a person set them. Must stay true: a program is started once, and never late; it is noted before it is
//! started, so that it is not started again if this program is killed; it goes on when this program has ended.

use crate::delivered::{Delivered, windows};
use cs_core::clock::{Instant, TimeDelta};
use cs_core::id::fnv1a;
use cs_core::zone::Zone;
use limits::plan;
use limits::settings::Start;
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

impl Near<'_> {
    /// The key under which it is noted.
    pub fn key(&self) -> String {
        let Start { minute, days, command, .. } = self.start;
        let words = format!("{minute} {days:?} {command:?}");
        windows::key("plan", &format!("{:016x}", fnv1a(words.as_bytes())), self.at)
    }

    /// Whether its program is to be started now.
    pub fn is_due(&self, delivered: &Delivered, now: Instant) -> bool {
        !self.start.command.is_empty() && self.at <= now && delivered.started_at(&self.key()).is_none()
    }

    /// Starts its program in a process group of its own, in the home directory; the error says why it could not be started.
    pub fn launch(&self) -> Result<(), String> {
        let (name, args) = self.start.command.split_first().ok_or("the command is empty")?;
        let program = cli::call::program(name).ok_or_else(|| format!("{name} is not on PATH; write the whole path"))?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(home) = std::env::home_dir().filter(|home| home.is_dir()) {
            command.current_dir(&home).env("PWD", home);
        }
        command.process_group(0).spawn().map(drop).map_err(|error| format!("cannot run {name}: {error}"))
    }
}
