//! `undo`: a mark does not hold any more; the undoing of an undoing makes it hold again.

use crate::{extent, shown, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use cs_core::Error;
use marks::{Marks, NewMark, Op, Target};

/// make a mark not hold any more. Nothing is removed: log shows both. An undo can be undone
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "undo",
    example = "{command_name} m3f2a --reason \"it is public now\"",
    example = "{command_name} L7 --in ca5d --reason \"a line that a power failure damaged\""
)]
pub struct Undo {
    /// the mark: its id or a start of it; L7 for a damaged line, with --in
    #[argh(positional)]
    mark: String,
    /// why
    #[argh(option)]
    reason: String,
    /// the conversation, if it is not to be searched for
    #[argh(option, long = "in")]
    within: Option<String>,
}

impl Undo {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (uuid, id) = match &self.within {
            Some(word) => {
                let uuid = which::any(context, word)?.uuid;
                let marks = Marks::read(&context.store, &uuid)?;
                let broken = marks.broken.iter().find(|broken| broken.id == self.mark).map(|broken| broken.id.clone());
                let id = broken.map_or_else(|| marks.find(&self.mark).map(|mark| mark.id.clone()), Ok)?;
                (uuid, id)
            }
            None => self.search(context)?,
        };
        let mark = NewMark {
            op: Op::Undo,
            target: Target::default(),
            with: None,
            reason: Some(self.reason.clone()),
            of: Some(id),
        };
        let of = mark.of.clone().unwrap_or_default();
        let made = extent::add(context, &uuid, vec![mark])?;
        shown::print_all(context, &uuid, &made)?;
        let marks = Marks::read(&context.store, &uuid)?;
        if let Some(undone) = marks.all.iter().find(|mark| mark.id == of && mark.said.op == Op::Redact) {
            shown::tell_hiding(&marks, &undone.said.target, "it stays hidden, also because of");
        }
        Ok(())
    }

    /// The conversation and the id of the mark.
    fn search(&self, context: &Context) -> Outcome<(String, String)> {
        if self.mark.starts_with('L') {
            let hint = format!("cs-mark undo {} --in ID --reason …", cli::sanitize(&self.mark));
            return Err(Failure::Usage("a line needs its conversation".into(), Some(hint)));
        }
        let mut found: Vec<(String, String)> = Vec::new();
        for uuid in which::marked(context)? {
            let marks = Marks::read(&context.store, &uuid)?;
            let fits = marks.all.iter().filter(|mark| !self.mark.is_empty() && mark.id.starts_with(&self.mark));
            found.extend(fits.map(|mark| (uuid.clone(), mark.id.clone())));
        }
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (None, _) => {
                let text = format!("there is no mark {:?}", cli::sanitize(&self.mark));
                Err(Failure::Advised(text, "cs-mark list shows all".into()))
            }
            (Some(last), false) => {
                let ids: Vec<String> = found.into_iter().chain([last]).take(10).map(|(_, id)| id).collect();
                let word = cli::sanitize(&self.mark);
                Err(Error::Refused(format!("{word:?} is ambiguous: {}", ids.join(", "))).into())
            }
        }
    }
}
