//! `entry`: one entry of a conversation, with what stands around it. Writes nothing.

use crate::chosen;
use crate::show::{self, Page};
use agents::entry::Kind;
use agents::part::{Part, PartKind};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use conversations::{Cursor, Step, Wish};
use std::collections::VecDeque;

/// show an entry of a conversation: cs-search and show name entries
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "entry",
    example = "{command_name} ca5d \"77bb1922-01ba-4b41-8c2a-3a4ac4af1d4e#0\"",
    example = "{command_name} ca5d L17 --context 3"
)]
pub struct Entry {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
    /// the entry; without # all blocks of the line
    #[argh(positional)]
    entry: String,
    /// this many entries before and after it
    #[argh(option, default = "0")]
    context: usize,
    /// show secrets as they are, instead of [masked]
    #[argh(switch)]
    raw: bool,
}

/// An entry that may be shown, as it is printed.
struct Found {
    printed: Printed,
    is_it: bool,
}

/// A line of JSON, or the lines of a page.
type Printed = Vec<u8>;

impl Entry {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let one = chosen::one(context, &self.id)?;
        let wish = Wish { copies: true, ..Wish::default() };
        let is_page = context.out.form == Form::Table && !context.out.quiet;
        let mut page = Page::of_entry(self.raw);
        let mut window = Window { before: VecDeque::new(), around: self.context, left: None, found: Vec::new() };
        let mut wanted_call = None;
        let mut cursor = Cursor::new(&one);
        let mut read = Ok(Step::More);
        let mut take = |part: &Part| {
            let mut is_it = self.is_it(&part.anchor);
            match &part.entry.kind {
                Kind::Call { id, .. } if is_it => wanted_call = Some(id.to_string()),
                // For people a call and its result are one.
                Kind::Result { call, .. } if is_page => is_it |= wanted_call.as_deref() == Some(call),
                _ => {}
            }
            let is_hidden = is_page && !is_it && part.kind == PartKind::Usage;
            let printed = match (context.out.quiet, is_page) {
                (true, _) => format!("{}\n", cli::sanitize(&part.anchor)).into_bytes(),
                (false, true) if is_hidden => Printed::new(),
                (false, true) => page.text_of(part, &context.out).into_bytes(),
                (false, false) => json(part, &one.uuid, self.raw),
            };
            if is_it || !printed.is_empty() {
                window.take(Found { printed, is_it });
            }
        };
        while let Ok(Step::More) = read {
            read = cursor.step(&wish, &mut take);
        }
        cursor.close(&wish, &mut take);
        show::tell_unread(&cursor, 0);
        if is_page && wanted_call.is_some() {
            window.found.push(page.rest_of(&context.out).into_bytes());
        }
        if window.left.is_none() {
            let text = format!("{} has no entry {:?}", one.uuid, cli::sanitize(&self.entry));
            return Err(Failure::Advised(text, format!("cs-transcript show {} -q lists all", one.uuid)));
        }
        window.found.iter().try_for_each(|printed| context.out.bytes(printed))?;
        context.out.flush()
    }

    /// Whether an anchor is the one that is asked for, or a block of that line.
    fn is_it(&self, anchor: &str) -> bool {
        anchor.strip_prefix(self.entry.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
    }
}

fn json(part: &Part, conversation: &str, is_raw: bool) -> Printed {
    let mut line = Vec::new();
    part.write_json(conversation, is_raw, &mut line);
    line
}

/// What stands around the entry.
struct Window {
    before: VecDeque<Printed>,
    around: usize,
    /// How many more are shown; `None` before the entry was found.
    left: Option<usize>,
    found: Vec<Printed>,
}

impl Window {
    fn take(&mut self, one: Found) {
        if one.is_it {
            self.found.extend(self.before.drain(..));
            self.left = Some(self.around);
            self.found.push(one.printed);
        } else if let Some(left) = self.left.as_mut().filter(|left| **left > 0) {
            *left -= 1;
            self.found.push(one.printed);
        } else {
            self.before.push_back(one.printed);
            if self.before.len() > self.around {
                self.before.pop_front();
            }
        }
    }
}
