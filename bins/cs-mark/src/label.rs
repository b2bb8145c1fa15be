//! `tag`, `untag`, `note`, `disposition`: words about a conversation, or about one of its entries.

use crate::which::Chosen;
use crate::{entry, extent, shown, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use cs_core::Error;
use marks::{Marks, NewMark, Op, Target};

/// give a conversation, or an entry of it, a tag, for list, search and reports
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "tag",
    example = "{command_name} ca5d incident",
    example = "cs-search -q \"refund\" | {command_name} - billing"
)]
pub struct Tag {
    /// the conversation: an id, its start or end, that of a session, claude:UUID, or - for ids on standard input
    #[argh(positional)]
    id: String,
    /// the entry, if it is about one, and the tag: one word
    #[argh(positional, arg_name = "entry_name")]
    words: Vec<String>,
}

/// take a tag away
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "untag",
    example = "{command_name} ca5d incident",
    example = "{command_name} ca5d turn:3 incident"
)]
pub struct Untag {
    /// the conversation: an id, its start or end, that of a session, claude:UUID, or - for ids on standard input
    #[argh(positional)]
    id: String,
    /// the entry, if it was given to one, and the tag
    #[argh(positional, arg_name = "entry_name")]
    words: Vec<String>,
}

/// add a note to a conversation, or to an entry of it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "note",
    example = "{command_name} ca5d \"this became pull request 12\"",
    example = "{command_name} ca5d last \"the figures are wrong\""
)]
pub struct Note {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
    /// the entry, if it is about one, and the text
    #[argh(positional, arg_name = "entry_text")]
    words: Vec<String>,
}

/// say what became of an entry, such as an answer; a later word takes the place of an earlier one
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "disposition",
    example = "{command_name} ca5d last followed",
    example = "{command_name} ca5d turn:3 needs-review"
)]
pub struct Disposition {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
    /// the entry: its anchor or a start of it, last, or turn:3 for a prompt
    #[argh(positional)]
    entry: String,
    /// what became of it: followed, ignored, needs-review, or another word
    #[argh(positional)]
    word: String,
}

impl Tag {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (entry, tag) = split(self.words, "tag")?;
        which::each(context, &self.id, |context, chosen| label(context, chosen, Op::Tag, entry.as_deref(), &tag))
    }
}

impl Untag {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (entry, tag) = split(self.words, "tag")?;
        which::each(context, &self.id, |context, chosen| label(context, chosen, Op::Untag, entry.as_deref(), &tag))
    }
}

impl Note {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (entry, text) = split(self.words, "text")?;
        let chosen = which::any(context, &self.id)?;
        label(context, &chosen, Op::Note, entry.as_deref(), &text)
    }
}

impl Disposition {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let chosen = which::any(context, &self.id)?;
        label(context, &chosen, Op::Disposition, Some(&self.entry), &self.word)
    }
}

/// The entry, if one is named, and the word.
fn split(mut words: Vec<String>, what: &str) -> Outcome<(Option<String>, String)> {
    let word = words.pop().ok_or_else(|| Failure::Usage(format!("the {what} is missing"), None))?;
    let entry = words.pop();
    match words.is_empty() {
        true => Ok((entry, word)),
        false => Err(Failure::Usage(format!("there are too many words; put the {what} into quotes"), None)),
    }
}

fn label(context: &mut Context, chosen: &Chosen, op: Op, entry: Option<&str>, word: &str) -> Outcome<()> {
    let entry = entry.map(|word| anchor(context, chosen, op, word)).transpose()?;
    let target = Target { entry, ..Target::default() };
    let with = Some(word.trim().to_string());
    let there = Marks::read(&context.store, &chosen.uuid)?;
    let has =
        there.holding().any(|mark| mark.said.op == Op::Tag && mark.said.target == target && mark.said.with == with);
    match op {
        // Twice is once.
        Op::Tag if has => {
            cli::note(crate::PROGRAM, "it has this tag already");
            return Ok(());
        }
        Op::Untag if !has => {
            let tags = there.tags();
            let tags = if tags.is_empty() { "none".to_string() } else { tags.join(", ") };
            return Err(Error::Missing(format!("it has no tag {:?} there; its tags: {tags}", word.trim())).into());
        }
        _ => {}
    }
    let made = extent::add(context, &chosen.uuid, vec![NewMark { op, target, with, reason: None, of: None }])?;
    shown::print_all(context, &chosen.uuid, &made)
}

/// The anchor of the entry that a word means. What was said about an entry that is gone can be taken back.
fn anchor(context: &Context, chosen: &Chosen, op: Op, word: &str) -> Outcome<String> {
    let Some(conversation) = &chosen.conversation else {
        let known = Marks::read(&context.store, &chosen.uuid)?;
        let is_known = known.all.iter().any(|mark| mark.said.target.entry.as_deref() == Some(word));
        return match op == Op::Untag && is_known {
            true => Ok(word.to_string()),
            false => {
                Err(Error::Missing(format!("the log of {} is gone, so no entry can be named", chosen.uuid)).into())
            }
        };
    };
    Ok(entry::find(conversation, word)?.anchor)
}
