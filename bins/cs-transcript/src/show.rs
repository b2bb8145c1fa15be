//! `show`: the parts of conversations, as JSON lines or for people. Writes nothing.

mod follow;
mod kinds;
mod page;

pub use page::Page;

use crate::chosen;
use agents::part::PartKind;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Out, Outcome};
use conversations::{Conversation, Cursor, Ends, Heading, Step, Wish, write_end};

/// show conversations: in a pipe one JSON object a line (docs/CONVERSATION.md), on a terminal to read
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name} ca5d",
    example = "{command_name} ca5d --kinds call,result --turn 3",
    example = "cs-search -q retry | {command_name} - --kinds prompt"
)]
pub struct Show {
    /// conversations: ids, their starts or ends, those of sessions, or claude:UUID (default: the one that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// only parts of these kinds, such as prompt,answer: said is all that was said, all is everything; without head and end
    /// there is no first and last line; may be repeated
    #[argh(option, from_str_fn(kinds::parse))]
    kinds: Vec<Vec<PartKind>>,
    /// only this thread: main, that of a subagent, or all (the default in a pipe)
    #[argh(option)]
    thread: Option<String>,
    /// only this turn: those of the person are counted from 1
    #[argh(option)]
    turn: Option<u64>,
    /// also parts that were copied from another conversation or repeat an earlier one
    #[argh(switch)]
    copies: bool,
    /// show secrets as they are, instead of [masked]
    #[argh(switch)]
    raw: bool,
    /// for people: all of each text, and what calls were given and answered
    #[argh(switch)]
    full: bool,
    /// go on while the conversation does
    #[argh(switch)]
    follow: bool,
    /// with --follow: nothing of what was there before
    #[argh(switch)]
    since_now: bool,
}

impl Show {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.since_now && !self.follow {
            return Err(Failure::Usage("--since-now needs --follow".into(), None));
        }
        chosen::each(context, &self.id, |context, all| self.show(context, all))
    }

    fn show(&self, context: &mut Context, found: &[Conversation]) -> Outcome<()> {
        if self.follow {
            return match found {
                [one] => follow::run(context, self, one),
                _ => Err(Failure::Usage("--follow needs one conversation".into(), None)),
            };
        }
        match context.out.form == Form::Table && !context.out.quiet {
            true => page::run(context, self, found),
            false => found.iter().try_for_each(|one| self.print(context, one)),
        }
    }

    /// Prints a conversation as JSON lines, or only the anchors of its parts.
    fn print(&self, context: &mut Context, one: &Conversation) -> Outcome<()> {
        let wish = self.wish(None);
        self.print_head(context, one)?;
        let mut cursor = Cursor::new(one);
        let mut lines = Lines { one, is_raw: self.raw, buffer: Vec::new() };
        let mut read = Ok(Step::More);
        while let Ok(Step::More) = read {
            read = cursor.step(&wish, &mut |part| lines.add(&context.out, part));
            lines.print(&mut context.out)?;
        }
        cursor.close(&wish, &mut |part| lines.add(&context.out, part));
        lines.print(&mut context.out)?;
        tell_unread(&cursor, 0);
        self.print_end(context, one, &cursor)
    }

    /// Which parts are wanted; `thread` is that of a caller who named none.
    fn wish(&self, thread: Option<&str>) -> Wish {
        let thread = self.thread.as_deref().or(thread).filter(|thread| *thread != kinds::ALL);
        Wish { kinds: self.kinds.concat(), thread: thread.map(str::to_string), turn: self.turn, copies: self.copies }
    }

    /// Whether the first or the last line is wanted.
    fn has(&self, kind: PartKind) -> bool {
        let kinds = self.kinds.concat();
        kinds.is_empty() || kinds.contains(&kind)
    }

    fn print_head(&self, context: &mut Context, one: &Conversation) -> Outcome<()> {
        if context.out.quiet || !self.has(PartKind::Head) {
            return Ok(());
        }
        let mut line = Vec::new();
        Heading::read(&context.store, one)?.write_json(one, self.raw, &mut line);
        context.out.bytes(&line)
    }

    fn print_end(&self, context: &mut Context, one: &Conversation, cursor: &Cursor) -> Outcome<()> {
        if !context.out.quiet && self.has(PartKind::End) {
            let mut line = Vec::new();
            write_end(one, cursor.summary(), Ends::of(&context.store, &one.uuid), &mut line);
            context.out.bytes(&line)?;
        }
        context.out.flush()
    }
}

/// Lines that wait to be printed.
struct Lines<'a> {
    one: &'a Conversation,
    is_raw: bool,
    buffer: Vec<u8>,
}

impl Lines<'_> {
    fn add(&mut self, out: &Out, part: &agents::part::Part) {
        match out.quiet {
            true => self.buffer.extend_from_slice(format!("{}\n", cli::sanitize(&part.anchor)).as_bytes()),
            false => part.write_json(&self.one.uuid, self.is_raw, &mut self.buffer),
        }
    }

    fn print(&mut self, out: &mut Out) -> Outcome<()> {
        out.bytes(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

/// Says which logs could not be read, without those that were told before, and returns how many there are.
pub fn tell_unread(cursor: &Cursor, told: usize) -> usize {
    cursor.unread().iter().skip(told).for_each(|(path, error)| chosen::tell(path, error));
    cursor.unread().len()
}
