//! `migrate`: takes over from the Python tool, whose records are read where they are. Our hooks are registered first, then
//! that tool's hook, launchd agents, skills and commands are moved aside, so that no turn goes unrecorded. Nothing is
//! deleted: `--undo` puts everything back.

mod found;
mod replaced;
mod settings;
mod taken;

pub use found::{Remains, children, in_projects, label, strings, text_of, unread};
pub use replaced::folders;

use crate::claude;
use crate::jobs::launchd;
use crate::others;
use crate::places::Places;
use crate::plan::{Consent, Plan};
use argh::{ArgsInfo, FromArgs};
use cli::{Failure, Out, Outcome};
use replaced::{Moved, Replaced};
use taken::Taken;

/// take over from the Python tool "Claude Sessions Dashboard"; its records stay where they are
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "migrate", example = "{command_name} --dry-run", example = "{command_name} --undo")]
pub struct Migrate {
    /// put back everything that migrate moved aside
    #[argh(switch)]
    undo: bool,
    /// write our hooks into settings.json, even if a plugin could be registered
    #[argh(switch)]
    settings: bool,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Migrate {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let consent = Consent { is_given: self.yes, dry_run: self.dry_run };
        if self.undo {
            return undo(places, consent, out);
        }
        let remains = Remains::find(places)?;
        if remains.is_empty() {
            let mut plan = Plan::default();
            remains.notes(places).into_iter().for_each(|note| plan.note(note));
            let found = if remains.suspects.is_empty() { "runs" } else { "was recognized for certain" };
            plan.note(format!("nothing of the Python tool {found} here; cs-setup install registers our hooks"));
            return plan.carry_out(out, consent, |_| Ok(()));
        }
        if !consent.dry_run {
            refuse_unwritable(places, &remains)?;
        }
        if !claude::install(places, self.settings, consent, out)? {
            return Err(others::refusal());
        }
        replace(places, &remains, consent, out)
    }
}

/// Fails before anything is changed, if something could not be moved later.
fn refuse_unwritable(places: &Places, remains: &Remains) -> Outcome<()> {
    if let Some(document) = &remains.settings {
        document.seen.check_writable()?;
    }
    replaced::check_writable(places, remains.pieces.iter().map(|piece| piece.path.as_path()))?;
    Ok(())
}

/// Moves what the Python tool has installed aside.
fn replace(places: &Places, remains: &Remains, consent: Consent, out: &mut Out) -> Outcome<()> {
    let mut plan = Plan::default();
    let replaced = Replaced::new(places)?;
    if remains.settings.is_some() {
        settings::plan(places, &mut plan)?;
    }
    for piece in &remains.pieces {
        let to = replaced.place_of(piece);
        let what = piece.describe();
        plan.step("move", piece.path.display(), format!("{what}, to {}", to.display()));
    }
    remains.notes(places).into_iter().for_each(|note| plan.note(note));
    plan.note("cs-setup migrate --undo puts all of this back");
    plan.carry_out(out, consent, |_| {
        let mut replaced = replaced.begin()?;
        if remains.settings.is_some() {
            settings::take_out(places, &mut replaced)?;
        }
        for piece in &remains.pieces {
            let was_loaded = piece.unit().is_some_and(|unit| launchd::is_loaded(places, &unit));
            replaced.note(Moved::of(piece, was_loaded))?;
            if let Some(unit) = piece.unit().filter(|_| was_loaded) {
                launchd::stop(places, &unit);
            }
            replaced.move_aside(piece)?;
        }
        Ok(())
    })
}

/// Puts back what was moved aside, the newest first.
fn undo(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let mut plan = Plan::default();
    let all = folders(places)?.iter().map(|folder| Replaced::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let mut taken = Taken::default();
    all.iter().filter_map(Replaced::taken).for_each(|one| taken.join(one));
    settings::plan_return(places, &taken, &mut plan)?;
    all.iter().for_each(|replaced| replaced.plan_return(&mut plan));
    if all.is_empty() {
        plan.note("migrate has moved nothing aside here");
    } else {
        plan.note("our own hooks stay registered; cs-setup uninstall removes them");
    }
    let mut kept = Vec::new();
    plan.carry_out(out, consent, |plan| {
        settings::put_back(places, &taken)?;
        for replaced in &all {
            kept.extend(replaced.put_back(places, plan)?);
        }
        Ok(())
    })?;
    match kept.is_empty() {
        true => Ok(()),
        false => Err(Failure::Nothing(format!("not everything could be put back: {}", kept.join("; ")))),
    }
}
