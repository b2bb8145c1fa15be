//! Owns the command line.

use crate::power::Power;
use argh::{ArgsInfo, FromArgs};
use std::path::PathBuf;

/// Shows what every session is doing, in a browser. The dashboard is read-only unless --review is given, and only the
/// account that runs it, and root, can read it.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} open")]
pub struct Args {
    /// the port (default: dashboard_port in config.json, else 9000); 0 chooses a free port
    #[argh(option, from_str_fn(parse_port))]
    pub port: Option<u16>,
    /// the address to listen on (default: 127.0.0.1)
    #[argh(option)]
    pub host: Option<String>,
    /// let other machines connect; requires --token-file
    #[argh(switch)]
    pub allow_remote: bool,
    /// let every account on this machine read the dashboard
    #[argh(switch)]
    pub allow_users: bool,
    /// require a key from every request; `cs-serve open` lets a browser in. This is the default where the system does not
    /// report who owns a connection
    #[argh(switch)]
    pub owner_only: bool,
    /// allow changes to everyone who has the key (`cs-serve open` lets a browser in): review conversations, park, resume and
    /// complete sessions, add notes, change tasks
    #[argh(switch)]
    pub review: bool,
    /// with --review: let them also control agents in seats: write to them, interrupt, clear, end, restore and rename them,
    /// and start those of templates
    #[argh(switch)]
    pub control: bool,
    /// a file with the token that every request must send
    #[argh(option)]
    pub token_file: Option<String>,
    /// a name that other machines use for this one; repeatable
    #[argh(option)]
    pub name: Vec<String>,
    /// also show what other machines sent: a machine's folder, or a folder of such folders, as `cs-sync pull --into` and
    /// `cs-sync push --into` make them; repeatable
    #[argh(option, arg_name = "dir")]
    pub also: Vec<PathBuf>,
    #[argh(subcommand)]
    pub command: Option<Command>,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub enum Command {
    Open(Open),
}

impl Args {
    /// What those who have the key may do.
    pub fn power(&self) -> Power {
        match (self.review, self.control) {
            (false, _) => Power::Look,
            (true, false) => Power::Review,
            (true, true) => Power::Control,
        }
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{text:?} is not a port; use a number from 0 to 65535"))
}

/// print the dashboard's address and open it in a browser. If it requires a key, the address has a code that lets one tab
/// in, within a minute
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "open", example = "{command_name}", example = "{command_name} --port 9001 --print")]
pub struct Open {
    /// the port of the running dashboard (default: dashboard_port in config.json, else 9000)
    #[argh(option, from_str_fn(parse_port))]
    pub port: Option<u16>,
    /// the address that it listens on (default: 127.0.0.1)
    #[argh(option)]
    pub host: Option<String>,
    /// only print the address
    #[argh(switch)]
    pub print: bool,
}
