//! `check`: the lines of conversations that were not understood. Writes nothing.

use crate::chosen;
use crate::show;
use agents::entry::{Kind, Lack};
use agents::part::{Part, PartKind};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use conversations::{Conversation, Cursor, Step, Wish};
use render::{format_bytes, format_quantity};

/// list the lines of conversations that could not be read, and why: 0 if there are none, 1 if there are some
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} ca5d",
    example = "cs-transcript list -q | {command_name} - --json"
)]
pub struct Check {
    /// conversations: ids, their starts or ends, those of sessions, or claude:UUID (default: the one that runs this)
    #[argh(positional)]
    id: Vec<String>,
}

/// A line of the table.
type Row = Vec<String>;

impl Check {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        chosen::each(context, &self.id, |context, all| self.check_all(context, all))
    }

    fn check_all(&self, context: &mut Context, all: &[Conversation]) -> Outcome<()> {
        let mut rows = Vec::new();
        let (mut gaps, mut entries) = (0, 0);
        for one in all {
            let (found, read) = check(context, one, &mut rows)?;
            gaps += found;
            entries += read;
        }
        if !rows.is_empty() {
            context.out.table(&["conversation", "thread", "line", "size", "why"], &rows)?;
        }
        context.out.flush()?;
        let of = format!("in {} of {}", format_quantity(entries, "entry"), counted(all.len()));
        match gaps {
            0 => {
                cli::note(crate::PROGRAM, &format!("all lines were read, {of}"));
                Ok(())
            }
            gaps => Err(Failure::Nothing(format!("{} could not be read, {of}", format_quantity(gaps, "line")))),
        }
    }
}

fn why(lack: Lack) -> &'static str {
    match lack {
        Lack::TooLong => "too long",
        Lack::Broken => "broken",
        Lack::Unreadable => "cannot be read",
    }
}

fn counted(count: usize) -> String {
    format_quantity(count as u64, "conversation")
}

/// The number of lines that could not be read, and that of entries.
fn check(context: &mut Context, one: &Conversation, rows: &mut Vec<Row>) -> Outcome<(u64, u64)> {
    let wish = Wish { kinds: vec![PartKind::Gap], copies: true, ..Wish::default() };
    let mut cursor = Cursor::new(one);
    let mut read = Ok(Step::More);
    let mut lines = Vec::new();
    let mut count = 0;
    let is_table = context.out.form == Form::Table && !context.out.quiet;
    let mut take = |part: &Part| {
        count += 1;
        match (&part.entry.kind, is_table) {
            (Kind::Gap { lack, bytes }, true) => {
                let thread = part.thread.to_string();
                let cells = [one.uuid.clone(), thread, part.line.to_string(), format_bytes(*bytes), why(*lack).into()];
                rows.push(cells.into());
            }
            _ if context.out.quiet => lines.extend_from_slice(format!("{}\n", cli::sanitize(&part.anchor)).as_bytes()),
            _ => part.write_json(&one.uuid, false, &mut lines),
        }
    };
    while let Ok(Step::More) = read {
        read = cursor.step(&wish, &mut take);
    }
    cursor.close(&wish, &mut take);
    show::tell_unread(&cursor, 0);
    context.out.bytes(&lines)?;
    Ok((count, cursor.summary().entries))
}
