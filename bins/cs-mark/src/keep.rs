//! `keep`: what a rule finds in a text may be shown.

use crate::extent::{Wanted, parse_words};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use marks::Op;

/// show what a rule finds by mistake. It holds as long as the text stays as it is, and never against a redaction
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "keep",
    example = "{command_name} ca5d last --words 4 --reason \"an example from the manual\"",
    example = "echo 192.0.2.7 | {command_name} ca5d all --match-stdin --reason \"an address of the documentation\""
)]
pub struct Keep {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
    /// the entry: its anchor (as cs-transcript and cs-search show it) or a start of it, last, turn:3 for a prompt; with
    /// --match-stdin also all
    #[argh(positional)]
    entry: String,
    /// the field, as in docs/CONVERSATION.md, such as text or input (default: text)
    #[argh(option)]
    field: Option<String>,
    /// all that is found in it (the default)
    #[argh(switch)]
    whole: bool,
    /// only what is found in these words, such as 4..6: counted from 1, the last one included
    #[argh(option, from_str_fn(parse_words))]
    words: Option<(usize, usize)>,
    /// only what is found in this text, which is read from standard input, wherever it stands
    #[argh(switch)]
    match_stdin: bool,
    /// why; it stays with the mark and in the ledger, and is in no report
    #[argh(option)]
    reason: String,
}

impl Keep {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let Keep { id, entry, field, whole, words, match_stdin, reason } = self;
        // Nothing is kept in fields that nobody looked at.
        let field = field.or_else(|| (!match_stdin).then(|| marks::TEXT.to_string()));
        Wanted { id, entry, field, whole, words, match_stdin, reason, with: None }.run(Op::Keep, context)
    }
}
