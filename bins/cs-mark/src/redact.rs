//! `redact`: a text of a conversation is not to be shown in what is given away.

use crate::extent::{Wanted, parse_words};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use marks::Op;

/// hide a text in all reports and exports. The log stays as it is. If the text changes later, all of it is withheld
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "redact",
    example = "{command_name} ca5d turn:3 --words 4..6 --reason \"a customer's name\"",
    example = "{command_name} ca5d all --match-stdin --with customer --reason \"not public\" <name.txt",
    example = "{command_name} ca5d \"77bb1922-01ba-4b41-8c2a-3a4ac4af1d4e#0\" --reason private"
)]
pub struct Redact {
    /// the conversation: an id, its start or end, that of a session, or claude:UUID
    #[argh(positional)]
    id: String,
    /// the entry: its anchor (as cs-transcript and cs-search show it) or a start of it, last, turn:3 for a prompt; with
    /// --match-stdin also all
    #[argh(positional)]
    entry: String,
    /// the field, as in docs/CONVERSATION.md, such as text or input (default: all of the entry; words are those of text)
    #[argh(option)]
    field: Option<String>,
    /// all of it (the default)
    #[argh(switch)]
    whole: bool,
    /// only these words, such as 4..6: counted from 1, the last one included; with what is written without a space, so
    /// that --match-stdin is the way to get one placeholder for a name
    #[argh(option, from_str_fn(parse_words))]
    words: Option<(usize, usize)>,
    /// only this text, which is read from standard input, wherever it stands
    #[argh(switch)]
    match_stdin: bool,
    /// why; it stays with the mark and in the ledger, and is in no report
    #[argh(option)]
    reason: String,
    /// what is shown instead, in brackets (default: the same for each same text)
    #[argh(option)]
    with: Option<String>,
}

impl Redact {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let Redact { id, entry, field, whole, words, match_stdin, reason, with } = self;
        Wanted { id, entry, field, whole, words, match_stdin, reason, with }.run(Op::Redact, context)
    }
}
