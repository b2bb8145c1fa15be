//! Owns reading the settings: what is wrong with them is reported, and the program ends with the code of that.

use crate::PROGRAM;
use crate::target::Sender;
use cli::{Context, Outcome, defer, note};
use cs_core::Error;
use cs_core::config::Config;
use cs_core::error::Result;
use std::collections::BTreeSet;
use sync::{Machine, Settings};

/// The configuration, and the settings of sharing.
pub fn read(context: &Context) -> (Config, Settings) {
    let config = context.config();
    let user = std::env::home_dir();
    let (settings, errors) = Settings::read(&config, &context.store.home.config(), user.as_deref());
    errors.iter().for_each(defer);
    (config, settings)
}

/// The same for what sends something, which must know what is forbidden.
pub fn usable(context: &Context) -> Outcome<Settings> {
    let (_, settings) = read(context);
    if settings.is_doubtful {
        let path = context.store.home.config();
        return Err(
            Error::Invalid(format!("nothing was sent: repair the group sync in {} first", path.display())).into()
        );
    }
    let has_names = settings.chooses() || settings.team.is_some();
    let known = if has_names { cli::found::slugs(&context.store) } else { BTreeSet::new() };
    let is_unknown = |slug: &&String| !known.contains(*slug);
    // A mistake in a list that forbids would let everything through.
    if let Some(slug) = settings.not_projects.iter().find(is_unknown) {
        let text = format!("nothing was sent: sync.not_projects names {slug}, which is no project");
        return Err(cli::found::unknown_name(text, slug, &known));
    }
    for slug in settings.projects.iter().flatten().chain(settings.team.iter().flatten()).filter(is_unknown) {
        note(PROGRAM, &format!("sync in config.json names {slug}, which is no project"));
    }
    Ok(settings)
}

/// Who sends: this machine, which gets an id if it has none, and this person.
pub fn sender(context: &Context, settings: &Settings) -> Result<Sender> {
    Ok(sender_of(Machine::of_store(&context.store.home)?, context, settings))
}

/// The same for who only looks: a machine without an id has sent nothing yet, and is not given one.
pub fn present(context: &Context, settings: &Settings) -> Result<Sender> {
    let machine = Machine::read(&context.store.home)?.unwrap_or_else(Machine::nobody);
    Ok(sender_of(machine, context, settings))
}

/// The same for a machine. Its name was looked at when it was given, but anybody may have edited the file.
pub fn sender_of(machine: Machine, context: &Context, settings: &Settings) -> Sender {
    let machine = Machine { label: redact::mask(&machine.label).into_owned(), ..machine };
    Sender { machine, owner: settings.owner.clone(), now: context.now }
}
