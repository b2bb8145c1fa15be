//! `on` and `off`: switches notices on or off in `config.json`.

use crate::handler;
use crate::settings::Settings;
use crate::show;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome};
use serde::Serialize;

/// switch notices on
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "on", example = "{command_name}", example = "{command_name} --table")]
pub struct On {}

/// switch notices off
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "off", example = "{command_name}", example = "{command_name} --json")]
pub struct Off {}

impl On {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        switch(context, true)?;
        // Switched on, but nobody gets them: that is worth a word now, not at the first notice.
        let settings = Settings::read(&context.store.config(), &context.store.home.config())?;
        if let Some((fault, _)) = handler::check(&handler::all(&settings)).err().and_then(|error| error.message()) {
            show::remark(&fault);
        }
        Ok(())
    }
}

impl Off {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        switch(context, false)
    }
}

#[derive(Serialize)]
struct Switched {
    notifications_enabled: bool,
    changed: bool,
    file: String,
}

fn switch(context: &mut Context, on: bool) -> Outcome<()> {
    let changed = context.store.switch_notifications(on)?;
    let file = context.store.home.config().display().to_string();
    let word = if on { "on" } else { "off" };
    match context.out.form {
        _ if context.out.quiet => {}
        Form::Json => context.out.json(&Switched { notifications_enabled: on, changed, file })?,
        Form::Table if changed => context.out.line(&format!("notifications are {word} now, in {file}"))?,
        Form::Table => context.out.line(&format!("notifications are already {word}, in {file}"))?,
    }
    context.out.flush()
}
