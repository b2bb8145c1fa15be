//! Owns our status line in Claude Code's settings. A plugin cannot contain one, so the settings name it with
//! an absolute path. `wrapped` owns its text.

use crate::document::Document;
use crate::entries::shell_word;
use crate::places::{Places, text_of};
use crate::plan::{Consent, Plan};
use crate::text::Trouble;
use crate::wrapped::{self, PROGRAM};
use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome};
use cs_core::error::Error;

/// show our status line in Claude Code, or remove it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "statusline",
    example = "{command_name} install --dry-run",
    example = "{command_name} remove"
)]
pub struct Statusline {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Install(Install),
    Remove(Remove),
}

/// write our status line into settings.json; an existing one is shown above it
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "install", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Install {
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// remove our status line from settings.json; one that it wrapped is restored
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "remove", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Remove {
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Statusline {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        match self.command {
            Command::Install(args) => install(places, Consent { is_given: args.yes, dry_run: args.dry_run }, out),
            Command::Remove(args) => remove(places, Consent { is_given: args.yes, dry_run: args.dry_run }, out),
        }
    }
}

fn install(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let document = Document::read(&places.settings())?;
    let own = shell_word(text_of(&places.program(PROGRAM))?);
    let with_line =
        |document: &Document| wrapped::with(&document.text, &own).map_err(|trouble| refusal(document, &trouble));
    let text = with_line(&document)?;
    let mut plan = Plan::default();
    if text != document.text {
        plan.rewrite(&document.seen, "shows our status line", &text)?;
    }
    plan.carry_out(out, consent, |_| Ok(document.persist(|document| document.replace(&with_line(document)?))?))
}

/// Removes our status line. If the file contains nothing else of ours, the text from before is restored.
fn remove(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let mut plan = Plan::default();
    let Some(document) = Document::read_ours(&places.settings())? else {
        return plan.carry_out(out, consent, |_| Ok(()));
    };
    let bare = document.without_line()?;
    let is_last = !bare.has_ours()?;
    if bare.text != document.text {
        let original = if is_last { document.original()? } else { Some(bare.text.clone()) };
        plan.take_out("status line", &document.seen, original.as_deref())?;
    }
    plan.carry_out(out, consent, |_| {
        Ok(document.persist(|document| match is_last {
            true => document.restore(),
            false => document.seen.replace(&document.without_line()?.text),
        })?)
    })
}

fn refusal(document: &Document, trouble: &Trouble) -> Error {
    Error::corrupt(&document.seen.path, trouble.in_text(&document.text))
}
