//! Writes what tools did into the log of a sandbox, with the verdicts of the real rules and the real chain.

use crate::Sandbox;
use audit::{Entry, Input, Kind, Log};
use cs_core::clock;
use cs_core::paths::Home;
use rules::{Call, Rules, judge};
use std::time::Duration;

/// A writer of a log.
#[derive(Debug)]
pub struct Called {
    home: Home,
    rules: Rules,
    count: usize,
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// It succeeded after so many milliseconds.
    Done(u64),
    /// It failed after so many milliseconds.
    Failed(u64),
    /// The guard denied it.
    Denied,
    /// Nothing was logged.
    Open,
}

impl Called {
    /// A writer for a sandbox.
    pub fn of(sandbox: &Sandbox) -> Self {
        Called { home: Home::at(sandbox.data()), rules: Rules::with(Vec::new()), count: 0 }
    }

    /// Logs a line; the entry has everything but its time.
    pub fn log(&self, at: &str, entry: Entry) {
        let now = clock::parse(at).expect("it is an instant");
        let entry = Entry { at: clock::stamp(now), v: 1, ..entry };
        Log::of(&self.home, Duration::from_secs(5)).append(entry, now).expect("the log can be written");
    }

    /// Logs a call of a shell, or of another tool with a file; returns its id. The entry says in which conversation and
    /// project.
    pub fn call(&mut self, at: &str, of: &Entry, tool: &str, subject: &str, end: End) -> String {
        self.count += 1;
        let id = format!("toolu_{:04}", self.count);
        let is_shell = tool == "Bash";
        let judged = if is_shell { Call::shell(subject) } else { Call::file(subject) };
        let text = Some(subject.to_owned());
        let input = if is_shell {
            Input { command: text, ..Input::default() }
        } else {
            Input { path: text, ..Input::default() }
        };
        let entry = |kind| Entry { kind, tool: Some(tool.to_owned()), tool_use_id: Some(id.clone()), ..of.clone() };
        let attempt = Entry { input: Some(input), ..entry(Kind::Attempt) };
        self.log(at, attempt.with_verdicts(&judge(&judged, &self.rules).verdicts));
        match end {
            End::Done(ms) => self.log(at, Entry { ok: Some(true), ms: Some(ms), ..entry(Kind::Result) }),
            End::Failed(ms) => self.log(at, Entry { ok: Some(false), ms: Some(ms), ..entry(Kind::Result) }),
            End::Denied => self.log(at, Entry { decision: Some("deny".to_owned()), ..entry(Kind::Decision) }),
            End::Open => {}
        }
        id
    }
}
