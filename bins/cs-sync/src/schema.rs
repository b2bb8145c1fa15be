//! `schema`: prints what an administrator runs once.

use crate::target::{self, Dialect};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};

/// print the SQL that makes the tables, or brings them from one version to another. An administrator runs it once; push
/// never changes a table
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "schema",
    note = "It may be run twice. --from 1 prints only the steps from version 1 to the present one; with --to, to that one, \
            also backwards. No step loses a row.",
    example = "{command_name} sqlite | sqlite3 all.db",
    example = "{command_name} postgres --from 1 >upgrade.sql"
)]
pub struct Schema {
    /// the database: postgres or sqlite
    #[argh(positional, from_str_fn(Dialect::parse))]
    database: Dialect,
    /// the version that is there
    #[argh(option)]
    from: Option<u32>,
    /// the version that is wanted (default: the present one)
    #[argh(option)]
    to: Option<u32>,
}

impl Schema {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let text = target::schema(self.database, self.from, self.to)?;
        context.out.text(&text)?;
        context.out.flush()
    }
}
