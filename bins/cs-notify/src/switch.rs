//! `on` and `off`: switches notices on or off in `config.json`.

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
        switch(context, true)
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
