//! `show`: the parts of conversations, as JSON lines or for people. Writes nothing.

mod follow;
mod kinds;
mod page;

pub use page::Page;

use crate::chosen;
use agents::part::{Part, PartKind};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Out, Outcome};
use conversations::{Conversation, Cursor, Ends, Heading, Step, Wish, write_end};
use render::format_quantity;

/// How many threads an error names.
const THREADS: usize = 10;

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
    #[argh(option, from_str_fn(parse_turn))]
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

fn parse_turn(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not the number of a turn"))
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
            false => {
                let mut seen = Seen::default();
                found.iter().try_for_each(|one| self.print(context, one, &mut seen))?;
                seen.check(self, found)
            }
        }
    }

    /// Prints a conversation as JSON lines, or only the anchors of its parts.
    fn print(&self, context: &mut Context, one: &Conversation, seen: &mut Seen) -> Outcome<()> {
        let wish = self.wish(None);
        let all = self.all(&wish);
        self.print_head(context, one)?;
        let mut cursor = Cursor::new(one);
        let mut lines = Lines { one, is_raw: self.raw, buffer: Vec::new(), last: String::new() };
        let mut read = Ok(Step::More);
        while let Ok(Step::More) = read {
            read = cursor.step(&all, &mut |part| {
                if seen.is_wanted(part, &wish) {
                    lines.add(&context.out, part);
                }
            });
            lines.print(&mut context.out)?;
        }
        cursor.close(&all, &mut |part| {
            if seen.is_wanted(part, &wish) {
                lines.add(&context.out, part);
            }
        });
        lines.print(&mut context.out)?;
        tell_unread(&cursor, 0);
        self.print_end(context, one, &cursor)
    }

    /// Which parts are wanted; `thread` is that of a caller who named none.
    fn wish(&self, thread: Option<&str>) -> Wish {
        let thread = self.thread.as_deref().or(thread).filter(|thread| *thread != kinds::ALL);
        Wish { kinds: self.kinds.concat(), thread: thread.map(str::to_string), turn: self.turn, copies: self.copies }
    }

    /// What has to be read to know whether there is the turn, and the thread, that is asked for.
    fn all(&self, wish: &Wish) -> Wish {
        match self.turn.is_some() || self.thread.is_some() {
            true => Wish { kinds: Vec::new(), turn: None, copies: true, ..wish.clone() },
            false => wish.clone(),
        }
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

/// Whether what was asked for is there.
#[derive(Default)]
pub struct Seen {
    has_turn: bool,
    has_thread: bool,
    /// Number of turns.
    turns: u64,
}

impl Seen {
    /// Takes note of a part, and says whether it is shown.
    pub fn is_wanted(&mut self, part: &Part, wish: &Wish) -> bool {
        self.turns = self.turns.max(part.turn);
        self.has_turn |= wish.turn.is_none_or(|turn| turn == part.turn);
        self.has_thread |= wish.thread.as_ref().is_none_or(|thread| *thread == part.thread);
        wish.takes(part)
    }

    /// Fails if the turn or the thread is in none of the conversations.
    pub fn check(&self, show: &Show, all: &[Conversation]) -> Outcome<()> {
        let of = match all {
            [one] => one.uuid.clone(),
            _ => format_quantity(all.len() as u64, "conversation"),
        };
        if let Some(thread) = show.thread.as_deref().filter(|thread| *thread != kinds::ALL && !self.has_thread) {
            let threads: Vec<String> =
                all.iter().flat_map(|one| &one.logs).map(|log| cli::sanitize(&log.thread)).take(THREADS).collect();
            let text = format!("no thread {:?} in {of}; there are {}", cli::sanitize(thread), threads.join(", "));
            return Err(Failure::Nothing(text));
        }
        match show.turn.filter(|_| !self.has_turn) {
            Some(turn) => {
                let turns = format_quantity(self.turns, "turn");
                Err(Failure::Nothing(format!("no turn {turn} in {of}; there are {turns}")))
            }
            None => Ok(()),
        }
    }
}

/// Lines that wait to be printed.
struct Lines<'a> {
    one: &'a Conversation,
    is_raw: bool,
    buffer: Vec<u8>,
    /// The anchor that was printed last: several parts may have one.
    last: String,
}

impl Lines<'_> {
    fn add(&mut self, out: &Out, part: &agents::part::Part) {
        match out.quiet {
            true if part.anchor == self.last => {}
            true => {
                self.last = part.anchor.to_string();
                self.buffer.extend_from_slice(format!("{}\n", cli::sanitize(&part.anchor)).as_bytes());
            }
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
