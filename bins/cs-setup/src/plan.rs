//! Owns what people see of a change: the steps and their reasons before anything happens, the
//! question whether to continue, and one JSON line for each step afterwards.

use crate::diff;
use crate::swap::Seen;
use cli::{Failure, Form, Out, Outcome, sanitize};
use cs_core::error::Result;
use serde::Serialize;
use std::io::IsTerminal;

/// The options of all commands that change something: whether to ask, and whether to change anything.
#[derive(Clone, Copy, Debug)]
pub struct Consent {
    pub is_given: bool,
    pub dry_run: bool,
}

impl Consent {
    /// Whether somebody can answer a question.
    pub fn can_ask() -> bool {
        std::io::stdin().is_terminal()
    }
}

/// One step of a plan.
#[derive(Debug, Serialize)]
pub struct Action {
    pub action: &'static str,
    pub target: String,
    pub detail: String,
    /// The removed (`-`) and added (`+`) lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<String>,
    pub done: bool,
}

/// All steps, and notes for the user.
#[derive(Debug, Default)]
pub struct Plan {
    pub actions: Vec<Action>,
    pub notes: Vec<String>,
}

impl Plan {
    /// Adds a step.
    pub fn step(&mut self, action: &'static str, target: impl ToString, detail: impl Into<String>) {
        let (target, detail) = (target.to_string(), detail.into());
        self.actions.push(Action { action, target, detail, diff: Vec::new(), done: false });
    }

    /// Adds the step that replaces a file's text; refuses a file that cannot be written.
    pub fn rewrite(&mut self, seen: &Seen, detail: impl Into<String>, text: &str) -> Result<()> {
        seen.check_writable()?;
        let lines = diff::lines(seen.text.as_deref().unwrap_or_default(), text);
        self.write(seen.path.display(), detail, lines);
        self.note_links(seen);
        Ok(())
    }

    /// Notes that other names of the file (hard links) keep the old text, because the file is replaced, not overwritten.
    pub fn note_links(&mut self, seen: &Seen) {
        let (path, others) = (seen.path.display(), seen.other_names());
        if others > 0 {
            let names = if others == 1 { "one other name" } else { "other names" };
            self.note(format!("{path} has {names} (a hard link), which will keep the old text"));
        }
    }

    /// Adds a step that changes lines of a file.
    pub fn write(&mut self, target: impl ToString, detail: impl Into<String>, diff: Vec<String>) {
        self.step("write", target, detail);
        if let Some(action) = self.actions.last_mut() {
            action.diff = diff;
        }
    }

    /// Adds the step that removes our entries from a file; `None` removes the file.
    pub fn take_out(&mut self, what: &str, seen: &Seen, text: Option<&str>) -> Result<()> {
        let Some(text) = text else {
            let path = seen.path.display();
            self.step("remove", path, format!("it contains only our {what}, and did not exist before"));
            return seen.check_writable();
        };
        self.rewrite(seen, format!("removes our {what}"), text)
    }

    /// Adds a note for the user.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Shows the plan, asks for confirmation, does the work, and reports that it is done.
    pub fn carry_out(
        mut self,
        out: &mut Out,
        consent: Consent,
        work: impl FnOnce(&mut Plan) -> Outcome<()>,
    ) -> Outcome<()> {
        let is_empty = self.actions.is_empty();
        let is_shown = out.form == Form::Table && !out.quiet;
        if is_shown {
            self.lines().iter().try_for_each(|line| out.line(line))?;
            out.flush()?;
        }
        if !is_empty && !consent.dry_run {
            if !consent.is_given {
                if !Consent::can_ask() {
                    return Err(unasked());
                }
                ask(if is_shown && std::io::stdout().is_terminal() { Vec::new() } else { self.lines() })?;
            }
            let shown = self.notes.len();
            work(&mut self)?;
            self.actions.iter_mut().for_each(|action| action.done = true);
            if is_shown {
                for note in self.notes.get(shown..).unwrap_or_default() {
                    out.line(&format!("note: {}", sanitize(note)))?;
                }
                out.line("done.")?;
            }
        }
        if out.quiet {
            self.actions.iter().try_for_each(|action| out.line(&sanitize(&action.target)))?;
        } else if out.form == Form::Json {
            self.print_json(out)?;
        }
        out.flush()
    }

    /// The plan for people.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for action in &self.actions {
            lines.push(sanitize(&format!("{} {}: {}", action.action, action.target, action.detail)));
            lines.extend(action.diff.iter().map(|line| format!("    {}", sanitize(line))));
        }
        if self.actions.is_empty() {
            lines.push("nothing to do.".into());
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {}", sanitize(note))));
        lines
    }

    fn print_json(&self, out: &mut Out) -> Outcome<()> {
        #[derive(Serialize)]
        struct Note<'a> {
            action: &'static str,
            detail: &'a str,
        }
        self.actions.iter().try_for_each(|action| out.json(action))?;
        if self.actions.is_empty() {
            out.json(&Note { action: "none", detail: "nothing to do" })?;
        }
        self.notes.iter().try_for_each(|detail| out.json(&Note { action: "note", detail }))
    }
}

/// The failure if nobody can be asked.
fn unasked() -> Failure {
    let what = "nothing was written: there is no terminal on which to ask";
    Failure::Usage(what.into(), Some("--yes does it without asking, --dry-run only shows the changes".into()))
}

/// Shows the parts of the plan that the terminal has not shown yet, and asks whether to continue.
fn ask(unseen: Vec<String>) -> Outcome<()> {
    let shown: String = unseen.into_iter().map(|line| line + "\n").collect();
    cli::ask(&shown, "continue?")
}
