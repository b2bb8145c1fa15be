//! `label`: gives this machine a name.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome};
use sync::Machine;

/// name this machine, for those who see what comes from it. Without a name, it is the first digits of a random number; its
/// host name is never sent
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "label", example = "{command_name} laptop", example = "{command_name} \"build server\"")]
pub struct Label {
    /// the name, at most 60 characters
    #[argh(positional)]
    name: String,
}

impl Label {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let name = self.name.trim();
        Machine::check_label(name)?;
        sync::label::check(&context.store, name)?;
        let machine = Machine::of_store(&context.store.home)?.relabel(&context.store.home, name)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(&machine.id)?,
            Form::Json => context.out.json(&machine)?,
            Form::Table => {
                context.out.line(&cli::sanitize(&format!("this machine is {} ({})", machine.name(), machine.id)))?;
            }
        }
        context.out.flush()
    }
}
