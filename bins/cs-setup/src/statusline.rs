//! Owns our status line in Claude Code's settings. A plugin cannot bring one, so it stands there with
//! an absolute path. What its text becomes is in `wrapped`.

use crate::diff;
use crate::document::Document;
use crate::entries::shell_word;
use crate::places::{Places, text_of};
use crate::plan::{Consent, Plan};
use crate::text::Trouble;
use crate::wrapped::{self, PROGRAM};
use argh::FromArgs;
use cs_cli::{Out, Outcome};
use cs_core::error::{Error, Result};

/// show our status line in Claude Code, or take it out again
#[derive(FromArgs)]
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

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    Install(Install),
    Remove(Remove),
}

/// write it into settings.json; a status line that you have is shown above it
#[derive(FromArgs)]
#[argh(subcommand, name = "install", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Install {
    /// only show what would be changed
    #[argh(switch)]
    dry_run: bool,
    /// do not ask
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// take it out of settings.json; a status line that it wrapped stands there again
#[derive(FromArgs)]
#[argh(subcommand, name = "remove", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Remove {
    /// only show what would be changed
    #[argh(switch)]
    dry_run: bool,
    /// do not ask
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Statusline {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let (consent, is_wanted) = match self.command {
            Command::Install(args) => (Consent { is_given: args.yes, dry_run: args.dry_run }, true),
            Command::Remove(args) => (Consent { is_given: args.yes, dry_run: args.dry_run }, false),
        };
        let mut plan = Plan::default();
        let changed = match is_wanted {
            true => Some(installed(places)?),
            false => planned_removal(places)?,
        };
        let Some(changed) = changed else { return plan.carry_out(out, consent, |_| Ok(())) };
        changed.show(&mut plan)?;
        plan.carry_out(out, consent, |_| Ok(changed.write()?))
    }
}

/// Settings, and what is to become of them.
#[derive(Debug)]
pub struct Changed {
    document: Document,
    text: String,
    why: &'static str,
}

impl Changed {
    /// Says what changes.
    pub fn show(&self, plan: &mut Plan) -> Result<()> {
        let old = self.document.seen.text.as_deref().unwrap_or_default();
        if self.text != self.document.text {
            self.document.seen.check_writable()?;
            plan.write(self.document.seen.path.display(), self.why, diff::lines(old, &self.text));
        }
        Ok(())
    }

    /// Does it.
    pub fn write(&self) -> Result<()> {
        self.document.seen.replace(&self.text)
    }
}

fn installed(places: &Places) -> Result<Changed> {
    let document = Document::read(&places.settings())?;
    let own = shell_word(text_of(&places.program(PROGRAM))?);
    let text = wrapped::with(&document.text, &own).map_err(|trouble| refusal(&document, &trouble))?;
    Ok(Changed { document, text, why: "shows our status line" })
}

/// What taking ours out changes; `None` where it does not stand.
pub fn planned_removal(places: &Places) -> Result<Option<Changed>> {
    let Some(document) = Document::read_ours(&places.settings())? else { return Ok(None) };
    let text = wrapped::without(&document.text).map_err(|trouble| refusal(&document, &trouble))?;
    let is_there = document.seen.text.is_some() && text != document.text;
    Ok(is_there.then_some(Changed { document, text, why: "takes our status line out" }))
}

fn refusal(document: &Document, trouble: &Trouble) -> Error {
    Error::corrupt(&document.seen.path, trouble.in_text(&document.text))
}
